"""Invented posts about layoffs: enough variety that they are not each other's duplicates."""

from __future__ import annotations

import random

COMPANIES = ("Amazon", "Meta", "Google", "Microsoft", "Intel", "SAP", "Volkswagen")
OPENINGS = (
    "Just read that {company} announces layoffs again.",
    "My whole team at {company} was laid off this morning.",
    "Der Stellenabbau bei {company} trifft auch unsere Abteilung.",
    "Otra ronda de despidos en {company}.",
    "Encore des licenciements chez {company} cette semaine.",
    "{company} sa thải thêm nhân viên.",
)
ENDINGS = (
    "I can't believe it, after {n} years.",
    "{n} people found out by e-mail.",
    "Record profits and still {n} jobs gone.",
    "Ich bin nach {n} Jahren sprachlos.",
    "Stay strong, all {n} of you.",
    "Hiring {n} engineers, write to me.",
)


def post_text(number: int) -> str:
    """The same for the same number."""
    chance = random.Random(number)
    opening = chance.choice(OPENINGS).format(company=chance.choice(COMPANIES))
    return f"{opening} {chance.choice(ENDINGS).format(n=chance.randint(2, 9_999))} #layoffs {number}"

"""How a company's name is written in prose: with case endings, joined prefixes, and beside its products."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from analysis.words import fold, without_accents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.schemas import Columns
    from analysis.settings import Company

#: Names that are a word or a skill in lower case: of 41 "sap", "aws", "vw", "ibm", "tcs", … in 33,000 posts one meant the employer.
_ACRONYM: Final = re.compile("[A-Z]{1,3}")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]+")
_HEBREW: Final = re.compile(r"[\u05d0-\u05ea]+")
_ARABIC: Final = re.compile(r"[\u0620-\u064a]+")
#: "and", "in", "from", "to", "that", written as one with the next word.
_HEBREW_PREFIXES: Final = ["ב", "ל", "מ", "ו", "ש", "כ", "ה", "וב", "ול", "ומ", "שב", "של", "מב"]
_ARABIC_PREFIXES: Final = ["و", "ب", "ل", "ف", "ك", "وب", "ول", "فب"]
_FEWEST_LETTERS_TO_INFLECT: Final = 4
#: Case endings by language, of names that end in a consonant and of those that end in "a" (which some replace: Tesla → Tesly).
#: Only in posts of that language: French "Amazonie" is a forest.
_ENDINGS: Final = {
    "fi": ("in ia issa ista iin illa ilta ille", "an aa assa asta aan alla alta alle"),
    "cs": ("u em", "y e u ou"),
    "sk": ("u om e", "y e u ou"),
    "pl": ("u ie em owi", "y i ie ę ą"),
    "tr": ("ın in un ün da de ta te dan den tan ten", "anın ada adan aya ayı"),
    "hu": (
        "nál nél ban ben ból ből tól től nak nek hoz hez os es ról ről t ot et",
        "ánál ában ából ától ának ához ás áról át",
    ),
}
#: Words for those who are cut. After a name they are no product of it: "Microsoft teams" are people, "Microsoft Teams" isn't.
PEOPLE: Final = (
    "team", "teams", "department", "departments", "dept", "division", "org", "orgs", "organization", "unit", "units", "group", "staff",
    "employee", "employees", "worker", "workers", "engineer", "engineers", "people", "folks", "colleagues", "office", "abteilung",
    "mitarbeiter", "équipe", "équipes", "equipo", "equipos", "equipe", "equipes", "squad",
)  # fmt: skip


FOUND_BY: Final = pl.Enum(("word", "handle", "hashtag", "ticker", "thread"))
NAMINGS: Final[Columns] = {
    "named": pl.String,
    "company": pl.String,
    "found_by": FOUND_BY,
    "everyday": pl.Boolean,
    "written": pl.String,
    "langs": pl.List(pl.String),
    "beside": pl.String,
}


class Naming(NamedTuple):
    """A way to write something that counts as a company, or hides its name."""

    named: str
    company: str | None
    """None for a phrase that hides the name in it."""
    found_by: str = "word"
    everyday: bool = False
    """Counts only with a capital and a word about layoffs."""
    written: str | None = None
    """Folded with its capitals, where these decide."""
    langs: tuple[str, ...] = ()
    """Only in posts of these languages; () is any."""
    beside: str | None = None
    """The company that a hiding phrase names after all where a layoff word stands beside it."""


def namings(company: Company) -> Iterator[Naming]:
    """All ways; of two for the same words, the first counts."""
    for phrase in company.not_meant:
        yield Naming(phrase, None)
    for phrase, written in zip(company.in_passing, fold(company.in_passing, lower=False), strict=True):
        last = written.split(" ")[-1]
        by_capitals = last[:1].isupper() and last.lower() in PEOPLE
        yield Naming(phrase, None, written=f" {written} " if by_capitals else None, beside=company.name)
    words = [company.name, *company.aliases]
    for word, written in zip(words, fold(words), strict=True):
        # "Gap Inc" and "Meta Platforms" are no everyday words.
        everyday = company.ambiguous and " " not in written
        for way, langs in _declined(word):
            acronym = f" {way} " if _ACRONYM.fullmatch(word) else None
            yield Naming(way, company.name, everyday=everyday, written=acronym, langs=langs)
        # "Microsoft-owned GitHub lays off 142" is about GitHub.
        yield Naming(f"{word}-owned", None)
        yield Naming(f"owned by {word}", None)
    for sign, found_by, values in (("@", "handle", company.handles), ("$", "ticker", company.tickers)):
        for value in values:
            yield Naming(f"{sign}{value.lstrip('@$')}", company.name, found_by)


def _declined(word: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A name with what it takes without an apostrophe ("Googles Entlassungen", "в Амазоне", "v Microsoftu"), and the languages."""
    yield word, ()
    if word.isalpha() and without_accents(word).isascii():
        if not word.endswith(("s", "S")):
            yield f"{word}s", ()
        yield from _inflected(word)
    if _CYRILLIC.fullmatch(word):
        stem, endings = (word[:-1], "ы е у ой") if word.endswith("а") else (word, "а у е ом")
        yield from ((f"{stem}{ending}", ()) for ending in endings.split())
    for script, prefixes in ((_HEBREW, _HEBREW_PREFIXES), (_ARABIC, _ARABIC_PREFIXES)):
        if script.fullmatch(word):
            yield from ((f"{prefix}{word}", ()) for prefix in prefixes)


def _inflected(word: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if len(word) < _FEWEST_LETTERS_TO_INFLECT or word.isupper():
        return
    stem = word[:-1] if word.endswith(("a", "á")) else word
    langs: dict[str, list[str]] = {}
    for lang, (after_consonant, after_a) in _ENDINGS.items():
        for ending in (after_consonant if stem == word else after_a).split():
            langs.setdefault(f"{stem}{ending}", []).append(lang)
    for form, its in langs.items():
        yield form, tuple(its)

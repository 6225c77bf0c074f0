"""The sections of config.toml that this package reads."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotation at run time
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from analysis.company_tags import as_tags
from analysis.language import LANGUAGES
from analysis.layoff_words import LAYOFF_WORDS
from analysis.words import as_patterns, fold, spellings
from store import Name, Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Company(Section):
    """An employer: how posts name it."""

    name: Name
    """Canonical name, as shown in the report."""
    aliases: tuple[str, ...] = ()
    """Other words for it, matched as whole words in any case, but up to three capitals (SAP) in capitals only; also searched for."""
    handles: tuple[str, ...] = ()
    """Accounts, without @. Kept when mentions of people are masked."""
    hashtags: tuple[str, ...] = ()
    """Tags, without #, beyond the name and aliases written as one word (those always count)."""
    tickers: tuple[str, ...] = ()
    """Stock symbols, without $."""
    not_meant: tuple[str, ...] = ()
    """Phrases that hold one of its names and mean something else ("Gap year"); a trailing * stands for any ending."""
    in_passing: tuple[str, ...] = ()
    """Phrases that name a product ("Google Sheets") or where something was seen ("on Facebook"): they count only beside a word
    about layoffs ("the Google Sheets team was laid off", "news on Facebook layoffs"); a trailing * stands for any ending."""
    ambiguous: bool = False
    """The name is an everyday word (Meta, Target, Gap): counts only capitalised and with a layoff word in the post or its
    thread's title. Handles, tags, tickers and names of several words (Meta Platforms) count anyway."""

    @field_validator("not_meant", "in_passing")
    @classmethod
    def _phrases_have_letters(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        spellings(phrases)
        return phrases


class Theme(Section):
    """A subject that reactions bring up."""

    name: Name
    """Short name, as shown in the report."""
    words: tuple[str, ...] = ()
    """Words or phrases, matched as whole words in posts of any language; a trailing * stands for any ending."""
    words_in: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Language (ISO 639-1) → words that mean something else in others ("pena"): matched in posts of that language only."""


class Event(Section):
    """An announcement, drawn as a line in the trend. Dates are fixed here, never picked from the curve."""

    company: str
    date: dt.date
    jobs: int | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)
    reason: str | None = None
    stage: Literal["reported", "announced", "effective"] = "announced"
    source_url: str | None = None


class LabelSettings(Section):
    """What labelling goes by, beside the model."""

    companies: tuple[Company, ...] = ()
    themes: tuple[Theme, ...] = ()
    layoff_words: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(LAYOFF_WORDS))
    """Language → words that make an everyday name an employer; a trailing * stands for any ending."""

    @model_validator(mode="after")
    def _names_are_clear(self) -> LabelSettings:
        check_companies(self.companies)
        check_themes(self.themes)
        return self


def check_companies(companies: Sequence[Company]) -> None:
    """Raise ValueError where two companies share a name, alias, handle, tag or ticker, or one hides the other's name; it names both."""
    owner: dict[str, Company] = {}
    for company in companies:
        for shown, pattern in _names(company):
            first = owner.setdefault(pattern, company)
            if first is not company:
                raise ValueError(
                    f'"{shown}" stands for both {first.name} and {company.name}. Keep it under one of them'
                )
    for company in companies:
        for key, phrases in (("not_meant", company.not_meant), ("in_passing", company.in_passing)):
            for phrase, patterns in zip(phrases, spellings(phrases), strict=True):
                if hidden := [owner[pattern] for pattern in patterns if pattern in owner]:
                    raise ValueError(
                        f'{key} of {company.name}: "{phrase}" is a name of {hidden[0].name}, which would never be found. Remove it'
                    )


def check_themes(themes: Sequence[Theme]) -> None:
    """Raise ValueError where two themes share a name, one has no words, a word no letters or a language no known code."""
    names: set[str] = set()
    for theme in themes:
        if theme.name.casefold() in names:
            raise ValueError(f'two themes are named "{theme.name}". Keep one and merge their words')
        names.add(theme.name.casefold())
        if unknown := sorted(theme.words_in.keys() - set(LANGUAGES)):
            raise ValueError(f'words_in of the theme "{theme.name}": "{unknown[0]}" is none of {", ".join(LANGUAGES)}')
        words = [*theme.words, *(word for words in theme.words_in.values() for word in words)]
        if not words:
            raise ValueError(f'the theme "{theme.name}" has no words. Add some to its words or words_in')
        as_patterns(words)


def _names(company: Company) -> Iterator[tuple[str, str]]:
    """Everything that names a company: as shown to a reader, and as it is compared."""
    signs = (("@", company.handles), ("#", company.hashtags), ("$", company.tickers))
    shown = [company.name, *company.aliases]
    shown += [f"{sign}{value.lstrip('@#$')}" for sign, values in signs for value in values]
    for name, patterns in zip(shown, spellings(shown), strict=True):
        for pattern in patterns:
            yield name, pattern
    # A name written as one word is its tag, and no account of another: #deutschebank, @google.
    for word in fold([company.name, *company.aliases]):
        for tag in as_tags(word):
            yield f"#{tag}", f" #{tag} "
            yield f"@{tag}", f" @{tag} "

"""The sections of config.toml that this package reads."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from store import Section


class Company(Section):
    """An employer: how posts name it."""

    name: str
    """Canonical name, as shown in the report."""
    aliases: tuple[str, ...] = ()
    """Other words for it, matched as whole words in any case."""
    handles: tuple[str, ...] = ()
    """Accounts, without @. Kept when mentions of people are masked."""
    hashtags: tuple[str, ...] = ()
    """Tags, without #, beyond the name and aliases written as one word (those always count)."""
    tickers: tuple[str, ...] = ()
    """Stock symbols, without $."""
    ambiguous: bool = False
    """The name is an everyday word (Meta, Target, Gap): counts only with a layoff word or a handle in the post."""


class Theme(Section):
    """A subject that reactions bring up."""

    name: str
    """Short name, as shown in the report."""
    words: tuple[str, ...] = Field(min_length=1)
    """Words or phrases in any language, matched as whole words; a trailing * stands for any ending."""


class Event(Section):
    """An announcement, drawn as a line in the trend. Dates are fixed here, never picked from the curve."""

    company: str
    date: dt.date
    jobs: int | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)
    reason: str | None = None
    stage: Literal["reported", "announced", "effective"] = "announced"
    source_url: str | None = None

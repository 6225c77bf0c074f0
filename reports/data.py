"""What a report is drawn from, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


QUOTES = pl.Schema(
    {"company": pl.String, "source": pl.String, "url": pl.String, "sentiment": pl.String, "text": pl.String}
)


@dataclass(frozen=True)
class Score:
    """How well the classifier does one task on posts it has not seen."""

    task: str
    """kind, sentiment, voice, emotion."""
    macro_f1: float
    """0 to 1."""
    n: int
    """Posts it was measured on."""


@dataclass(frozen=True)
class Quality:
    """The shipped model's measured quality."""

    scores: tuple[Score, ...] = ()
    languages: str = ""
    """On which languages, as a phrase: "English, German and Vietnamese"."""
    note: str = ""
    """One sentence on what was measured and how."""
    pooled: tuple[str, ...] = ()
    """Sources with posts whose errors were not measured: those of the others stand in, and intervals hold less often."""


@dataclass(frozen=True)
class ReportData:
    """Everything drawn, as frames. Figure columns are those of `analysis.FIGURES`; `week` is the Monday.

    Frames may be empty but keep their columns. `overall` counts a post once, however many companies it names.
    """

    week: dt.date
    weekly: pl.DataFrame  # company, week, FIGURES: the trend window
    overall: pl.DataFrame  # week, FIGURES: the trend window
    by_source: pl.DataFrame  # company, source, FIGURES: the reported week, as are the next four
    by_lang: pl.DataFrame  # company, lang, FIGURES
    by_voice: pl.DataFrame  # company, voice, FIGURES
    by_emotion: pl.DataFrame  # company, emotion, FIGURES
    by_theme: pl.DataFrame  # company, theme, FIGURES
    comparisons: pl.DataFrame  # company and CHANGES of analysis: the reported week against the one before
    overall_change: pl.DataFrame  # CHANGES: the same for all companies together, one row or none
    events: pl.DataFrame  # KNOWN_EVENTS of analysis, as known by the end of the week
    event_study: pl.DataFrame  # EVENT_STUDY of analysis
    coverage: pl.DataFrame  # COVERAGE of analysis: the trend window
    model_revision: str
    quotes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=QUOTES))  # QUOTES; empty unless asked for
    quality: Quality = field(default_factory=Quality)
    interval_note: str = "The interval carries sampling error and the classifier's measured confusion."
    """What the 95 % interval covers, as a sentence."""
    synthetic: bool = False
    """Invented posts: every page and image says so."""
    title: str = "Layoff Pulse"


@dataclass(frozen=True)
class ReportFiles:
    """What `write_report` wrote."""

    pdf: Path
    pngs: tuple[Path, ...]
    csvs: tuple[Path, ...]
    alt_texts: Path
    """JSON: image name → alt text."""
    findings: tuple[str, ...]
    """The sentences of the front page."""
    unreadable: tuple[str, ...]
    """Names with letters that no installed font has, and what is shown instead."""

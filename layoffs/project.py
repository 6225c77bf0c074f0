"""A project is a config file and its tables: what the command line does, as methods, and polars frames for scripts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis import (
    Context,
    LabelSettings,
    bundled_revision,
    event_study,
    known_events,
    label_posts,
    load_classifier,
    mentions,
    quality,
    reactions_once,
    weekly_figures,
    whole_text,
    with_labels,
)
from collectors import import_events, import_files
from layoffs.export import export
from layoffs.forgetting import Forgotten, forget
from layoffs.holdings import Holdings
from layoffs.live import LiveSources
from layoffs.reporting import WrittenReport, report
from layoffs.settings import CONFIG_NAME, Settings, load_settings
from store import EVENTS, Store, UsageError, parse_day

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analysis import Classifier, LabelSummary, Quality
    from collectors import EventsSummary, FileSummary


def open(config: str | Path = CONFIG_NAME) -> Project:  # noqa: A001 - reads as layoffs.open()
    """A project from its config file. Raises ConfigError. Nothing is created until something is stored."""
    path = Path(config)
    return Project(settings=load_settings(path), folder=path.resolve().parent)


class Project:
    """Settings plus tables. Every call reads the newest tables, so another process may go on writing."""

    def __init__(self, *, settings: Settings, folder: Path) -> None:
        """`folder` is where relative paths of the settings start."""
        self.settings = settings
        self.folder = folder

    @cached_property
    def store(self) -> Store:
        """The tables."""
        section = self.settings.store
        place = section.path if "://" in section.path else self.folder / section.path
        return Store.open(place, storage_options=section.storage_options, wait_seconds=section.lock_wait_seconds)

    @cached_property
    def classifier(self) -> Classifier:
        """The model that the settings name, loaded on first use."""
        return load_classifier(self.settings.model, folder=self.folder)

    @property
    def model_revision(self) -> str:
        """Which model's labels are read. The bundled one need not be loaded to know it."""
        return bundled_revision() if self.settings.model.backend == "bundled" else self.classifier.revision

    @property
    def quality(self) -> Quality | None:
        """The classifier's measured errors; None for a model of your own, whose errors nobody measured."""
        return quality() if self.settings.model.backend == "bundled" else None

    # --- in ---------------------------------------------------------------------------------------------------------

    def import_posts(
        self,
        paths: Sequence[Path],
        *,
        source: str | None = None,
        on_progress: Callable[[int, int | None], None] | None = None,
    ) -> list[FileSummary]:
        """Store the posts of files; see `collectors.import_files`."""
        return import_files(
            paths,
            store=self.store,
            settings=self.settings.import_,
            keep_handles=self.company_handles,
            rejects_folder=self.rejects_folder,
            source=source,
            own_folders=self._own_folders,
            on_progress=on_progress,
        )

    def import_events(self, paths: Sequence[Path]) -> list[EventsSummary]:
        """Store announcements from files; see `collectors.import_events`."""
        known = {word: company.name for company in self.settings.companies for word in (company.name, *company.aliases)}
        return import_events(
            paths,
            store=self.store,
            known_companies=known,
            rejects_folder=self.rejects_folder,
            settings=self.settings.import_,
        )

    @property
    def live(self) -> LiveSources:
        """What concerns live sources: collect, recheck, status, doctor."""
        return LiveSources(self)

    @property
    def holdings(self) -> Holdings:
        """What the tables hold, in numbers, and whether they can be read: status, doctor, report."""
        return Holdings(self)

    @property
    def company_handles(self) -> frozenset[str]:
        """Accounts that stay readable when mentions are masked: companies are not persons."""
        return frozenset(handle for company in self.settings.companies for handle in company.handles)

    @property
    def _own_folders(self) -> frozenset[Path]:
        """What `layoffs import .` must not read back."""
        report = self.folder / self.settings.report.out
        return frozenset(path.resolve() for path in (Path(self.store.root), self.rejects_folder, report))

    @property
    def rejects_folder(self) -> Path:
        """Where rows that can't be used are kept with their reasons: beside the tables, on this machine."""
        path = self.settings.store.path
        if "://" in path:
            return self.folder / "rejects"
        data = Path(os.path.normpath(self.folder / path))  # "data/" and "." have no name to add to
        return data.with_name(f"{data.name}-rejects")

    # --- labels -----------------------------------------------------------------------------------------------------

    def label_new(self, *, on_progress: Callable[[int, int | None], None] | None = None) -> LabelSummary:
        """Label every post that is new or whose text, thread, rules or model changed."""
        summary = label_posts(
            self.store, self.classifier, self.rules, now=dt.datetime.now(dt.UTC), on_progress=on_progress
        )
        if summary.labelled or summary.rules_only:
            self.store.compact()  # many small commits leave many small files, and older versions of what changed
        return summary

    @property
    def rules(self) -> LabelSettings:
        """What the settings say of labels, beside the model."""
        return LabelSettings(companies=self.settings.companies, themes=self.settings.themes)

    def label(self, texts: Sequence[str], *, platform: str = "other", thread_title: str | None = None) -> pl.DataFrame:
        """What the model says of texts that need not be stored: a row a text, in order, with all probabilities.

        Half an emoji comes back as U+FFFD, as an import stores it. Raises UsageError where something is no text.
        """
        given: list[object] = [texts] if isinstance(texts, str) or not isinstance(texts, Iterable) else list(texts)
        whole = [whole_text(text) for text in given if isinstance(text, str)]
        if len(whole) < len(given):
            raise UsageError("Only texts can be labelled; fill or drop what is missing first.")
        context = Context(platform=platform, thread_title=thread_title)
        frame = self.classifier.predict(whole, [context] * len(whole))
        return frame.insert_column(0, pl.Series("text", whole, dtype=pl.String))

    # --- frames -----------------------------------------------------------------------------------------------------

    def posts(self) -> pl.LazyFrame:
        """Every stored post with what it was labelled as: POSTS, then LABELS (null where not labelled as it now stands)."""
        return with_labels(self.store.scan("posts"), self.store.scan("labels"), model=self.model_revision, how="left")

    def mentions(self) -> pl.LazyFrame:
        """A row per labelled post and company it names, every kind: what figures are computed from."""
        return mentions(self.store.scan("posts"), self.store.scan("labels"), model=self.model_revision)

    def reactions(self, company: str | None = None) -> pl.LazyFrame:
        """A row per reaction and company; near-duplicates are left out, as in the figures. Raises UsageError."""
        rows = reactions_once(self.mentions())
        return rows if company is None else rows.filter(pl.col("company") == self.known(company))

    def weekly(self, by: Sequence[str] = ("company",), *, company: str | None = None) -> pl.DataFrame:
        """Figures per complete ISO week and group; see `analysis.weekly_figures`. Raises UsageError."""
        if isinstance(by, str):
            by = (by,)
        wanted = pl.lit(value=True) if company is None else pl.col("company") == self.known(company)
        return self.store.read(
            lambda: weekly_figures(
                self.mentions().filter(wanted),
                by=by,
                quality=self.quality,
                min_posts=self.settings.report.min_posts,
                now=dt.datetime.now(dt.UTC),
            )
        )

    def events(self, company: str | None = None, *, until: dt.date | None = None) -> pl.DataFrame:
        """Announcements of the settings and of files, each once, newest first; see `analysis.known_events`."""
        configured = pl.DataFrame(
            [{**event.model_dump(), "location": None} for event in self.settings.events], schema=EVENTS
        )
        stored = self.store.read(lambda: self.store.scan("events").collect())
        known = known_events(configured, stored, until=until)
        return known if company is None else known.filter(pl.col("company") == self.known(company))

    def event_study(self, company: str, date: str | dt.date) -> pl.DataFrame:
        """Before and after an announcement, in windows of 1, 7 and 28 days. Raises UsageError."""
        about = pl.DataFrame({"company": [self.known(company)], "date": [parse_day(date)]})
        return self.store.read(
            lambda: event_study(
                self.mentions(),
                about,
                quality=self.quality,
                now=dt.datetime.now(dt.UTC),
                min_posts=self.settings.report.min_posts,
            )
        )

    def known(self, company: str) -> str:
        """A configured company's name, found in any case. Raises UsageError that lists the configured ones."""
        names = [known.name for known in self.settings.companies]
        for name in names:
            if name.casefold() == company.casefold():
                return name
        raise UsageError(f'"{company}" is not among the companies of the settings: {", ".join(sorted(names))}.')

    # --- out --------------------------------------------------------------------------------------------------------

    def write_report(self, *, week: str | None = None, out: Path | None = None) -> WrittenReport:
        """Write the PDF, images and data of one ISO week (default: the last complete one). Raises UsageError."""
        return report(self, week=week, out=out)

    def export(self, what: str, out: Path, *, company: str | None = None) -> int:
        """Write posts, reactions or weekly figures to .csv, .jsonl or .parquet, without pseudonyms; says how many rows.

        Raises UsageError.
        """
        return export(self, what, out, company=company)

    def forget(self, source: str, posts: Sequence[str]) -> Forgotten:
        """Delete posts for good and bar them from returning; see `layoffs.forgetting.forget`. Raises UsageError."""
        return forget(self.store, source, posts)

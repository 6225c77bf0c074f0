"""A project is a config file and its tables: what the command line does, as methods, and polars frames for scripts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis import (
    Context,
    LabelSettings,
    bundled_revision,
    coverage,
    event_study,
    known_events,
    label_posts,
    load_classifier,
    mentions,
    quality,
    reactions_once,
    weekly_figures,
)
from collectors import import_events, import_files
from layoffs.export import require_format, write_frame
from layoffs.forgetting import Forgotten, forget
from layoffs.live import LiveSources
from layoffs.settings import CONFIG_NAME, Settings, load_settings
from reports import gather, write_report
from store import (
    EVENTS,
    POSTS,
    Store,
    UsageError,
    format_week,
    last_complete_week,
    parse_week,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analysis import Classifier, LabelSummary, Quality
    from collectors import EventsSummary, FileSummary

SYNTHETIC_PREFIX = "synthetic-"  # ids of the embedded sample; a report that shows such posts is marked

_LABELLED = ["source", "post_id", "text_hash"]  # a post edited since is not what was labelled
_EXPORTS = ("posts", "reactions", "weekly")


@dataclass(frozen=True)
class WrittenReport:
    """What `Project.write_report` left behind."""

    week: str
    pdf: Path
    charts: int
    findings: tuple[str, ...]
    unlabelled: int
    """Posts of the weeks shown that are not labelled, or no longer as they were: not in the report."""


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
        return load_classifier(self.settings.model)

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
        return self.folder / ("rejects" if "://" in path else f"{path}-rejects")

    # --- labels -----------------------------------------------------------------------------------------------------

    def label_new(self, *, on_progress: Callable[[int, int | None], None] | None = None) -> LabelSummary:
        """Label every post that is new or whose text, thread, rules or model changed."""
        rules = LabelSettings(companies=self.settings.companies, themes=self.settings.themes)
        summary = label_posts(self.store, self.classifier, rules, now=dt.datetime.now(dt.UTC), on_progress=on_progress)
        if summary.labelled or summary.rules_only:
            self.store.compact()  # many small commits leave many small files, and older versions of what changed
        return summary

    def label(self, texts: Sequence[str], *, platform: str = "other", thread_title: str | None = None) -> pl.DataFrame:
        """What the model says of texts that need not be stored: a row a text, in order, with all probabilities."""
        texts = [texts] if isinstance(texts, str) else list(texts)
        if not all(isinstance(text, str) for text in texts):
            raise UsageError("Only texts can be labelled; fill or drop what is missing first.")
        context = Context(platform=platform, thread_title=thread_title)
        frame = self.classifier.predict(texts, [context] * len(texts))
        return frame.insert_column(0, pl.Series("text", texts, dtype=pl.String))

    # --- frames -----------------------------------------------------------------------------------------------------

    def posts(self) -> pl.LazyFrame:
        """Every stored post with what it was labelled as: POSTS, then LABELS (null where not labelled as it now stands)."""
        labels = self.store.scan("labels").filter(pl.col("model") == self.model_revision)
        own = [name for name in labels.collect_schema().names() if name not in POSTS]
        return self.store.scan("posts").join(labels.select(*_LABELLED, *own), on=_LABELLED, how="left")

    def mentions(self) -> pl.LazyFrame:
        """A row per labelled post and company it names, every kind: what figures are computed from."""
        return mentions(self.store.scan("posts"), self.store.scan("labels"), model=self.model_revision)

    def reactions(self, company: str | None = None) -> pl.LazyFrame:
        """A row per reaction and company; near-duplicates are left out, as in the figures. Raises UsageError."""
        rows = reactions_once(self.mentions())
        return rows if company is None else rows.filter(pl.col("company") == self._known(company))

    def weekly(self, by: Sequence[str] = ("company",), *, company: str | None = None) -> pl.DataFrame:
        """Figures per complete ISO week and group; see `analysis.weekly_figures`. Raises UsageError."""
        if isinstance(by, str):
            by = (by,)
        rows = self.mentions()
        if company is not None:
            rows = rows.filter(pl.col("company") == self._known(company))
        return weekly_figures(
            rows, by=by, quality=self.quality, min_posts=self.settings.report.min_posts, now=dt.datetime.now(dt.UTC)
        )

    def events(self, company: str | None = None, *, until: dt.date | None = None) -> pl.DataFrame:
        """Announcements of the settings and of files, each once, newest first; see `analysis.known_events`."""
        configured = pl.DataFrame(
            [{**event.model_dump(), "location": None} for event in self.settings.events], schema=EVENTS
        )
        known = known_events(configured, self.store.scan("events").collect(), until=until)
        return known if company is None else known.filter(pl.col("company") == self._known(company))

    def coverage(self) -> pl.DataFrame:
        """What there is to measure from, per source and week."""
        tables = (self.store.scan(name) for name in ("posts", "labels", "runs"))
        return coverage(*tables, model=self.model_revision)

    def stored(self) -> dict[str, int]:
        """Posts stored, posts labelled by the present model, and announcements."""
        labels = self.store.scan("labels").filter(pl.col("model") == self.model_revision)
        posts = self.store.scan("posts")
        labelled = posts.join(labels, on=_LABELLED, how="semi")
        counts = (frame.select(pl.len()).collect().item() for frame in (posts, labelled))
        return {**dict(zip(("posts", "labelled"), counts, strict=True)), "events": self.events().height}

    def event_study(self, company: str, date: str | dt.date) -> pl.DataFrame:
        """Before and after an announcement, in windows of 1, 7 and 28 days. Raises UsageError."""
        try:
            day = dt.date.fromisoformat(date) if isinstance(date, str) else date
        except ValueError:
            raise UsageError(f'"{date}" is not a day. Write it like 2025-10-28.') from None
        if isinstance(day, dt.datetime):
            day = day.astimezone(dt.UTC).date()
        about = pl.DataFrame({"company": [self._known(company)], "date": [day]})
        return event_study(
            self.mentions(),
            about,
            quality=self.quality,
            now=dt.datetime.now(dt.UTC),
            min_posts=self.settings.report.min_posts,
        )

    def _known(self, company: str) -> str:
        names = [known.name for known in self.settings.companies]
        for name in names:
            if name.casefold() == company.casefold():
                return name
        raise UsageError(f'"{company}" is not among the companies of the settings: {", ".join(sorted(names))}.')

    # --- out --------------------------------------------------------------------------------------------------------

    def write_report(self, *, week: str | None = None, out: Path | None = None) -> WrittenReport:
        """Write the PDF, images and data of one ISO week (default: the last complete one). Raises UsageError."""
        monday = parse_week(week) if week else last_complete_week(dt.datetime.now(dt.UTC))
        if monday > last_complete_week(dt.datetime.now(dt.UTC)):
            raise UsageError(f"{format_week(monday)} is not over yet; a running week is never reported.")
        covered = self.coverage()
        self._require_labelled(monday, covered)
        data = gather(
            self.mentions(),
            week=monday,
            settings=self.settings.report,
            quality=self.quality,
            events=self.events(until=monday + dt.timedelta(days=6)),
            coverage=covered,
            model_revision=self.model_revision,
            synthetic=self._holds_synthetic(),
        )
        files = write_report(data, out=out or self.folder / self.settings.report.out, settings=self.settings.report)
        first = monday - dt.timedelta(weeks=self.settings.report.trend_weeks - 1)
        shown = covered.filter(pl.col("week").is_between(first, monday))
        unlabelled = int((shown["posts"] - shown["labelled"]).sum())
        return WrittenReport(format_week(monday), files.pdf, len(files.pngs), files.findings, unlabelled)

    def _require_labelled(self, monday: dt.date, covered: pl.DataFrame) -> None:
        labelled = covered.filter(pl.col("labelled") > 0)
        if monday in set(labelled["week"]):
            return
        if covered.is_empty():
            raise UsageError(
                "Nothing is stored yet. `layoffs import FILE…` or `layoffs collect` first, then `layoffs label`."
            )
        if labelled.is_empty():
            raise UsageError("Posts are stored, but none is labelled. Run `layoffs label` first.")
        newest = format_week(labelled["week"].max())  # type: ignore[arg-type]  # a Date column's maximum is a date
        raise UsageError(
            f"No labelled post is from {format_week(monday)}. The newest week with any is {newest}: "
            f"`layoffs report --week {newest}`."
        )

    def _holds_synthetic(self) -> bool:
        ids = self.store.scan("posts").select(pl.col("post_id").str.starts_with(SYNTHETIC_PREFIX).any())
        return bool(ids.collect().item())

    def export(self, what: str, out: Path, *, company: str | None = None) -> int:
        """Write posts, reactions or weekly figures to .csv, .jsonl or .parquet, without pseudonyms; says how many rows.

        Raises UsageError.
        """
        if what not in _EXPORTS:
            raise UsageError(f'"{what}" can\'t be exported. Valid: {", ".join(_EXPORTS)}.')
        require_format(out)
        if what == "weekly":
            frame = self.weekly(company=company)
        elif what == "reactions":
            frame = self.reactions(company=company).collect()
        else:
            named = pl.col("companies").list.eval(pl.element().struct.field("company"))
            rows = self.posts()
            frame = (rows if company is None else rows.filter(named.list.contains(self._known(company)))).collect()
        return write_frame(frame, out)

    def forget(self, source: str, posts: Sequence[str]) -> Forgotten:
        """Delete posts for good and bar them from returning; see `layoffs.forgetting.forget`. Raises UsageError."""
        return forget(self.store, source, posts)

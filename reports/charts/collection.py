"""All charts of one report."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from analysis import REACH_DAYS
from reports.changes import ALL, changes, selected, with_page
from reports.changes import overall as changes_overall
from reports.charts.bars import stream, topics
from reports.charts.base import window
from reports.charts.compare import compare
from reports.charts.coverage import coverage
from reports.charts.groups import groups
from reports.charts.study import study
from reports.charts.trend import trend
from reports.events import by_precedence, in_reach, note
from reports.names import short_name
from reports.titles import company_title, figure

if TYPE_CHECKING:
    import datetime as dt

    from reports.charts.base import Chart
    from reports.data import ReportData
    from reports.settings import ReportSettings

_EVENTS_ON_FRONT = 6


@dataclass(frozen=True)
class CompanyCharts:
    """The charts of one company's page."""

    company: str
    trend: Chart
    groups: Chart
    topics: Chart
    stream: Chart
    study: Chart | None
    """Only where an announcement lies in the last 28 days or the week itself."""

    def all(self) -> list[Chart]:
        """In the order of the page."""
        return [c for c in (self.trend, self.groups, self.topics, self.stream, self.study) if c is not None]


@dataclass(frozen=True)
class Charts:
    """The charts of one report."""

    trend: Chart
    stream: Chart
    companies: tuple[Chart, ...]
    company: tuple[CompanyCharts, ...]
    coverage: Chart

    def all(self) -> list[Chart]:
        """In the order of the report."""
        own = [chart for company in self.company for chart in company.all()]
        return [self.trend, self.stream, *self.companies, *own, self.coverage]


def build(data: ReportData, *, settings: ReportSettings) -> Charts:
    """Decide what is drawn; nothing is drawn yet."""
    names = selected(data.weekly, week=data.week, settings=settings)
    paged = with_page(names, data.weekly, settings=settings)
    overall = figure(data.overall, week=data.week)
    asked = settings.companies_per_report > 0 or settings.pinned
    return Charts(
        trend=trend(
            data,
            data.overall,
            name="overall-trend",
            title=_overall_title(data),
            about="layoffs, all companies together",
            events=_front_events(data, names, first=paged),
            min_posts=settings.min_posts,
        ),
        stream=stream(data, overall, name="overall-stream", about="All companies"),
        companies=tuple(compare(data, names, min_posts=settings.min_posts)) if asked else (),
        company=tuple(_company(data, name, settings=settings) for name in paged),
        coverage=coverage(data),
    )


def _company(data: ReportData, company: str, *, settings: ReportSettings) -> CompanyCharts:
    stem = f"company-{slug(company)}"
    row = figure(data.weekly, company=company, week=data.week)
    title = company_title(
        company,
        net=None if row is None else row["net_sentiment"],
        n=0 if row is None else row["n"],
        enough=row is not None and row["enough"],
        moved=changes(data.comparisons).get(company),
    )
    event = in_reach(data.events, company=company, week=data.week, days_back=REACH_DAYS)
    return CompanyCharts(
        company=company,
        trend=trend(
            data,
            data.weekly.filter(pl.col("company") == company),
            name=f"{stem}-trend",
            title=title,
            about=company,
            events=_week_first(data.events.filter(pl.col("company") == company), week=data.week),
            min_posts=settings.min_posts,
        ),
        groups=groups(data, company, name=f"{stem}-groups", min_posts=settings.min_posts),
        topics=topics(data, company, name=f"{stem}-topics"),
        stream=stream(data, row, name=f"{stem}-stream", about=company),
        study=None if event is None else study(data, event, name=f"{stem}-event", min_posts=settings.min_posts),
    )


def _overall_title(data: ReportData) -> str:
    row = figure(data.overall, week=data.week)
    if row is None:
        return f"{ALL}: no reactions this week"
    moved = changes_overall(data.overall_change)
    return company_title(ALL, net=row["net_sentiment"], n=row["n"], enough=row["enough"], moved=moved)


def _front_events(data: ReportData, names: list[str], *, first: list[str]) -> pl.DataFrame:
    """Announcements of the companies shown, in the order in which they are marked; each note names its company.

    Those of companies that the report has a page about come before others: the front page speaks of them.
    """
    start, end = window(data)
    rows = data.events.filter(pl.col("company").is_in(names), pl.col("date").is_between(start, end))
    rows = _week_first(rows, week=data.week)
    rows = rows.sort(pl.col("company").is_in(first), descending=True, maintain_order=True).head(_EVENTS_ON_FRONT)
    notes = [f"{short_name(row['company'], longest=18)} {note(row)}" for row in rows.iter_rows(named=True)]
    return rows.with_columns(pl.Series("note", notes, dtype=pl.String))


def _week_first(events: pl.DataFrame, *, week: dt.date) -> pl.DataFrame:
    """Those of the week first, for its point stands under their notes; then by precedence."""
    return by_precedence(events).sort(pl.col("date") >= week, descending=True, maintain_order=True)


def slug(name: str) -> str:
    """A file name's part: ASCII, and distinct for names that differ only in other letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub("[^a-z0-9]+", "-", plain.lower()).strip("-")[:40]
    if plain and plain == re.sub(r"[\W_]+", "-", name.lower()).strip("-"):
        return plain
    return "-".join(part for part in (plain, hashlib.sha256(name.encode()).hexdigest()[:6]) if part)

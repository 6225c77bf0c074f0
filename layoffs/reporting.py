"""One week's report from a project's tables, or what to do first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from reports import gather, write_report
from store import UsageError, format_week, last_complete_week, parse_week

if TYPE_CHECKING:
    from layoffs.project import Project

SYNTHETIC_PREFIX = "synthetic-"  # ids of the embedded sample; a report that shows such posts is marked


@dataclass(frozen=True)
class WrittenReport:
    """What `Project.write_report` left behind."""

    week: str
    pdf: Path
    charts: int
    findings: tuple[str, ...]
    unlabelled: int
    """Posts of the weeks shown that are not labelled, or no longer as they were: not in the report."""
    outdated: int
    """Posts of the weeks shown whose labels follow older settings: in the report as they were labelled."""


def report(project: Project, *, week: str | None, out: Path | None) -> WrittenReport:
    """Write the PDF, images and data of one ISO week (default: the last complete one). Raises UsageError."""
    monday = parse_week(week) if week else last_complete_week(dt.datetime.now(dt.UTC))
    if monday > last_complete_week(dt.datetime.now(dt.UTC)):
        raise UsageError(f"{format_week(monday)} is not over yet; a running week is never reported.")
    folder = out or project.folder / project.settings.report.out
    _require_apart(folder, project)
    covered = project.holdings.coverage()
    _require_labelled(monday, covered)
    data = project.store.read(
        lambda: gather(
            project.mentions(),
            week=monday,
            settings=project.settings.report,
            quality=project.quality,
            events=project.events(until=monday + dt.timedelta(days=6)),
            coverage=covered,
            model_revision=project.model_revision,
            synthetic=_holds_synthetic(project),
        )
    )
    files = write_report(data, out=folder, settings=project.settings.report)
    weeks = [monday - dt.timedelta(weeks=back) for back in range(project.settings.report.trend_weeks)]
    shown = covered.filter(pl.col("week").is_in(weeks))
    unlabelled = int((shown["posts"] - shown["labelled"]).sum())
    outdated = project.holdings.outdated(weeks=weeks)
    return WrittenReport(format_week(monday), files.pdf, len(files.pngs), files.findings, unlabelled, outdated)


def _require_apart(out: Path, project: Project) -> None:
    """Reports are passed on, and the data folder is not: none may lie in the other by mistake."""
    if "://" in project.store.root:
        return
    tables, out = Path(project.store.root).resolve(), out.resolve()
    if out.is_relative_to(tables) and not project.folder.resolve().is_relative_to(tables):
        raise UsageError(
            f"{out} lies in the data folder {tables}. Name another folder for reports (out in [report], or --out)."
        )


def _require_labelled(monday: dt.date, covered: pl.DataFrame) -> None:
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


def _holds_synthetic(project: Project) -> bool:
    ids = project.store.scan("posts").select(pl.col("post_id").str.starts_with(SYNTHETIC_PREFIX).any())
    return bool(ids.collect().item())

"""From lists of announcements to EVENTS."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from collectors.events.columns import DATES, can_use, find_columns
from collectors.events.values import canonical_company, read_date, read_jobs, read_share
from collectors.files.batches import ROW, BadRow
from collectors.files.reading import read_batches
from collectors.files.units import Refused, Unit, units
from collectors.settings import ImportSettings
from store import EVENTS, TABLES, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from collectors.files.batches import Batch

STAGES = ("reported", "announced", "effective")
# A date column says what it dates: a list such as layoffs.fyi reports, a notice announces, and then it takes effect.
_STAGE_OF = {"date": "reported", "notice_date": "announced", "effective_date": "effective"}
_EARLIEST, _YEARS_AHEAD = dt.date(2000, 1, 1), 3


@dataclass(frozen=True)
class EventsFile:
    """What one list says."""

    name: str
    path: Path
    events: pl.DataFrame
    """EVENTS, one row per key."""
    seen: int
    """Announcements, read or not: a WARN notice with two dates is two, a row without any is one."""
    duplicate: int
    """Announcements that another of the same file says as well."""
    rejected: tuple[BadRow, ...]
    error: str | None = None


def read_events(
    paths: Sequence[Path], *, known_companies: Mapping[str, str], settings: ImportSettings | None = None
) -> list[EventsFile]:
    """Read layoffs.fyi-style and WARN-notice lists: CSV, also JSON, Parquet and packed.

    Args:
        paths: files or folders.
        known_companies: names and aliases in any case → canonical names.
        settings: caps and mappings of encodings.

    Returns:
        One entry per file; a file that can't be read has an error and no events.
    """
    settings = settings or ImportSettings()
    known = {alias.casefold(): name for alias, name in known_companies.items()}
    return [_read(unit, path, known, settings) for path in paths for unit in units(path, caps=settings)]


def merge_events(events: pl.DataFrame) -> pl.DataFrame:
    """One row per key: of several the one with most jobs, its gaps filled from the others. The order of rows doesn't matter."""
    values = ["jobs", "share", "reason", "source_url"]
    ordered = events.sort("jobs", "share", "source_url", "reason", descending=True, nulls_last=True)
    merged = ordered.group_by(TABLES["events"].key).agg(pl.col(name).drop_nulls().first() for name in values)
    return merged.select(EVENTS.names()).sort("date", "company", "stage", "location")


def _read(unit: Unit | Refused, path: Path, known: Mapping[str, str], settings: ImportSettings) -> EventsFile:
    nothing = pl.DataFrame(schema=EVENTS)
    if isinstance(unit, Refused):
        return EventsFile(unit.name, path, nothing, 0, 0, (), unit.reason)
    events: list[dict[str, object]] = []
    bad: list[BadRow] = []
    error = None
    try:
        with unit.open() as stream:
            for batch in read_batches(unit, stream, settings=settings, wanted=can_use):
                bad += batch.bad
                _take(batch, unit.name, known, events, bad)
    except InputError as problem:
        error = str(problem)
    except OSError as problem:
        error = f"{unit.name} can't be read: {problem.strerror or problem}."
    merged = merge_events(pl.DataFrame(events, schema=EVENTS))
    return EventsFile(unit.name, path, merged, len(events) + len(bad), len(events) - merged.height, tuple(bad), error)


def _take(
    batch: Batch, name: str, known: Mapping[str, str], events: list[dict[str, object]], bad: list[BadRow]
) -> None:
    own = [column for column in batch.frame.columns if column != ROW]
    found = find_columns(own, unread=batch.unread, name=name)
    for row in batch.frame.iter_rows(named=True):
        cells = {field: (row[column] or "").strip() for field, column in found.items()}
        problems, made = _events(cells, known)
        received = str({column: row[column] for column in found.values()})
        bad += [BadRow(row[ROW], problem, received) for problem in problems]
        events += made


def _events(cells: Mapping[str, str], known: Mapping[str, str]) -> tuple[list[str], list[dict[str, object]]]:
    """What a row announces, and why the rest of it can't be used."""
    if not cells["company"]:
        return ["no company"], []
    place = ", ".join(filter(None, (cells.get("location", "").replace(", Non-U.S.", ""), cells.get("county"))))
    url = cells.get("source_url", "")
    stated_stage = cells.get("stage", "").lower()
    event: dict[str, object] = {
        "company": canonical_company(cells["company"], known),
        "jobs": read_jobs(cells.get("jobs", "")),
        "share": read_share(cells.get("share", "")),
        "reason": cells.get("reason") or None,
        "location": place or None,
        "source_url": url if url.startswith(("http://", "https://")) else None,
    }
    made = []
    unread = []
    for field in DATES:
        if cell := cells.get(field):
            date = read_date(cell)
            if date is None:
                unread.append(f'"{cell}" is no date (read month first: 3/14/2023)')
            elif not _EARLIEST <= date <= dt.datetime.now(dt.UTC).date() + dt.timedelta(days=366 * _YEARS_AHEAD):
                unread.append(f"impossible date: {date}")
            else:
                # Other lists' "stage" is that of a start-up's funding.
                stage = stated_stage if field == "date" and stated_stage in STAGES else _STAGE_OF[field]
                made.append({**event, "date": date, "stage": stage})
    return (unread if made or unread else ["no date"]), made

"""From lists of announcements to EVENTS."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from collectors.events.columns import DATES, can_use, find_columns
from collectors.events.values import (
    canonical_company,
    is_ambiguous,
    is_percentage,
    proven_order,
    read_date,
    read_jobs,
    read_share,
)
from collectors.files.batches import ROW, BadRow
from collectors.files.reading import read_batches
from collectors.files.units import Refused, Unit, units
from collectors.settings import ImportSettings
from store import EVENTS, TABLES, InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from collectors.files.batches import Batch

STAGES = ("reported", "announced", "effective")
# A date column says what it dates: a list such as layoffs.fyi reports, a notice announces, and then it takes effect.
_STAGE_OF = {"date": "reported", "notice_date": "announced", "effective_date": "effective"}
_EARLIEST, _YEARS_AHEAD = dt.date(2000, 1, 1), 3
_NOTICED = pl.Schema([*EVENTS.items(), ("notice", pl.String())])


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
    """Announcements that another of the same file says as well, or that were added to another notice for the same place."""
    rejected: tuple[BadRow, ...]
    error: str | None = None
    unknown_columns: tuple[str, ...] = ()
    """Columns that were left aside."""


def read_events(
    paths: Sequence[Path], *, known_companies: Mapping[str, str], settings: ImportSettings | None = None
) -> list[EventsFile]:
    """Read layoffs.fyi-style and WARN-notice lists: CSV, also JSON, Parquet and packed.

    Notices of one employer, day and place are one announcement: their jobs are added up where a number or an address tells them
    apart, else the largest stands, since a list may repeat or correct a notice.

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


def _add_up(events: pl.DataFrame) -> pl.DataFrame:
    """One row per key and column `notice` → EVENTS, one row per key."""
    key = list(TABLES["events"].key)
    of_notices, of_others = (
        pl.col("jobs").filter(kind) for kind in (pl.col("notice").is_not_null(), pl.col("notice").is_null())
    )
    totals = (
        events.group_by(*key, "notice")
        .agg(pl.col("jobs").max())
        .group_by(key)
        .agg(pl.max_horizontal(of_notices.sum(), of_others.max()).alias("total"))
    )
    merged = merge_events(events.select(EVENTS.names())).join(totals, on=key, nulls_equal=True, maintain_order="left")
    # The sum of no known number is 0.
    return merged.with_columns(pl.when(pl.col("total") > 0).then("total").alias("jobs")).select(EVENTS.names())


def _read(unit: Unit | Refused, path: Path, known: Mapping[str, str], settings: ImportSettings) -> EventsFile:
    nothing = pl.DataFrame(schema=EVENTS)
    if isinstance(unit, Refused):
        return EventsFile(unit.name, path, nothing, 0, 0, (), unit.reason)
    events: list[dict[str, object]] = []
    bad: list[BadRow] = []
    error = None
    mapping = settings.mapping_for(unit.file_name)
    reader = _Reader(unit.name, known, date_format=mapping.date_format if mapping else None)
    try:
        with unit.open() as stream:
            for batch in read_batches(unit, stream, settings=settings, wanted=can_use):
                bad += batch.bad
                reader.take(batch)
    except InputError as problem:
        error = str(problem)
    except OSError as problem:
        error = f"{unit.name} can't be read: {problem.strerror or problem}."
    reader.finish(events, bad)
    merged = _add_up(pl.DataFrame(events, schema=_NOTICED))
    seen, unknown = len(events) + len(bad), tuple(reader.unknown)
    return EventsFile(unit.name, path, merged, seen, len(events) - merged.height, tuple(bad), error, unknown)


@dataclass(frozen=True)
class _Reader:
    """Reads the rows of one file."""

    name: str
    known: Mapping[str, str]
    date_format: str | None
    unknown: dict[str, None] = field(default_factory=dict)
    """Columns that were left aside, in the file's order."""
    _rows: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    """Number, the row as it came, and its cells under our names."""

    def take(self, batch: Batch) -> None:
        """Remember a batch. What its dates mean may be told by a row to come. Raises InputError where it is no list of announcements."""
        columns = [column for column in batch.frame.columns if column != ROW]
        if not columns and not batch.unread:  # every row of the batch was unreadable, or none was left for it
            return
        found = find_columns(columns, unread=batch.unread, name=self.name)
        self.unknown.update(dict.fromkeys(name for name in (*columns, *batch.unread) if name not in found.values()))
        for row in batch.frame.iter_rows(named=True):
            cells = {name: (row[column] or "").strip() for name, column in found.items()}
            self._rows.append((row[ROW], str({column: row[column] for column in found.values()}), cells))

    def finish(self, events: list[dict[str, object]], bad: list[BadRow]) -> None:
        """Add what the rows announce, and why the rest of them can't be used."""
        dates = [cells[kind] for _, _, cells in self._rows for kind in DATES if cells.get(kind)]
        orders = {proven_order(cell, form=self.date_format) for cell in dates} - {None}
        for number, received, cells in self._rows:
            problems, made = self._events(cells, orders)
            bad += [BadRow(number, problem, received) for problem in problems]
            events += made

    def _events(
        self, cells: Mapping[str, str], orders: Collection[bool | None]
    ) -> tuple[list[str], list[dict[str, object]]]:
        """What a row announces, and why the rest of it can't be used."""
        if not cells["company"]:
            return ["no company"], []
        place = ", ".join(filter(None, (cells.get("location", "").replace(", Non-U.S.", ""), cells.get("county"))))
        jobs, url = cells.get("jobs", ""), cells.get("source_url", "")
        stated_stage = cells.get("stage", "").lower()
        event: dict[str, object] = {
            "company": canonical_company(cells["company"], self.known),
            "jobs": read_jobs(jobs),
            "share": read_share(cells.get("share", "") or (jobs if is_percentage(jobs) else "")),
            "reason": cells.get("reason") or None,
            "location": place or None,
            "source_url": url if url.startswith(("http://", "https://")) else None,
            "notice": ", ".join(filter(None, (cells.get("notice"), cells.get("site")))) or None,
        }
        made = []
        unread = []
        for kind in DATES:
            if cell := cells.get(kind):
                date = read_date(cell, form=self.date_format, day_first=True in orders)
                if date is None:
                    unread.append(
                        f'"{cell}" is no date (3/14/2023, 14/3/2023 and 14.03.2023 are; other forms as date_format in an '
                        "[import.mapping.NAME] table)"
                    )
                elif len(orders) > 1 and is_ambiguous(cell, form=self.date_format):
                    unread.append(
                        f'"{cell}" can be two dates, as this list has some with the day first and some with the month first; '
                        "write the month as a word in the file, or say date_format in an [import.mapping.NAME] table"
                    )
                elif not _EARLIEST <= date <= dt.datetime.now(dt.UTC).date() + dt.timedelta(days=366 * _YEARS_AHEAD):
                    unread.append(f"impossible date: {date}")
                else:
                    # Other lists' "stage" is that of a start-up's funding.
                    stage = stated_stage if kind == "date" and stated_stage in STAGES else _STAGE_OF[kind]
                    made.append({**event, "date": date, "stage": stage})
        return (unread if made or unread else ["no date"]), made

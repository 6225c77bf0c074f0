"""`import_files`: every file on its own, batch by batch, counted row by row."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.batches import ROW
from collectors.files.columns import pick, plain_names, require_columns
from collectors.files.raw import Plan, to_raw
from collectors.files.reading import read_batches
from collectors.files.rejects import RejectFile
from collectors.files.shapes import recognise, require_source, source_name, with_source
from collectors.files.times import TimeReader
from collectors.files.units import Refused, units
from collectors.normalise import to_posts
from store import RUNS, InputError, Privacy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collectors.files.batches import Batch
    from collectors.files.units import Unit
    from collectors.settings import ImportSettings
    from store import Store

logger = logging.getLogger(__name__)
#: As `source` in `runs`: a file may hold several platforms.
FILE_SOURCE = "file"
_RECEIVED_CELL_CHARS = 1_000


@dataclass(frozen=True)
class FileSummary:
    """What became of one file. seen = new + changed + duplicate + rejected + left_out."""

    file: str
    shape: str | None = None
    """The known export that it was recognised as."""
    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0
    left_out: int = 0
    """Not for us: visible to a member's network only, or forgotten before."""
    unknown_columns: tuple[str, ...] = ()
    reject_file: Path | None = None
    seconds: float = 0.0
    error: str | None = None
    """Why reading stopped. What was read before it is stored."""


@dataclass
class _Counts:
    shape: str | None = None
    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0
    left_out: int = 0
    unknown: dict[str, None] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Job:
    """What all files of one call share."""

    store: Store
    privacy: Privacy
    settings: ImportSettings
    keep_handles: frozenset[str]
    source: str | None
    now: dt.datetime


def import_files(
    paths: Sequence[Path],
    *,
    store: Store,
    settings: ImportSettings,
    keep_handles: frozenset[str],
    rejects_folder: Path,
    source: str | None = None,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> list[FileSummary]:
    """Store the posts of files and folders; the same files again, in any order, change nothing.

    A file that can't be read, or not to its end, is reported in its summary and doesn't stop the others.

    Args:
        paths: CSV, JSONL, JSON, Parquet, gzip, ZIP, or folders of them.
        store: where the posts go, and a row per file into `runs`.
        settings: batch size, caps and mappings.
        keep_handles: accounts of companies, without @, that stay readable in texts.
        rejects_folder: gets a file for each input with rows that were refused.
        source: platform of files that don't say it.
        on_progress: called with the rows done and an estimate of all rows, after each batch.

    Returns:
        A summary per file (per member of an archive), in the order read.

    Raises:
        InputError: `source` is no name.
        StoreError: the tables or a reject file can't be written; what was stored before is kept.
    """
    job = _Job(
        store,
        Privacy.load(store.root),
        settings,
        keep_handles,
        source_name(source) if source else None,
        dt.datetime.now(dt.UTC),
    )
    found = [(path, unit) for path in paths for unit in units(Path(path), caps=settings)]
    total_bytes = sum(unit.size_bytes for _, unit in found if not isinstance(unit, Refused))
    bytes_done = rows_done = 0

    def advance(rows: int, packed_bytes: int) -> None:
        done = bytes_done + packed_bytes
        if on_progress:
            on_progress(rows_done + rows, round((rows_done + rows) * max(total_bytes / done, 1.0)) if done else None)

    summaries = []
    for index, (path, unit) in enumerate(found):
        if isinstance(unit, Refused):
            summary = FileSummary(unit.name, error=unit.reason)
        else:
            summary = _import_unit(
                unit, job, rejects=RejectFile(rejects_folder, name=unit.name, path=Path(path)), advance=advance
            )
            bytes_done += unit.size_bytes
            rows_done += summary.seen
        _record(store, summary, started_at=job.now, index=index)
        summaries.append(summary)
    return summaries


def _import_unit(unit: Unit, job: _Job, *, rejects: RejectFile, advance: Callable[[int, int], None]) -> FileSummary:
    started = time.monotonic()
    counts = _Counts()
    error = None
    try:
        with unit.open() as stream:
            plan = None
            for batch in read_batches(unit, stream, settings=job.settings):
                _set_apart(batch, counts, rejects)
                if plan is None and len(batch.frame.columns) > 1:
                    plan = _plan(batch.frame, unit, job)
                    counts.shape = plan.shape.name if plan.shape else None
                if plan is not None:
                    _store_batch(batch.frame, plan, unit=unit, job=job, counts=counts, rejects=rejects)
                advance(counts.seen, stream.packed_bytes)
    except InputError as problem:
        error = str(problem)
    except OSError as problem:
        error = f"{unit.name} can't be read: {problem.strerror or problem}. What came before is kept."
    finally:
        reject_file = rejects.close()
    if error is None and counts.seen and counts.seen == counts.rejected:
        reason, _ = counts.reasons.most_common(1)[0]
        error = f"None of the {counts.seen:,} rows of {unit.name} can be used, most of them for this reason: {reason}."
    summary = FileSummary(
        file=unit.name,
        shape=counts.shape,
        seen=counts.seen,
        new=counts.new,
        changed=counts.changed,
        duplicate=counts.duplicate,
        rejected=counts.rejected,
        left_out=counts.left_out,
        unknown_columns=tuple(counts.unknown),
        reject_file=reject_file,
        seconds=time.monotonic() - started,
        error=error,
    )
    logger.info(
        "step=import file=%s seen=%d new=%d rejected=%d error=%s",
        unit.name,
        counts.seen,
        counts.new,
        counts.rejected,
        error,
    )
    return summary


def _plan(frame: pl.DataFrame, unit: Unit, job: _Job) -> Plan:
    """Decide what a file is from its first rows. Raises InputError where it can't hold posts or doesn't say its platform."""
    mapping = job.settings.mapping_for(unit.file_name)
    require_columns(frame.columns, mapping=mapping, name=unit.name)
    shape = recognise(plain_names(frame.columns), file_name=unit.file_name)
    said = source_name(mapping.source) if mapping and mapping.source else job.source
    fallback = said or (shape.source if shape else None)
    own = [column for column in frame.columns if column != ROW]
    require_source(with_source(pick(frame, mapping=mapping).frame, fallback=fallback), columns=own, name=unit.name)
    return Plan(
        shape=shape,
        fallback_source=fallback,
        times=TimeReader(timezone=mapping.timezone, date_format=mapping.date_format) if mapping else TimeReader(),
        modified_at=unit.modified_at,
        query=unit.name,
        network_posts=job.settings.linkedin_network_posts,
    )


def _set_apart(batch: Batch, counts: _Counts, rejects: RejectFile) -> None:
    counts.seen += len(batch.bad)
    counts.rejected += len(batch.bad)
    for bad in batch.bad:
        counts.reasons[bad.reason] += 1
        rejects.add(row=bad.row, reason=bad.reason, received=bad.received)


def _store_batch(
    frame: pl.DataFrame, plan: Plan, *, unit: Unit, job: _Job, counts: _Counts, rejects: RejectFile
) -> None:
    picked = pick(frame, mapping=job.settings.mapping_for(unit.file_name))
    raw = to_raw(picked.frame, plan)
    normalised = to_posts(raw.frame, privacy=job.privacy, keep_handles=job.keep_handles, now=job.now)
    stored = job.store.upsert("posts", normalised.posts)
    refused = normalised.rejected
    if refused.height:
        received = frame.join(
            refused.select(pl.col("row").alias(ROW), "reason"), on=ROW, how="inner", maintain_order="left"
        )
        for row in received.iter_rows(named=True):
            number, reason = row.pop(ROW), row.pop("reason_right", None) or row.pop("reason")
            cells = {name: value[:_RECEIVED_CELL_CHARS] for name, value in row.items() if value is not None}
            counts.reasons[reason] += 1
            rejects.add(row=number, reason=reason, received=cells)
    counts.seen += frame.height
    counts.new += stored.new
    counts.changed += stored.changed
    counts.duplicate += stored.duplicate
    counts.rejected += refused.height
    counts.left_out += raw.left_out + stored.purged
    counts.unknown |= dict.fromkeys(picked.unknown)
    if counts.seen != counts.new + counts.changed + counts.duplicate + counts.rejected + counts.left_out:
        raise AssertionError(f"rows of {unit.name} were lost or counted twice: {counts}")


def _record(store: Store, summary: FileSummary, *, started_at: dt.datetime, index: int) -> None:
    """One row of `runs` for a file that was read to its end, or not."""
    now = dt.datetime.now(dt.UTC)
    stored = summary.seen > summary.rejected
    run = {
        "run_id": f"{started_at:%Y%m%dT%H%M%S.%fZ}-import-{index:04d}-{secrets.token_hex(2)}",
        "source": FILE_SOURCE,
        "query": summary.file,
        "started_at": started_at,
        "updated_at": now,
        "finished_at": now,
        "pages": 1,
        "seen": summary.seen,
        "new": summary.new,
        "changed": summary.changed,
        "duplicate": summary.duplicate,
        "rejected": summary.rejected,
        "gaps": [],
        "status": "done" if not summary.error else "partial" if stored else "failed",
        "error": summary.error,
    }
    store.upsert("runs", pl.DataFrame([{name: run.get(name) for name in RUNS}], schema=RUNS))

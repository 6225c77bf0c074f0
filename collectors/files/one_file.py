"""One file from its bytes to the tables: what is decided about it once, and what happens to each batch."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.again import Posts, reading_of
from collectors.files.batches import ROW
from collectors.files.columns import can_use, pick, plain_names, require_columns
from collectors.files.links import Links
from collectors.files.private import public_batches
from collectors.files.raw import Plan, to_raw
from collectors.files.reading import read_batches
from collectors.files.shapes import TWEETS, clients_as_source, recognise, require_source, source_name, with_source
from collectors.files.summaries import FORGOTTEN, Counts, not_to_its_end
from collectors.files.times import TimeReader
from collectors.normalise import to_posts
from store import InputError, Privacy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from collectors.files.again import Reading
    from collectors.files.batches import Batch
    from collectors.files.rejects import RejectFile
    from collectors.files.summaries import FileSummary, Run
    from collectors.files.units import Unit
    from collectors.settings import ImportSettings
    from store import Store

logger = logging.getLogger(__name__)
_RECEIVED_CELL_CHARS = 1_000


@dataclass(frozen=True)
class Job:
    """What all files of one import share."""

    store: Store
    privacy: Privacy
    settings: ImportSettings
    keep_handles: frozenset[str]
    source: str | None
    """Platform of files that don't say it."""
    said_with: str
    """Where the user names it, for the message that it is missing."""
    now: dt.datetime
    why_stop: Callable[[], str | None]
    """Asked between batches; a reason ends the import there."""


def import_unit(
    unit: Unit, job: Job, *, run: Run, rejects: RejectFile, advance: Callable[[int, int], None]
) -> FileSummary:
    """Store one file batch by batch.

    Args:
        unit: the file.
        job: where to and how.
        run: its row in `runs`, which says from the first batch on that the file is being read.
        rejects: gets the rows that were refused; closed here.
        advance: called with rows and packed bytes done, after each batch.

    Returns:
        Its counts, with the error if it could not be read to its end.

    Raises:
        StoreError: the tables or the reject file can't be written.
    """
    started = time.monotonic()
    counts = Counts()
    error = None
    ended = stopped = False
    mapping = job.settings.mapping_for(unit.file_name)
    try:
        reading = reading_of(
            unit, store=job.store, settings=job.settings, source=job.source, keep_handles=job.keep_handles
        )
        run.begin(unit.name, reading)
        posts = Posts(job.store, reading, run_id=run.run_id)
        plan = None
        read = partial(read_batches, settings=job.settings, wanted=partial(can_use, mapping=mapping))
        for batch, packed_bytes in _while_there_is_time(public_batches(unit, read), job):
            _set_apart(batch, counts, rejects)
            counts.unknown |= dict.fromkeys(batch.unread)
            if plan is None and (batch.unread or len(batch.frame.columns) > 1):
                plan = _plan(batch, unit, job, reading)
                counts.shape = plan.shape.name if plan.shape else None
                counts.guessed = _guessed(plan, job, unit=unit)
            if plan is not None:
                _store_batch(batch.frame, plan, posts, unit=unit, job=job, counts=counts, rejects=rejects)
            advance(counts.seen, packed_bytes)
        if reading.anew:
            counts.replaced = posts.finish(rejected=counts.rejected)
        ended = True
    except _Stopped as problem:
        error, stopped = not_to_its_end(str(problem)), True
    except InputError as problem:
        error = Privacy.mask(str(problem))
    except OSError as problem:
        error = f"{unit.name} can't be read: {problem.strerror or problem}. What came before is kept."
    finally:
        reject_file = rejects.close(failed=not ended)
    summary = counts.summary(
        file=unit.name, reject_file=reject_file, seconds=time.monotonic() - started, error=error, stopped=stopped
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


class _Stopped(Exception):  # noqa: N818  # an event: what was stored stays
    pass


def _while_there_is_time(batches: Iterable[tuple[Batch, int]], job: Job) -> Iterator[tuple[Batch, int]]:
    """The first batch, and those after it until there is a reason to stop. Raises _Stopped."""
    for number, batch in enumerate(batches):
        if number and (why := job.why_stop()):
            raise _Stopped(why)
        yield batch


def _plan(batch: Batch, unit: Unit, job: Job, reading: Reading) -> Plan:
    """Decide what a file is from its first rows. Raises InputError where it can't hold posts or doesn't say its platform."""
    mapping = job.settings.mapping_for(unit.file_name)
    own = [column for column in (*batch.frame.columns, *batch.unread) if column != ROW]
    require_columns(own, mapping=mapping, name=unit.name)
    picked = pick(batch.frame, mapping=mapping).frame
    shape = recognise(plain_names(own), file_name=unit.file_name)
    if shape is None and clients_as_source(picked):
        shape = TWEETS
    said = source_name(mapping.source) if mapping and mapping.source else job.source
    fallback = said or (shape.source if shape else None)
    sources = with_source(picked, fallback=fallback, shape=shape)
    require_source(sources, columns=own, name=unit.name, said_with=job.said_with)
    times = TimeReader(timezone=mapping.timezone, date_format=mapping.date_format) if mapping else TimeReader()
    return Plan(
        shape=shape,
        fallback_source=fallback,
        times=times,
        modified_at=reading.modified_at,
        query=reading.query,
        links=Links(job.store, reading, times=times),
        network_posts=job.settings.linkedin_network_posts,
        privacy=job.privacy,
    )


def _guessed(plan: Plan, job: Job, *, unit: Unit) -> str | None:
    """What the platform of rows that don't say it was guessed from; None where a user said it."""
    mapping = job.settings.mapping_for(unit.file_name)
    if plan.shape is None or job.source or (mapping and mapping.source):
        return None
    return "the file's name" if plan.shape.file_word else "the file's columns"


def _set_apart(batch: Batch, counts: Counts, rejects: RejectFile) -> None:
    counts.seen += len(batch.bad)
    for bad in batch.bad:
        counts.reject(bad.reason)
        rejects.add(row=bad.row, reason=bad.reason, received=bad.received)


def _store_batch(
    frame: pl.DataFrame,
    plan: Plan,
    posts: Posts,
    *,
    unit: Unit,
    job: Job,
    counts: Counts,
    rejects: RejectFile,
) -> None:
    picked = pick(frame, mapping=job.settings.mapping_for(unit.file_name))
    raw = to_raw(picked.frame, plan)
    normalised = to_posts(raw.frame, privacy=job.privacy, keep_handles=job.keep_handles, now=job.now)
    stored = posts.upsert(normalised.posts)
    reasons = dict(normalised.rejected.select("row", "reason").iter_rows())
    if reasons:
        for row in frame.filter(pl.col(ROW).is_in([*reasons])).iter_rows(named=True):
            number = row.pop(ROW)
            reason = reasons[number]
            cells = {name: value[:_RECEIVED_CELL_CHARS] for name, value in row.items() if value is not None}
            counts.reject(reason)
            rejects.add(row=number, reason=reason, received=cells)
    counts.seen += frame.height
    counts.new += stored.new
    counts.changed += stored.changed
    counts.duplicate += stored.duplicate
    counts.platforms.update(dict.fromkeys(normalised.posts["source"].unique().sort()))
    counts.left_out.update(raw.left_out)
    counts.left_out.update({FORGOTTEN: stored.purged} if stored.purged else {})
    counts.unread_counts += raw.unread_counts
    counts.unknown |= dict.fromkeys(picked.unknown)
    if not counts.add_up():
        raise AssertionError(f"rows of {unit.name} were lost or counted twice: {counts}")

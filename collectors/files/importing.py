"""`import_files`: every file on its own, whatever becomes of the others."""

from __future__ import annotations

import datetime as dt
import gc
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.files.one_file import Job, import_unit
from collectors.files.rejects import RejectFile
from collectors.files.shapes import source_name
from collectors.files.summaries import FileSummary, Run, not_to_its_end
from collectors.files.units import Refused, units
from store import Privacy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from collectors.settings import ImportSettings
    from store import Store


def import_files(
    paths: Sequence[Path],
    *,
    store: Store,
    settings: ImportSettings,
    keep_handles: frozenset[str],
    rejects_folder: Path,
    source: str | None = None,
    said_with: str = "--source",
    own_folders: frozenset[Path] = frozenset(),
    on_progress: Callable[[int, int | None], None] | None = None,
    why_stop: Callable[[], str | None] = lambda: None,
) -> list[FileSummary]:
    """Store the posts of files and folders; the same files again, in any order, change nothing.

    A file whose settings have changed since its import is read anew: what that gives replaces what the file gave before, and posts that
    only the file's earlier readings gave are taken out. A file that can't be read, or not to its end, is reported in its summary and doesn't stop the others.

    Args:
        paths: CSV, JSONL, JSON, Parquet, gzip, ZIP, or folders of them.
        store: where the posts go, and a row per file into `runs`.
        settings: batch size, caps and mappings.
        keep_handles: accounts of companies, without @, that stay readable in texts.
        rejects_folder: gets a file for each input with rows that were refused.
        source: platform of files that don't say it.
        said_with: where the user names that platform, for the message that it is missing.
        own_folders: absolute paths of what the project itself writes: left out where a folder above them is imported.
        on_progress: called with the rows done and an estimate of all rows, after each batch.
        why_stop: asked between batches; a reason ends the import there. The next one reads that file from its start.

    Returns:
        A summary per file (per member of an archive), in the order read; the last is of the file at which it was stopped.

    Raises:
        UsageError: `source` is no name.
        StoreError: the tables or a reject file can't be written; what was stored before is kept.
    """
    job = Job(
        store=store,
        privacy=Privacy.load(store.root),
        settings=settings,
        keep_handles=keep_handles,
        source=source_name(source) if source else None,
        said_with=said_with,
        now=dt.datetime.now(dt.UTC),
        why_stop=why_stop,
    )
    found = [(Path(path), unit) for path in paths for unit in units(Path(path), caps=settings, own_folders=own_folders)]
    total_bytes = sum(unit.size_bytes for _, unit in found if not isinstance(unit, Refused))
    bytes_done = rows_done = 0

    def advance(rows: int, packed_bytes: int) -> None:
        done = bytes_done + packed_bytes
        if on_progress:
            on_progress(rows_done + rows, round((rows_done + rows) * max(total_bytes / done, 1.0)) if done else None)

    summaries = []
    for index, (path, unit) in enumerate(found):
        run = Run.started(store, at=job.now, index=index)
        if isinstance(unit, Refused):
            summary = FileSummary(unit.name, error=unit.reason)
        else:
            rejects = RejectFile(rejects_folder, name=unit.name, path=path)
            with _no_search_for_cycles():
                summary = import_unit(unit, job, run=run, rejects=rejects, advance=advance)
            bytes_done += unit.size_bytes
            rows_done += summary.seen
        run.end(summary)
        summary = replace(summary, left_aside=unit.aside)
        summaries.append(summary)
        if not summary.stopped and index + 1 < len(found) and (why := why_stop()):
            summaries.append(FileSummary(found[index + 1][1].name, error=not_to_its_end(why), stopped=True))
        if summaries[-1].stopped:
            break
    return summaries


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """A batch is tens of thousands of small lists that form no cycles; searching them for some took a third of the CPU time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

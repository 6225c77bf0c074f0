"""`import_events`: lists of announcements into the table of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from collectors.events.reading import merge_events, read_events
from collectors.files.rejects import RejectFile
from store import EVENTS, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from collectors.events.reading import EventsFile
    from collectors.settings import ImportSettings
    from store import Store


@dataclass(frozen=True)
class EventsSummary:
    """What became of one list. seen = new + changed + duplicate + rejected."""

    file: str
    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    """Said twice in the list, or stored before."""
    rejected: int = 0
    reject_file: Path | None = None
    error: str | None = None
    """Why the list was not read to its end, or nothing of it could be used."""
    unknown_columns: tuple[str, ...] = ()
    """Columns that were not used."""


def import_events(
    paths: Sequence[Path],
    *,
    store: Store,
    known_companies: Mapping[str, str],
    rejects_folder: Path,
    settings: ImportSettings | None = None,
) -> list[EventsSummary]:
    """Store the announcements of lists; the same lists again, in any order, change nothing.

    Two lists that differ about one announcement are merged as `merge_events` says.

    Args:
        paths: files or folders.
        store: where they go.
        known_companies: names and aliases in any case → canonical names.
        rejects_folder: gets a file for each list with rows that were refused.
        settings: caps and mappings of encodings.

    Raises:
        StoreError: the tables or a reject file can't be written.
    """
    files = read_events(paths, known_companies=known_companies, settings=settings)
    return [_store(file, store, rejects_folder) for file in files]


def _store(file: EventsFile, store: Store, rejects_folder: Path) -> EventsSummary:
    rejects = RejectFile(rejects_folder, name=file.name, path=file.path)
    for bad in file.rejected:
        rejects.add(row=bad.row, reason=bad.reason, received=bad.received)
    reject_file = rejects.close(failed=file.error is not None)
    key = list(TABLES["events"].key)
    with store.writing():  # what another process stores between reading and writing would be merged away
        known = store.read(
            lambda: store.scan("events").join(file.events.lazy(), on=key, how="semi", nulls_equal=True).collect()
        )
        stored = store.upsert("events", merge_events(pl.concat([known.select(EVENTS.names()), file.events])))
    return EventsSummary(
        file=file.name,
        seen=file.seen,
        new=stored.new,
        changed=stored.changed,
        duplicate=file.duplicate + stored.duplicate,
        rejected=len(file.rejected),
        reject_file=reject_file,
        error=file.error or _nothing_usable(file),
        unknown_columns=file.unknown_columns,
    )


def _nothing_usable(file: EventsFile) -> str | None:
    """The error of a list all of whose rows were refused: as with posts, it has failed."""
    if not file.rejected or len(file.rejected) < file.seen:
        return None
    return f"None of the {file.seen:,} announcements of {file.name} can be used, the first for this reason: {file.rejected[0].reason}."

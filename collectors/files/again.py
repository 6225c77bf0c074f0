"""A file that was imported before: known by its content, and read anew where the settings have changed.

A touched or copied file brings nothing new, so it counts as written when its content first was. Where mapping, encoding, zone, platform
or the program itself have changed since, the present reading replaces the earlier one of the same file, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from store import POSTS

if TYPE_CHECKING:
    import datetime as dt

    from collectors.files.units import Unit
    from collectors.settings import ImportSettings
    from store import Store

#: As `source` in `runs`: a file may hold several platforms.
FILE_SOURCE = "file"
_KEY = ["source", "post_id"]
_READERS = 1  # to be raised when the same file, under the same settings, is read otherwise than before


@dataclass(frozen=True)
class Reading:
    """One reading of one content."""

    query: str
    """As posts name it: the name it first had, and the mark of its content."""
    mark: str
    how: str
    """A mark of everything that decides how it is read."""
    modified_at: dt.datetime
    """When the content was written, as far as is known."""
    anew: bool = False
    """Whether an earlier reading differed or came to no end."""
    rejected_before: int = 0


def reading_of(
    unit: Unit, *, store: Store, settings: ImportSettings, source: str | None, keep_handles: frozenset[str]
) -> Reading:
    """Compare a file with what was imported before. Raises OSError and StoreError."""
    mark = unit.mark()
    mapping = settings.mapping_for(unit.file_name)
    said = (
        _READERS,
        mapping and mapping.model_dump_json(),
        source,
        settings.linkedin_network_posts,
        sorted(keep_handles),
    )
    how = blake2b(repr(said).encode(), digest_size=8).hexdigest()
    same = (pl.col("source") == FILE_SOURCE) & (pl.col("high_water_id") == mark)
    runs = store.scan("runs").filter(same).sort("run_id").collect()
    if runs.is_empty():
        return Reading(f"{unit.name} ({mark})", mark, how, unit.modified_at)
    first, last = runs.row(0, named=True), runs.row(-1, named=True)
    return Reading(
        query=f"{first['query']} ({mark})",
        mark=mark,
        how=how,
        modified_at=first["high_water"],
        anew=last["page_token"] != how or last["status"] != "done",
        rejected_before=last["rejected"],
    )


class Rereading:
    """Stores a file's posts in place of those of its earlier reading."""

    def __init__(self, store: Store, reading: Reading) -> None:
        self._store = store
        self._reading = reading
        self._seen = pl.DataFrame(schema={name: POSTS[name] for name in _KEY})

    def first_seen(self, posts: pl.DataFrame) -> pl.DataFrame:
        """Keys that this reading comes to for the first time; of a key that it repeats, its own values stay."""
        keys = posts.select(_KEY).unique().join(self._seen, on=_KEY, how="anti")
        self._seen = pl.concat([self._seen, keys])
        return keys

    def finish(self, *, rejected: int) -> int:
        """Take out the posts that only the earlier reading gave, under other ids; how many they were.

        A reading that refuses more rows than the one before corrects nothing: then they stay.
        """
        if rejected > self._reading.rejected_before:
            return 0
        stored = self._store.scan("posts").filter(pl.col("query").str.ends_with(f"({self._reading.mark})"))
        left = stored.select(_KEY).join(self._seen.lazy(), on=_KEY, how="anti").collect()
        if left.is_empty():
            return 0
        self._store.delete("labels", left)
        return self._store.delete("posts", left)

"""A file that was imported before: known by its content, and read anew where the settings have changed.

A touched or copied file brings nothing new, so it counts as written when its content first was. Where mapping, encoding, zone, platform
or the program itself have changed since, the present reading replaces the earlier one of the same file, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.brought import KEY, Brought
from store import Privacy

if TYPE_CHECKING:
    import datetime as dt

    from collectors.files.units import Unit
    from collectors.settings import ImportSettings
    from store import Store, Upserted

#: As `source` in `runs`: a file may hold several platforms.
FILE_SOURCE = "file"
_READERS = 3  # to be raised when the same file, under the same settings, is read otherwise than before


@dataclass(frozen=True)
class Reading:
    """One reading of one content."""

    query: str
    """As posts name it: the name it first had, masked since files are called after people, and the mark of its content."""
    mark: str
    how: str
    """A mark of everything that decides how it is read."""
    modified_at: dt.datetime
    """When the content was written, as far as is known."""
    anew: bool = False
    """Whether an earlier reading differed or came to no end."""
    rejected_before: int | None = None
    """Rows that the last reading refused which came to its end; None where none did."""
    runs: tuple[str, ...] = ()
    """Earlier readings of this content under this name."""
    first_at: dt.datetime | None = None
    """When this content was first read; None where it never was."""

    @property
    def repeated(self) -> bool:
        """Whether the same content was read to its end in the same way before."""
        return self.first_at is not None and not self.anew


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
    same = store.read(lambda: store.scan("runs").filter(_of(mark)).sort("run_id").collect())
    name = Privacy.mask(unit.name)
    if same.is_empty():
        return Reading(f"{name} ({mark})", mark, how, unit.modified_at)
    own = same.filter(query=name)
    # Two names of one content may have settings of their own, so a name is compared with itself where it was read before.
    compared = same if own.is_empty() else own
    last = compared.row(-1, named=True)
    done = compared.filter(status="done")
    first = same.row(0, named=True)
    return Reading(
        query=f"{Privacy.mask(first['query'])} ({mark})",
        mark=mark,
        how=how,
        modified_at=first["high_water"],
        anew=last["page_token"] != how or last["status"] != "done",
        rejected_before=None if done.is_empty() else done["rejected"][-1],
        runs=tuple(own["run_id"]),
        first_at=first["started_at"],
    )


def _of(mark: str) -> pl.Expr:
    """The runs that read a content."""
    return ((pl.col("source") == FILE_SOURCE) & (pl.col("high_water_id") == mark)).fill_null(value=False)


def _others_since(store: Store, reading: Reading) -> tuple[str, ...] | None:
    """Platforms collected live since this content was first read; None where another file came to posts that were stored already."""
    since, other = reading.first_at, _of(reading.mark).not_()
    runs = store.read(lambda: store.scan("runs").filter(other).collect())
    file = pl.col("source") == FILE_SOURCE
    met = (pl.col("changed") + pl.col("duplicate") > 0) | (pl.col("status") == "running")
    found = runs.filter((pl.col("updated_at") >= since) & (~file | met)).select("source").unique()
    platforms = found["source"].to_list()
    return None if FILE_SOURCE in platforms else tuple(sorted(platforms))


@dataclass(frozen=True)
class Replaced:
    """What became of posts of a file's earlier readings that the present one doesn't give."""

    taken_out: int = 0
    kept_back: int = 0
    because: str | None = None
    refused: bool = False
    """Whether they stay because the present reading is worse than the last."""


class Posts:
    """Stores a file's posts, in place of those of its earlier reading where it is read anew."""

    def __init__(self, store: Store, reading: Reading, *, run_id: str) -> None:
        self._store = store
        self._reading = reading
        self._run_id = run_id
        self._brought = Brought(store, reading.mark)
        self._earlier = self._brought.keys(reading.runs) if reading.anew else Brought.none()
        self._seen = Brought.none()

    def upsert(self, posts: pl.DataFrame) -> Upserted:
        """Store a batch and note which of its posts are new. Raises StoreError."""
        with self._store.writing():
            stored = self._store.upsert("posts", posts, reread=self._reread(posts) if self._reading.anew else None)
        if stored.became is not None:
            self._brought.add(stored.became.filter(pl.col("became") == "new").drop("became"), run_id=self._run_id)
        return stored

    def _alone(self) -> pl.DataFrame:
        """Posts that this file, and nothing else, has given; sure only as long as nobody else may write."""
        others = _others_since(self._store, self._reading)
        if others is None:
            return self._earlier.clear()
        return self._earlier.filter(pl.col("source").is_in(others).not_())

    def _reread(self, posts: pl.DataFrame) -> pl.DataFrame:
        """Keys that this reading comes to for the first time; of a key that it repeats, its own values stay."""
        keys = posts.select(KEY).unique().join(self._seen, on=KEY, how="anti")
        self._seen = pl.concat([self._seen, keys])
        alone = self._alone().with_columns(pl.lit(value=True).alias("alone"))
        return keys.join(alone, on=KEY, how="left").with_columns(pl.col("alone").fill_null(value=False))

    def finish(self, *, rejected: int) -> Replaced:
        """Take out the posts that only earlier readings gave, under other ids. Raises StoreError, StoreBusy.

        A reading that refuses more rows than the last that came to its end corrects nothing: then they stay. What others stored while
        this one was reading counts too, so it is looked at now, and kept from changing until it is done.
        """
        with self._store.writing():
            return self._finish(rejected=rejected)

    def _finish(self, *, rejected: int) -> Replaced:
        own = pl.col("query").str.ends_with(f"({self._reading.mark})")
        scan, seen = self._store.scan, self._seen.lazy()
        left = self._store.read(lambda: scan("posts").filter(own).select(KEY).join(seen, on=KEY, how="anti").collect())
        before = self._reading.rejected_before
        if self._seen.is_empty() or (before is not None and rejected > before):
            said = f"this reading refuses {rejected:,} rows, and the last {before or 0:,}"
            return Replaced(kept_back=left.height, because=said, refused=True)
        alone = left.join(self._alone(), on=KEY, how="semi")
        if not alone.is_empty():
            # First the note: a post that comes back from elsewhere is not this file's.
            self._brought.drop(alone)
            self._store.delete("labels", alone)
            self._store.delete("posts", alone)
        kept = left.height - alone.height
        return Replaced(alone.height, kept, "other files or searches may have given them too" if kept else None)

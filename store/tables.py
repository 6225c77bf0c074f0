"""The tables of one data folder: read lazily, written by key, purged for good.

Measured on 2 busy cores: see `benchmarks/` and the figures in `Store.upsert`.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

import polars as pl

from store import versions
from store.delta import Conflict, DeltaFolder, explained
from store.errors import StoreError, UsageError
from store.journal import Journal
from store.locking import WriterLock
from store.schemas import TABLES, TOMBSTONES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

T = TypeVar("T")
_ATTEMPTS: Final = 6
_FILES_PER_WEEK: Final = 24  # appends pile up small files; past this a week is rewritten as one
_ROWS_PER_COMMIT: Final = 250_000  # bounds memory while weeks are rewritten: some 250 MB of posts


@dataclass(frozen=True)
class Upserted:
    """What became of the rows of one call: each counts once."""

    new: int = 0
    changed: int = 0
    duplicate: int = 0
    purged: int = 0
    """Left out because their key was purged before."""

    def __add__(self, other: Upserted) -> Upserted:
        return Upserted(
            self.new + other.new,
            self.changed + other.changed,
            self.duplicate + other.duplicate,
            self.purged + other.purged,
        )


class Store:
    """All tables below one folder or object-store prefix. Nothing is created before the first write."""

    def __init__(self, root: str, *, storage_options: Mapping[str, str] | None, wait_seconds: float) -> None:
        """Use `Store.open`."""
        self.root = root
        local = "://" not in root
        self._lock = WriterLock(Path(root), wait_seconds=wait_seconds) if local else None
        self._tables = {
            name: DeltaFolder(
                spec,
                f"{root.rstrip('/')}/{name}",
                extra=versions.OLDER if name == "posts" else None,
                storage_options=storage_options,
            )
            for name, spec in TABLES.items()
        }

    @classmethod
    def open(
        cls, path: str | Path, *, storage_options: Mapping[str, str] | None = None, wait_seconds: float = 60.0
    ) -> Self:
        """Open a data folder or a URI such as s3://bucket/prefix.

        Args:
            path: need not exist yet.
            storage_options: credentials and endpoint of an object store, as delta-rs names them.
            wait_seconds: how long a write waits for another process before it raises StoreBusy.

        Raises:
            StoreError: a file stands in the way, the folder is unreadable, or it is itself a table.
        """
        if "://" not in str(path):
            folder = Path(path).absolute()
            with explained("Opening the data folder", folder):
                if folder.exists() and not folder.is_dir():
                    raise StoreError(
                        f"{folder} is a file; the data folder has to be a folder. Name another one in config.toml."
                    )
                if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
                    raise StoreError(
                        f"{folder} can't be read by this user. Change its permissions or name another data folder."
                    )
                if (folder / "_delta_log").exists():
                    raise StoreError(f"{folder} is itself a Delta table. Name the folder above it as data folder.")
            path = folder
        return cls(str(path), storage_options=storage_options, wait_seconds=wait_seconds)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other writers out for longer than one call. Raises StoreBusy."""
        with self._lock.held() if self._lock else nullcontext():
            yield

    def scan(self, table: str, *, weeks: Collection[dt.date] | None = None) -> pl.LazyFrame:
        """Snapshot of a table with its declared columns; empty where nothing was written yet.

        Args:
            table: posts, labels, runs, tombstones or events.
            weeks: Mondays. Only their files are read (posts and labels; other tables have no weeks).

        Raises:
            StoreError: the table is damaged, not ours, or of another version.
        """
        folder = self._table(table)
        return folder.scan(folder.load(), weeks=weeks).select(folder.spec.schema.names())

    def upsert(self, table: str, frame: pl.DataFrame) -> Upserted:
        """Insert rows whose key is new, bring the others up to date; the same rows again, in any order, change nothing.

        Posts: the newest version wins register by register (see `store.versions`). Other tables: a row replaces the one with its
        key, and within `frame` the last one stands. A call that changes nothing commits nothing.

        Args:
            table: its name.
            frame: the declared columns, all of them.

        Raises:
            StoreError: wrong columns, nulls where a value is required, or the tables can't be written.
            StoreBusy: another process writes for longer than `wait_seconds`.
        """
        folder = self._table(table)
        rows = versions.conform(frame, folder.spec)
        if rows.is_empty():
            return Upserted()
        with self.writing():
            return _retrying(lambda: self._upsert(folder, rows))

    def _upsert(self, folder: DeltaFolder, rows: pl.DataFrame) -> Upserted:
        key, posts = folder.spec.key, folder.spec.name == "posts"
        given = rows.height
        if posts:
            rows = self._without_purged(rows)
        purged = given - rows.height
        total = rows.height
        rows = versions.widen(rows) if posts else rows.unique(key, keep="last", maintain_order=True)
        table = folder.load()
        with explained("Reading", folder.uri):
            stored = self._find(folder, folder.scan(table), rows.select(key).unique())
            if posts:
                stored = versions.widen(stored)
                rows = versions.newest(pl.concat([stored.select(rows.columns), rows]), key=key)
            new = rows.join(stored, on=list(key), how="anti", nulls_equal=True)
            touched = versions.differing(rows, stored, key=key)
            changed = versions.differing(touched, stored, key=key, ignoring=versions.SIGHTING).height
            moved = touched.join(stored, on=list(key), how="inner", nulls_equal=True) if folder.spec.partition else None
        if posts:
            new, touched = versions.narrow(new), versions.narrow(touched)
        del rows
        old_weeks = set(moved["week_right"]) if moved is not None else set()
        crossing = moved.filter(pl.col("week") != pl.col("week_right")) if moved is not None else None
        together = set(crossing["week"]) | set(crossing["week_right"]) if crossing is not None else set()
        self._commit(folder, new=new, touched=touched, weeks=old_weeks | together, together=together)
        return Upserted(new.height, changed, total - new.height - changed, purged)

    def _commit(
        self,
        folder: DeltaFolder,
        *,
        new: pl.DataFrame,
        touched: pl.DataFrame,
        weeks: set[dt.date],
        together: set[dt.date],
    ) -> None:
        """Rewrite the weeks of touched rows, append the rest. Weeks that exchange a row go `together`, in one commit."""
        table = folder.load()
        if table is None or folder.spec.partition is None:
            full = table is not None and len(table.file_uris()) >= _FILES_PER_WEEK
            if table is None or (touched.is_empty() and not full):
                folder.append(new)
            elif not (touched.is_empty() and new.is_empty()):
                self._rewrite(folder, None, touched, new)
            return
        files = folder.files_by_week(table)
        if not new.is_empty():
            weeks |= set(files.filter(pl.col("files") >= _FILES_PER_WEEK)["week"]) & set(new["week"])
        rows_in = dict(files.select("week", "rows").iter_rows())
        groups, size = [set(together)], sum(rows_in.get(week, 0) for week in together)
        for week in sorted(weeks - together):
            size += rows_in.get(week, 0)
            if size > _ROWS_PER_COMMIT:
                groups.append(set())
                size = rows_in.get(week, 0)
            groups[-1].add(week)
        for group in filter(None, groups):
            self._rewrite(folder, group, touched, new)
        folder.append(new.filter(~pl.col("week").is_in(sorted(weeks))) if weeks else new)

    def _rewrite(
        self, folder: DeltaFolder, weeks: set[dt.date] | None, touched: pl.DataFrame, new: pl.DataFrame
    ) -> None:
        """Replace these weeks by what they hold, less the touched keys, with the touched and new rows of these weeks."""
        with explained("Reading", folder.uri):
            kept = (
                folder.scan(folder.load(), weeks=weeks)
                .join(touched.lazy().select(folder.spec.key), on=list(folder.spec.key), how="anti", nulls_equal=True)
                .collect(engine="streaming")
            )
        rows = pl.concat([touched, new])
        if weeks is not None:
            rows = rows.filter(pl.col("week").is_in(sorted(weeks)))
        folder.replace(pl.concat([kept, rows.select(kept.columns)]), weeks=weeks)

    @staticmethod
    def _find(folder: DeltaFolder, scan: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
        """Stored rows with these keys, whatever their week: keys and weeks are read first, then only the weeks that hold one."""
        on = list(keys.columns)
        if folder.spec.partition is None:
            return scan.join(keys.lazy(), on=on, how="semi", nulls_equal=True).collect()
        found = (
            scan.select(*on, "week").join(keys.lazy(), on=on, how="semi", nulls_equal=True).collect(engine="streaming")
        )
        if found.is_empty():
            return pl.DataFrame(schema=folder.schema)
        weeks = sorted(found["week"].unique())
        return (
            scan.filter(pl.col("week").is_in(weeks))
            .join(found.lazy().select(on), on=on, how="semi", nulls_equal=True)
            .collect(engine="streaming")
        )

    def _without_purged(self, rows: pl.DataFrame) -> pl.DataFrame:
        tombstones = self.scan("tombstones").select("source", "post_id")
        with explained("Reading", self._tables["tombstones"].uri):
            return rows.lazy().join(tombstones, on=["source", "post_id"], how="anti", maintain_order="left").collect()

    def delete(self, table: str, keys: pl.DataFrame) -> int:
        """Take rows out of the newest snapshot; their text stays in older files until `compact` or `purge`.

        Args:
            table: its name.
            keys: all or some of the key columns; a row that matches goes.

        Returns:
            Rows deleted.
        """
        folder = self._table(table)
        if not keys.columns or not set(keys.columns) <= set(folder.spec.key):
            raise UsageError(f"Rows of {table} are deleted by {', '.join(folder.spec.key)}; received {keys.columns}.")
        with self.writing():
            return _retrying(lambda: self._delete(folder, keys.unique()))

    def _delete(self, folder: DeltaFolder, keys: pl.DataFrame) -> int:
        with explained("Reading", folder.uri):
            doomed = self._find(folder, folder.scan(folder.load()), keys)
        if doomed.is_empty():
            return 0
        weeks = set(doomed["week"]) if folder.spec.partition else None
        # One week at a time bounds memory; a row lies in one week alone.
        for group in [{week} for week in sorted(weeks)] if weeks else [None]:
            with explained("Reading", folder.uri):
                kept = folder.scan(folder.load(), weeks=group).join(
                    doomed.lazy().select(folder.spec.key), on=list(folder.spec.key), how="anti", nulls_equal=True
                )
                rows = kept.collect(engine="streaming")
            folder.replace(rows, weeks=group)
        return doomed.height

    def purge(self, keys: pl.DataFrame, *, reason: str) -> int:
        """Delete posts and their labels for good: from the tables, from every file and from the journals.

        The tombstone is written first, so that a purge cut short is finished by the next one or by `compact`, and the keys never
        come back: `upsert` drops them.

        Args:
            keys: columns source, post_id.
            reason: deleted · forgotten.

        Returns:
            Posts deleted now.
        """
        keys = keys.select("source", "post_id").unique()
        if keys.is_empty():
            return 0
        stones = keys.with_columns(
            pl.lit(reason).alias("reason"),
            pl.lit(dt.datetime.now(dt.UTC)).cast(TOMBSTONES["purged_at"]).alias("purged_at"),
        )
        with self.writing():
            known = self.scan("tombstones").select("source", "post_id")
            self.upsert("tombstones", stones.lazy().join(known, on=["source", "post_id"], how="anti").collect())
            return self._bury(keys)

    def _bury(self, keys: pl.DataFrame) -> int:
        for journal in self.journals():
            journal.drop(keys)
        self.delete("labels", keys)
        deleted = self.delete("posts", keys)
        for name in ("labels", "posts"):
            _retrying(lambda name=name: self._tables[name].vacuum(keep_hours=0))  # type: ignore[misc]  # bound now
        return deleted

    def compact(self, *, keep_hours: int = 1) -> None:
        """Finish what a killed purge left, put each week into one file, delete files unused for `keep_hours`.

        Replaced files are kept for a while because a reader in another process may be in the middle of them.
        """
        with self.writing():
            stones = self.scan("tombstones").select("source", "post_id").collect()
            left = (
                self.scan("posts").select("source", "post_id").join(stones.lazy(), on=["source", "post_id"], how="semi")
            )
            if not stones.is_empty() and not left.collect().is_empty():
                self._bury(left.collect())
            for folder in self._tables.values():
                _retrying(folder.compact)
                _retrying(lambda folder=folder: folder.vacuum(keep_hours=keep_hours))  # type: ignore[misc]  # bound now

    def tombstoned(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Those of the keys (source, post_id) that were purged."""
        return keys.lazy().join(self.scan("tombstones"), on=["source", "post_id"], how="semi").collect()

    def journal(self, name: str) -> Journal:
        """The page journal of one live source, below the data folder (s3: below the current user's state folder)."""
        return Journal(self._journal_folder(), name)

    def journals(self) -> list[Journal]:
        """Every journal that holds something."""
        return Journal.all(self._journal_folder())

    def _journal_folder(self) -> Path:
        if self._lock:
            return Path(self.root) / "journals"
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        return state / "layoff-pulse" / "journals"

    def _table(self, name: str) -> DeltaFolder:
        try:
            return self._tables[name]
        except KeyError:
            raise UsageError(f'There is no table "{name}". The tables are {", ".join(self._tables)}.') from None


def _retrying(work: Callable[[], T]) -> T:
    """Do it again when another writer (on s3, or another tool) committed first."""
    for attempt in range(_ATTEMPTS):
        try:
            return work()
        except Conflict as error:
            last = error
            time.sleep(random.uniform(0.02, 0.05) * 2**attempt)
    raise StoreError(
        f"Other writers committed first, {_ATTEMPTS} times in a row; nothing was changed. Run again. ({last})"
    )

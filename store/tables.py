"""The tables of one data folder: read lazily, written by key, purged for good.

Measured with 1 M posts over 104 weeks on 2 cores that also trained a model: an import in batches of 50,000 took 13 s and at
most 560 MB; finding 1,000 keys in all weeks 0.1 s; 1,000 duplicates 0.8 s; 1,000 new posts 0.4 s; 1,000 changed posts 0.6 s
within one week and 6.5 s where all 104 weeks had to be rewritten; a purge 1 s; the weekly counts 0.07 s.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from contextlib import contextmanager, nullcontext
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

import polars as pl

from store import reading, upserts, versions
from store.delta import DeltaFolder
from store.errors import StoreError, UsageError
from store.failures import explained
from store.journal import Journal
from store.locking import WriterLock, alone
from store.schemas import NOBODY, TABLES, TOMBSTONES
from store.upserts import Upserted, retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager

T = TypeVar("T")
_POST: Final = ["source", "post_id"]
_BURIED: Final = ("labels", "posts")


class Store:
    """All tables below one folder or object-store prefix. Nothing is created before the first write."""

    def __init__(self, root: str, *, storage_options: Mapping[str, str] | None, wait_seconds: float) -> None:
        """Use `Store.open`."""
        self.root = root
        local = "://" not in root
        # The lock of files is for other processes: it polls, gives up, and would name this one.
        self._threads = threading.RLock()
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
        with self._threads, self._lock.held() if self._lock else nullcontext():
            yield

    def alone(self, doing: str) -> AbstractContextManager[None]:
        """Be the only run that is `doing` this here, such as "collecting"; other writers go on. Raises StoreBusy at once, or StoreError."""
        return alone(self._local_folder("journals"), doing, root=self.root)

    def require_writable(self) -> None:
        """Raises StoreError where a local data folder can't be written. In an object store only a write would tell."""
        if self._lock:
            self._lock.require_writable()

    def read(self, work: Callable[[], T]) -> T:
        """What `work` makes of the tables: it scans and collects, and changes nothing, since it may be called again.

        A purge in another process takes the files of older snapshots away at once: where `work` meets that, it starts afresh.

        Raises:
            StoreError: a table is damaged, and named, or out of reach. What else `work` raises is its own.
        """
        return reading.read(work, tables=self._tables.values(), root=self.root)

    def scan(self, table: str, *, weeks: Collection[dt.date] | None = None) -> pl.LazyFrame:
        """Snapshot of a table with its declared columns; empty where nothing was written yet. Collect it within `read`.

        Args:
            table: posts, labels, runs, tombstones or events.
            weeks: Mondays. Only their files are read (posts and labels; other tables have no weeks).

        Raises:
            StoreError: the table is damaged, not ours, or of another version.
        """
        folder = self._table(table)
        rows = folder.scan(folder.load(), weeks=weeks).select(folder.spec.schema.names())
        return rows.with_columns(pl.when(pl.col("author") != NOBODY).then("author")) if table == "posts" else rows

    def upsert(self, table: str, frame: pl.DataFrame, *, reread: pl.DataFrame | None = None) -> Upserted:
        """Insert rows whose key is new, bring the others up to date; the same rows again, in any order, change nothing.

        Posts: the newest version wins register by register (see `store.versions`). Other tables: a row replaces the one with its
        key, and within `frame` the last one stands. A call that changes nothing commits nothing.

        Args:
            table: its name.
            frame: the declared columns, all of them.
            reread: source, post_id and `alone` (Boolean) of posts that `frame` reads anew from where they were read before. What the
                same query said of them, or anything at the same moment, gives way to what `frame` says; where nobody else can have
                said it (`alone`), also to nothing.

        Raises:
            StoreError: wrong columns, nulls where a value is required, or the tables can't be written.
            StoreBusy: another process writes for longer than `wait_seconds`.
        """
        folder = self._table(table)
        rows = versions.conform(frame, folder.spec)
        if rows.is_empty():
            return Upserted()
        with self.writing():
            wanted = self._without_purged(rows) if table in {"posts", "labels"} else rows
            done = retrying(lambda: upserts.upsert(folder, wanted, reread=reread))
            folder.settle()
            if wanted.height == rows.height:
                return done
            return upserts.with_purged(done, rows.join(wanted, on=_POST, how="anti").select(folder.spec.key))

    def _without_purged(self, rows: pl.DataFrame) -> pl.DataFrame:
        return self.read(
            lambda: rows.lazy().join(self.scan("tombstones"), on=_POST, how="anti", maintain_order="left").collect()
        )

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
            return retrying(lambda: upserts.delete(folder, keys.unique()))

    def purge(self, keys: pl.DataFrame, *, reason: str) -> int:
        """Delete posts and their labels for good: from the tables, from every file and from the journals.

        The tombstone is written first, so that a purge cut short is finished by the next one or by `compact`, and the keys never
        come back: `upsert` drops them. A reader in the middle of an older snapshot may miss its files and has to scan again.

        Args:
            keys: columns source, post_id.
            reason: deleted · forgotten.

        Returns:
            Posts deleted now.
        """
        keys = keys.select(_POST).unique()
        if keys.is_empty():
            return 0
        stones = keys.with_columns(
            pl.lit(reason).alias("reason"),
            pl.lit(dt.datetime.now(dt.UTC)).cast(TOMBSTONES["purged_at"]).alias("purged_at"),
        )
        with self.writing():
            unmarked = self.read(lambda: stones.lazy().join(self.scan("tombstones"), on=_POST, how="anti").collect())
            self.upsert("tombstones", unmarked)
            return self._bury(keys)

    def _bury(self, keys: pl.DataFrame) -> int:
        stones = self.read(lambda: self.scan("tombstones").select(_POST).collect())
        keys = pl.concat([keys, *self._left_of(stones)]).unique()
        for journal in self.journals():
            journal.drop(stones)
        self.delete("labels", keys)
        deleted = self.delete("posts", keys)
        for name in _BURIED:
            self._vacuum(self._tables[name], keep_hours=0)
        return deleted

    def _left_of(self, stones: pl.DataFrame) -> list[pl.DataFrame]:
        """Keys of purged posts that a purge cut short has left, of each table that holds such."""
        return self.read(
            lambda: pl.collect_all(
                [self.scan(name).select(_POST).join(stones.lazy(), on=_POST, how="semi") for name in _BURIED]
            )
        )

    def _vacuum(self, folder: DeltaFolder, *, keep_hours: int) -> None:
        retrying(lambda: folder.vacuum(keep_hours=keep_hours, alone=self._lock is not None))

    def compact(self, *, keep_hours: int = 1) -> None:
        """Finish what a killed purge left, put each week into one file, delete files unused for `keep_hours`.

        Replaced files are kept for a while because a reader in another process may be in the middle of them.
        """
        with self.writing():
            stones = self.read(lambda: self.scan("tombstones").select(_POST).collect())
            if any(not keys.is_empty() for keys in self._left_of(stones)):
                self._bury(pl.DataFrame(schema=dict.fromkeys(_POST, pl.String)))
            for folder in self._tables.values():
                retrying(folder.compact)
                self._vacuum(folder, keep_hours=keep_hours)

    def tombstoned(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Those of the keys (source, post_id) that were purged."""
        return self.read(lambda: keys.lazy().join(self.scan("tombstones"), on=_POST, how="semi").collect())

    def journal(self, name: str) -> Journal:
        """The page journal of one live source, below the data folder (s3: below the current user's state folder, a folder for each project)."""
        return Journal(self._local_folder("journals"), name)

    def journals(self) -> list[Journal]:
        """Every journal that holds something."""
        return Journal.all(self._local_folder("journals"))

    def imports_folder(self) -> Path:
        """Where imports note which posts a file was the first to bring (s3: like the journals on this machine)."""
        return self._local_folder("imports")

    def _local_folder(self, name: str) -> Path:
        if self._lock:
            return Path(self.root) / name
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        project = blake2b(self.root.rstrip("/").encode(), digest_size=8).hexdigest()
        return state / "layoff-pulse" / name / project

    def _table(self, name: str) -> DeltaFolder:
        try:
            return self._tables[name]
        except KeyError:
            raise UsageError(f'There is no table "{name}". The tables are {", ".join(self._tables)}.') from None

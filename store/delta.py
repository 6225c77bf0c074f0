"""One Delta table on disk or in an object store: snapshots out, whole partitions in.

Rows are never merged by the engine: the caller works out what a week holds and the week is replaced in one commit. A
Delta merge would rewrite the same files, but stores Arrow string views, which Daft refuses ("Unsupported Arrow DataType: Utf8View").
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from store.disk import settle, sync
from store.errors import StoreError
from store.failures import Conflict, explained, out_of_reach, short

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from store.schemas import TableSpec

_WRITER = WriterProperties(compression="ZSTD", compression_level=3)


class DeltaFolder:
    """A table that is created by its first write."""

    def __init__(
        self,
        spec: TableSpec,
        uri: str,
        *,
        extra: pl.Schema | None = None,
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        """`extra` holds columns that are stored beside the declared ones and serve the store alone."""
        self.spec = spec
        self.uri = uri
        self.schema = pl.Schema({**spec.schema, **(extra or {})})
        self._options = dict(storage_options or {})
        self._settled = 0  # nanoseconds since 1970

    def load(self) -> DeltaTable | None:
        """The newest snapshot, or None before the first write. Raises StoreError when it is damaged, out of reach or not ours."""
        with explained("Opening the table", self.uri):
            try:
                # Asking first whether there is one would block every thread while it waits.
                table = DeltaTable(self.uri, storage_options=self._options)
            except TableNotFoundError:
                self._refuse_strangers()
                return None
            except (DeltaError, OSError) as error:
                raise self._unreadable(error) from error
            try:
                found = pl.Schema(pl.from_arrow(pa.schema(table.schema().to_arrow()).empty_table()).schema)  # type: ignore[union-attr]
            except (DeltaError, OSError) as error:
                raise self._unreadable(error) from error
        self._check(found)
        return table

    def _unreadable(self, error: Exception, *, file: str | None = None) -> StoreError:
        said = f"{file}: {short(error)}" if file else short(error)
        return out_of_reach(error, self.uri) or StoreError(
            f"The table in {self.uri} is damaged: {said}. "
            "Restore the folder from a backup, or move it away and import again."
        )

    def _refuse_strangers(self) -> None:
        folder = Path(self.uri)
        if "://" in self.uri or not folder.exists():
            return
        if not folder.is_dir() or any(entry.name != "_delta_log" for entry in folder.iterdir()):
            raise StoreError(
                f"{self.uri} exists but is not a Delta table (its _delta_log is missing). "
                "Restore it from a backup, or move it away so that a new table can be made."
            )

    def _check(self, found: pl.Schema) -> None:
        if dict(found) == dict(self.schema):
            return
        missing = [name for name in self.schema if name not in found]
        unknown = [name for name in found if name not in self.schema]
        types = [f"{n} is {found[n]}, not {t}" for n, t in self.schema.items() if n in found and found[n] != t]
        parts = [
            f"{label} {', '.join(names)}"
            for label, names in (("missing", missing), ("unknown", unknown), ("types:", types))
            if names
        ]
        raise StoreError(
            f"The table in {self.uri} was written by another version: {'; '.join(parts)}. "
            "Use the version that wrote it, or move the data folder away and import again."
        )

    def scan(self, table: DeltaTable | None, *, weeks: Collection[dt.date] | None = None) -> pl.LazyFrame:
        """All stored columns, of these weeks only if given; an empty frame before the first write."""
        if table is None:
            return pl.LazyFrame(schema=self.schema)
        frame = pl.scan_delta(table)
        if weeks is not None and self.spec.partition:
            frame = frame.filter(pl.col(self.spec.partition).is_in(sorted(weeks)))
        return frame.select(self.schema.names())

    def require_readable(self) -> None:
        """Read all that the newest snapshot holds. Raises StoreError naming the first file that is missing or damaged."""
        table = self.load()
        if table is None:
            return
        # By Arrow, since polars reports panics on stderr.
        for file in table.to_pyarrow_dataset().get_fragments():
            try:
                for _ in file.to_batches():
                    pass
            except (OSError, pa.ArrowException) as error:
                raise self._unreadable(error, file=file.path) from error

    def files_by_week(self, table: DeltaTable) -> pl.DataFrame:
        """Columns week, files, rows: from the log alone."""
        actions = pl.DataFrame(pa.table(table.get_add_actions(flatten=True)))
        return actions.group_by(pl.col(f"partition.{self.spec.partition}").alias("week")).agg(
            pl.len().alias("files"), pl.col("num_records").sum().alias("rows")
        )

    def append(self, frame: pl.DataFrame, *, to: DeltaTable | None) -> DeltaTable | None:
        """Add rows to this snapshot, or make the table, in one commit; the snapshot after it.

        Raises Conflict if others committed since: Delta lets two appends pass each other, and then a key that both thought new is
        there twice.
        """
        if frame.is_empty():
            return to
        rows = self._plain(frame)
        with explained("Writing", self.uri):
            table = to or self._created(rows.schema)
            before = table.version()
            if to is None and before:
                raise Conflict(f"{self.uri} was made by another writer")
            write_deltalake(table, rows, mode="append", storage_options=self._options, writer_properties=_WRITER)
        return self._next(before)

    def replace(self, frame: pl.DataFrame, *, weeks: Collection[dt.date] | None, of: DeltaTable) -> DeltaTable:
        """Make `frame` all that these weeks (None: the whole table) hold, in one commit; the snapshot after it.

        Raises Conflict if others committed since the snapshot; what they wrote is never overwritten.
        """
        predicate = None
        if weeks is not None:
            predicate = f"{self.spec.partition} in ({', '.join(repr(week.isoformat()) for week in sorted(weeks))})"
        rows = self._plain(frame)
        with explained("Writing", self.uri):
            before = of.version()
            write_deltalake(
                of,
                rows,
                mode="overwrite",
                predicate=predicate,
                storage_options=self._options,
                writer_properties=_WRITER,
            )
        return self._next(before)

    def _next(self, before: int) -> DeltaTable:
        table = self.load()
        if table is None or table.version() != before + 1:
            raise Conflict(f"{self.uri} grew meanwhile")
        return table

    def _plain(self, frame: pl.DataFrame) -> pa.Table:
        """Arrow with plain strings: see the module's docstring."""
        return frame.select(self.schema.names()).to_arrow(compat_level=pl.CompatLevel.oldest())

    def _created(self, schema: pa.Schema) -> DeltaTable:
        """Commit an empty table first: so data without a log always means damage, never a first write that was cut short."""
        statistics = [*self.spec.key, *(name for name in ("created_at",) if name in self.spec.schema)]
        return DeltaTable.create(
            self.uri,
            schema,
            mode="ignore",
            partition_by=[self.spec.partition] if self.spec.partition else None,
            configuration={
                # Minima and maxima go into the log: of other columns they would keep texts beyond their deletion.
                "delta.dataSkippingStatsColumns": ",".join(statistics),
                "delta.logRetentionDuration": "interval 7 days",
            },
            storage_options=self._options,
        )

    def settle(self) -> None:
        """Put the table on the disk: data, log and checkpoints, also what a killed process left. Raises StoreError.

        Delta leaves that to chance, and what a commit replaces (a journal, older files) may go only once it is safe.
        """
        folder = Path(self.uri)
        if "://" in self.uri or not folder.exists():
            return
        with explained("Writing", self.uri):
            if not self._settled:
                sync(folder.parent)
                sync(folder.parent.parent)
            self._settled = settle(folder, since=self._settled)

    def compact(self) -> None:
        """One file a week where there are several."""
        table = self.load()
        if table is not None:
            with explained("Compacting", self.uri):
                table.optimize.compact(writer_properties=_WRITER)

    def vacuum(self, *, keep_hours: int, alone: bool) -> None:
        """Delete every file that the newest snapshot doesn't use and that is older.

        `alone`: no other writer is at work, so that files in no commit are leftovers of killed ones and go too. Else they may be
        another's that is about to commit.
        """
        table = self.load()
        if table is not None:
            self.settle()
            with explained("Deleting old files", self.uri):
                table.vacuum(retention_hours=keep_hours, enforce_retention_duration=False, dry_run=False, full=alone)

"""How rows get into and out of a Delta table by key: read what is stored, work out what it becomes, replace whole weeks.

New rows are appended and only weeks that hold a changed row are rewritten, so that an import costs what it adds. Every commit leaves a
table that is right as far as it goes: a process killed between two of them is completed by the same call again.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

import polars as pl

from store import versions
from store.errors import StoreError
from store.failures import Conflict, explained

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping

    from deltalake import DeltaTable

    from store.delta import DeltaFolder

T = TypeVar("T")
ROWS_PER_COMMIT: Final = 100_000  # bounds memory while weeks are rewritten
_ATTEMPTS: Final = 6
_FILES_PER_WEEK: Final = 24  # appends pile up small files; past this a week is rewritten as one


@dataclass(frozen=True)
class Upserted:
    """What became of the rows of one call: each counts once."""

    new: int = 0
    changed: int = 0
    duplicate: int = 0
    purged: int = 0
    """Left out because their key was purged before."""
    became: pl.DataFrame | None = field(default=None, compare=False, repr=False)
    """Of one call: the keys of rows that are no duplicates, and in `became` what they are (new · changed · purged). A sum of calls has none."""

    def __add__(self, other: Upserted) -> Upserted:
        return Upserted(
            self.new + other.new,
            self.changed + other.changed,
            self.duplicate + other.duplicate,
            self.purged + other.purged,
        )


def upsert(folder: DeltaFolder, rows: pl.DataFrame, *, reread: pl.DataFrame | None = None) -> Upserted:
    """Insert new keys, bring the others up to date (see `Store.upsert`). Raises Conflict to be called again."""
    key, posts, total = list(folder.spec.key), folder.spec.name == "posts", rows.height
    table = folder.load()
    with explained("Reading", folder.uri):
        stored = _find(folder, folder.scan(table), rows.select(key).unique())
        if posts:
            stored = versions.widen(stored)
            rows = versions.widen(rows).select(stored.columns)
            kept = stored if reread is None else versions.withdrawn(stored, rows, reread=reread, key=key)
            rows = versions.newest(pl.concat([kept, rows]), key=key)
        else:
            rows = rows.unique(key, keep="last", maintain_order=True)
        new = rows.join(stored, on=key, how="anti", nulls_equal=True)
        touched = versions.differing(rows, stored, key=key)
        changed = versions.differing(rows, stored, key=key, ignoring=versions.SIGHTING)
    if posts:
        new, touched = versions.narrow(new), versions.narrow(touched)
    weeks, together = _weeks_of(touched, stored, key=key) if folder.spec.partition else (set(), set())
    _commit(folder, table, new=new, touched=touched, weeks=weeks, together=together)
    became = pl.concat([_keys(new, key, became="new"), _keys(changed, key, became="changed")])
    return Upserted(new.height, changed.height, total - became.height, became=became)


def with_purged(done: Upserted, keys: pl.DataFrame) -> Upserted:
    """The outcome with the rows that were left out beforehand, by their keys."""
    left_out = _keys(keys.unique(), keys.columns, became="purged")
    became = left_out if done.became is None else pl.concat([left_out, done.became])
    return replace(done, purged=keys.height, became=became)


def _keys(rows: pl.DataFrame, key: list[str], *, became: str) -> pl.DataFrame:
    return rows.select(*key, pl.lit(became).alias("became"))


def _commit(
    folder: DeltaFolder,
    table: DeltaTable | None,
    *,
    new: pl.DataFrame,
    touched: pl.DataFrame,
    weeks: set[dt.date],
    together: set[dt.date],
) -> None:
    """Rewrite the weeks of touched rows, append the rest. Weeks that exchange a row go `together`, in one commit."""
    columns = folder.schema.names()
    new, touched = new.select(columns), touched.select(columns)
    if table is None or (new.is_empty() and touched.is_empty()):
        folder.append(new, to=table)
    elif folder.spec.partition is None:
        if touched.is_empty() and len(table.file_uris()) < _FILES_PER_WEEK:
            folder.append(new, to=table)
        else:
            kept = _without(folder, table, touched, weeks=None)
            folder.replace(pl.concat([kept, touched, new]), weeks=None, of=table)
    else:
        files = folder.files_by_week(table)
        weeks |= set(files.filter(pl.col("files") >= _FILES_PER_WEEK)["week"]) & set(new["week"])
        for group in _grouped(weeks, together=together, rows_in=dict(files.select("week", "rows").iter_rows())):
            # Read per group: only one group's rows are in memory.
            kept = _without(folder, table, touched, weeks=group)
            added = pl.concat([touched, new]).filter(pl.col("week").is_in(sorted(group)))
            table = folder.replace(pl.concat([kept, added]), weeks=group, of=table)
        folder.append(new.filter(~pl.col("week").is_in(sorted(weeks))), to=table)


def delete(folder: DeltaFolder, keys: pl.DataFrame) -> int:
    """Take out the rows that match all columns of `keys`; how many they were. Raises Conflict to be called again."""
    table = folder.load()
    if table is None:
        return 0
    with explained("Reading", folder.uri):
        doomed = _find(folder, folder.scan(table), keys)
    if doomed.is_empty():
        return 0
    # One week at a time bounds memory; a row lies in one week alone.
    groups = [{week} for week in sorted(doomed["week"].unique())] if folder.spec.partition else [None]
    for group in groups:
        table = folder.replace(_without(folder, table, doomed, weeks=group), weeks=group, of=table)
    return doomed.height


def _find(folder: DeltaFolder, scan: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Stored rows with these keys, whatever their week: keys and weeks are read first, then only the weeks that hold one."""
    on = list(keys.columns)
    if folder.spec.partition is None:
        return scan.join(keys.lazy(), on=on, how="semi", nulls_equal=True).collect()
    found = scan.select(*on, "week").join(keys.lazy(), on=on, how="semi", nulls_equal=True).collect(engine="streaming")
    if found.is_empty():
        return pl.DataFrame(schema=folder.schema)
    weeks = sorted(found["week"].unique())
    return (
        scan.filter(pl.col("week").is_in(weeks))
        .join(found.lazy().select(on), on=on, how="semi", nulls_equal=True)
        .collect(engine="streaming")
    )


def _weeks_of(touched: pl.DataFrame, stored: pl.DataFrame, *, key: list[str]) -> tuple[set[dt.date], set[dt.date]]:
    """Weeks to rewrite for the touched rows, and those among them that a row leaves or enters."""
    pairs = touched.select(*key, "week").join(stored.select(*key, was="week"), on=key, how="inner")
    crossing = pairs.filter(pl.col("week") != pl.col("was"))
    return set(pairs["week"]) | set(pairs["was"]), set(crossing["week"]) | set(crossing["was"])


def _without(
    folder: DeltaFolder, table: DeltaTable, rows: pl.DataFrame, *, weeks: Collection[dt.date] | None
) -> pl.DataFrame:
    """What these weeks hold besides the keys of `rows`."""
    key = list(folder.spec.key)
    with explained("Reading", folder.uri):
        kept = folder.scan(table, weeks=weeks).join(rows.lazy().select(key), on=key, how="anti", nulls_equal=True)
        return kept.collect(engine="streaming")


def _grouped(
    weeks: Collection[dt.date], *, together: Collection[dt.date], rows_in: Mapping[dt.date, int]
) -> list[set[dt.date]]:
    """Weeks in groups of some `ROWS_PER_COMMIT` rows; those that belong `together` in one, however large."""
    groups, size = [set(together)], sum(rows_in.get(week, 0) for week in together)
    for week in sorted(set(weeks) - set(together)):
        size += rows_in.get(week, 0)
        if size > ROWS_PER_COMMIT:
            groups.append(set())
            size = rows_in.get(week, 0)
        groups[-1].add(week)
    return [group for group in groups if group]


def retrying(work: Callable[[], T]) -> T:
    """Do it again when another writer (on s3, or another tool) committed first."""
    for attempt in range(_ATTEMPTS):
        try:
            return work()
        except Conflict as error:
            last = error
            time.sleep(random.uniform(0.02, 0.05) * 2**attempt)
    raise StoreError(
        f"Other writers committed first, {_ATTEMPTS} times in a row. What was stored is kept; run again for the rest. ({last})"
    )

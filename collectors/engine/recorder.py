"""Pages on their way into the tables: journalled one by one, merged in bulk.

A page costs one append to be safe; a commit into the tables costs tens of milliseconds and is made for thousands of
posts. Posts and the state that covers them are one record, so neither can be without the other.
"""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from collectors.engine.state import RECHECK, WHOLE, Cursor, RunState, frame
from collectors.engine.windows import left
from collectors.normalise import RAW, to_posts
from collectors.registry import SOURCES
from collectors.source import Found, SourceSection
from store import POSTS, RUNS, Upserted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from collectors.engine.progress import QueryOutcome
    from collectors.source import Page
    from store import Journal, Privacy, Store

ROWS_PER_MERGE: Final = 50_000
_STAMP: Final = "%Y%m%dT%H%M%S.%f"
_STAMP_LENGTH: Final = len("20251028T120000.000000")
_Asked = TypeVar("_Asked")


class Recorder:
    """Of one source within one run."""

    def __init__(self, store: Store, source: str, *, privacy: Privacy, keep_handles: frozenset[str]) -> None:
        self._store, self._source, self._privacy, self._keep = store, source, privacy, keep_handles
        self._journal: Journal = store.journal(source)
        self._posts: dict[str, list[pl.DataFrame]] = {}
        self._states: dict[str, RunState] = {}
        self._tallies: dict[str, Upserted] = {}
        self._waiting = 0

    def normalise(self, page: Page, query: str, *, now: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Posts as they may be stored, and the rows refused."""
        result = to_posts(
            raw_frame(page.posts, source=self._source, query=query, now=now),
            privacy=self._privacy,
            keep_handles=self._keep,
            now=now,
        )
        return result.posts, result.rejected

    def append(self, state: RunState, posts: pl.DataFrame | None = None) -> RunState:
        """Make a page and the state after it durable. Returns the state with what earlier merges counted."""
        state = counted(state, self._tallies.get(state.query, Upserted()))
        self._journal.append(posts if posts is not None else POSTS.to_frame(), state.to_json())
        self._states[state.query] = state
        if posts is not None and posts.height:
            self._posts.setdefault(state.query, []).append(posts)
            self._waiting += posts.height
        if self._waiting >= ROWS_PER_MERGE:
            self.merge()
        return self._states[state.query]

    def merge(self) -> None:
        """Bring what is journalled into the tables, then empty the journal."""
        if not self._states:
            return
        with self._store.writing():
            for query, tally in _upsert(self._store, self._posts).items():
                self._tallies[query] = self._tallies.get(query, Upserted()) + tally
            self._states = {
                query: counted(state, self._tallies.get(query, Upserted())) for query, state in self._states.items()
            }
            self._store.upsert("runs", frame(self._states.values()))
            self._journal.truncate()
        self._posts.clear()
        self._waiting = 0

    def final(self, outcome: QueryOutcome) -> RunState:
        """The state of a query once its posts are counted."""
        return self._states.get(outcome.name, outcome.state)


def counted(state: RunState, tally: Upserted) -> RunState:
    """The state with what the store made of its posts."""
    return replace(state, new=tally.new, changed=tally.changed, duplicate=tally.duplicate)


def _upsert(store: Store, pages: Mapping[_Asked, Sequence[pl.DataFrame]]) -> dict[_Asked, Upserted]:
    """Bring the pages of several queries into the table with one commit. A post that two of them found is new, or changed, for the first."""
    asked = list(pages)
    posts = [pl.concat(frames) for frames in pages.values()]
    became = store.upsert("posts", pl.concat([POSTS.to_frame(), *posts])).became
    if became is None:
        return {}
    keys = [frame.select("source", "post_id", pl.lit(at).alias("asked")) for at, frame in enumerate(posts)]
    rows = pl.concat(keys).join(became, on=["source", "post_id"], how="left", maintain_order="left")
    counts = pl.col("became").is_not_null() & (
        (pl.col("became") == "purged") | pl.struct("source", "post_id").is_first_distinct()
    )
    tallies: dict[_Asked, Upserted] = {}
    outcomes = rows.select("asked", pl.when(counts).then("became").otherwise(pl.lit("duplicate")).alias("became"))
    for at, outcome, count in outcomes.group_by(pl.all(), maintain_order=True).len().iter_rows():
        tallies[asked[at]] = tallies.get(asked[at], Upserted()) + Upserted(**{outcome: count})
    return tallies


def merge_left(store: Store, *, now: dt.datetime) -> int:
    """Merge what processes that were killed left in their journals. Returns the posts found there."""
    found = 0
    for journal in store.journals():
        states: dict[tuple[str, str], RunState] = {}
        posts: dict[tuple[str, str], list[pl.DataFrame]] = {}
        for page, known in journal.replay():
            state = RunState.from_json(known)
            states[state.run_id, state.query] = state
            posts.setdefault((state.run_id, state.query), []).append(page)
        found += sum(page.height for pages in posts.values() for page in pages)
        for key, tally in _upsert(store, posts).items():
            before = states[key]
            states[key] = counted(before, Upserted(before.new, before.changed, before.duplicate) + tally)
        ended = [
            left(state, status="partial", error="the process ended before the window had drained", now=now)
            if state.status == "running"
            else state
            for state in states.values()
        ]
        if ended:
            store.upsert("runs", frame(ended))
        journal.truncate()
    return found


def drop_newest_ids(store: Store) -> None:
    """Take the ids that earlier versions kept of the newest post out of the rows of live queries: Mastodon's name the author.

    The files that held them go at once. Where no row holds one, nothing is written.
    """
    live = [name for name, spec in SOURCES.items() if issubclass(spec.settings, SourceSection)]
    holds_id = pl.col("high_water_id").is_not_null() | pl.col("page_token").str.contains('"newest_id": "', literal=True)
    rows = store.scan("runs").filter(pl.col("source").is_in(live) & holds_id).select(RUNS.names()).collect()
    if rows.is_empty():
        return
    states = map(RunState.of, rows.iter_rows(named=True))
    store.upsert(
        "runs",
        frame(
            replace(
                state,
                high_water_id=None,
                page_token=Cursor.read(state.page_token).text() if state.page_token else None,
            )
            for state in states
        ),
    )
    store.compact(keep_hours=0)


def last_states(store: Store, source: str) -> dict[str, RunState]:
    """The newest row of `runs` per query of a source."""
    return newest_states(store.scan("runs").filter(pl.col("source") == source).collect())


def newest_states(runs: pl.DataFrame) -> dict[str, RunState]:
    """The newest of a source's rows per query; rechecks and rows about the source as a whole are left out."""
    newest = runs.select(RUNS.names()).sort("run_id").unique("query", keep="last")
    queries = newest.filter(~pl.col("query").is_in([WHOLE, RECHECK]))
    return {row["query"]: RunState.of(row) for row in queries.iter_rows(named=True)}


def drop_others(
    store: Store, known: dict[str, RunState], names: Collection[str], *, run_id: str, now: dt.datetime
) -> None:
    """What was left over of queries or files that are asked for no more is no backlog; should one come back, its mark stands."""
    gone = [
        RunState(
            run_id,
            state.source,
            name,
            started_at=now,
            updated_at=now,
            high_water=state.high_water,
            high_water_id=state.high_water_id,
            status="done",
        )
        for name, state in known.items()
        if state.status != "done" and name not in names
    ]
    if gone:
        store.upsert("runs", frame(gone))


def last_asked(store: Store, source: str) -> dict[str, dt.datetime]:
    """When each query of a source was last asked; a query that was only ever left is not in it."""
    rows = store.scan("runs").filter((pl.col("source") == source) & pl.col("finished_at").is_not_null())
    return dict(rows.group_by("query").agg(pl.col("finished_at").max()).collect().iter_rows())


def next_run_id(store: Store, started: dt.datetime) -> str:
    """Sorts after every run before it, even if the clock was set back since."""
    stamp = f"{started:{_STAMP}}"
    before = (
        store.scan("runs").filter(pl.col("source").is_in(list(SOURCES))).select(pl.col("run_id").max()).collect().item()
    )
    if before and stamp <= before[:_STAMP_LENGTH]:
        last = dt.datetime.strptime(before[:_STAMP_LENGTH], _STAMP).replace(tzinfo=dt.UTC)
        stamp = f"{last + dt.timedelta(microseconds=1):{_STAMP}}"
    return f"{stamp}-{secrets.token_hex(2)}"


def raw_frame(posts: tuple[Found, ...], *, source: str, query: str | None, now: dt.datetime) -> pl.DataFrame:
    """RAW rows of a page."""
    if not posts:
        return RAW.to_frame()
    count = len(posts)
    values: dict[str, Sequence[Any]] = {
        **dict(zip(Found._fields, zip(*posts, strict=True), strict=True)),
        "source": [source] * count,
        "collected_at": [now] * count,
        "created_at_estimated": [False] * count,
        "query": [query] * count,
        "row": range(count),
    }
    # Through Arrow, as polars takes several times as long over values from Python, times above all.
    return pl.DataFrame(pa.RecordBatch.from_pydict(values, schema=_raw_in_arrow()))


@functools.cache
def _raw_in_arrow() -> pa.Schema:
    return RAW.to_frame().to_arrow(compat_level=pl.CompatLevel.oldest()).schema

"""What is known about every source without asking it: last run, newest post, gaps, what is left, cost of the month."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from collectors.engine.budget import cost_of_month
from collectors.engine.recorder import newest_states
from collectors.engine.state import RECHECK, RunState, frame
from collectors.registry import SOURCES, switched_on
from collectors.source import Gap, SourceSection

if TYPE_CHECKING:
    import datetime as dt

    from collectors.registry import SourcesSettings
    from store import Store


@dataclass(frozen=True)
class SourceStatus:
    """One source. Pages that a run under way, or killed, has left in the journal count as well."""

    source: str
    title: str
    switched_on: bool
    last_run: dt.datetime | None = None
    """When the last `collect` had news of it."""
    last_status: str | None = None
    """Of the last collect's queries, the worst: failed, partial, running (or killed meanwhile), done. A file that failed counts until it
    is mended or gone: it is not read again while it is unchanged.
    """
    newest_post: dt.datetime | None = None
    posts: int = 0
    gaps: tuple[Gap, ...] = ()
    """Times whose posts could not be had, in all runs."""
    backlog: int = 0
    """Queries that have not drained, or were never asked to their end."""
    journalled_pages: int = 0
    """Safe on disk, not in the tables yet: the next `collect` brings them in."""
    cost_this_month_usd: float = 0.0
    error: str | None = None
    """Of the last collect; the first of `errors`."""
    errors: dict[str, str] = field(default_factory=dict)
    """Why queries or files ended as `last_status` says."""
    last_recheck: dt.datetime | None = None
    recheck_error: str | None = None
    """Of the last recheck."""


_WORST_FIRST = ("failed", "partial", "running", "done")


def status(store: Store, settings: SourcesSettings, *, now: dt.datetime) -> list[SourceStatus]:
    """Every source that is switched on or has ever run. Reads the tables and journals; asks no platform."""
    posts, runs, pages = _known(store)
    found = []
    for name, spec in SOURCES.items():
        own = runs.filter(pl.col("source") == name)
        on = switched_on(settings, spec)
        if not on and own.is_empty():
            continue
        rechecks = own.filter(pl.col("query") == RECHECK).sort("run_id").tail(1).to_dicts()
        asked = own.filter(pl.col("query") != RECHECK)
        last = asked.filter(pl.col("run_id") == pl.col("run_id").max())
        newest = newest_states(asked)
        ended = {row["query"]: (row["status"], row["error"]) for row in last.to_dicts()}
        if not issubclass(spec.settings, SourceSection):
            ended |= {query: (state.status, state.error) for query, state in newest.items() if state.status == "failed"}
        worst = next((word for word in _WORST_FIRST if word in {how for how, _ in ended.values()}), None)
        errors = {query: error for query, (how, error) in sorted(ended.items()) if how == worst and error}
        found.append(
            SourceStatus(
                name,
                spec.title,
                on,
                last_run=last["updated_at"].max(),  # type: ignore[arg-type]  # a column of times
                last_status=worst,
                newest_post=posts[name][0] if name in posts else None,
                posts=posts[name][1] if name in posts else 0,
                gaps=_gaps(asked),
                backlog=sum(state.status != "done" for state in newest.values()),
                journalled_pages=pages.get(name, 0),
                cost_this_month_usd=cost_of_month(own.lazy(), name, now=now),
                error=next(iter(errors.values()), None),
                errors=errors,
                last_recheck=rechecks[0]["updated_at"] if rechecks else None,
                recheck_error=rechecks[0]["error"] if rechecks else None,
            )
        )
    return found


def _known(store: Store) -> tuple[dict[str, tuple[dt.datetime, int]], pl.DataFrame, dict[str, int]]:
    """Newest post and number of stored posts by source, the rows of `runs`, and pages by journal; journals beside the tables."""
    newest = pl.col("created_at").max().alias("newest")
    stored = store.scan("posts").group_by("source").agg(newest, pl.len().alias("posts")).collect()
    posts = {source: (moment, count) for source, moment, count in stored.iter_rows()}
    runs = store.scan("runs").collect()
    pages: dict[str, int] = {}
    states: dict[tuple[str, str, str], RunState] = {}
    for journal in store.journals():
        for page, known in journal.replay():
            state = RunState.from_json(known)
            states[state.run_id, state.source, state.query] = state
            pages[journal.name] = pages.get(journal.name, 0) + 1
            moment, count = posts.get(state.source, (None, 0))
            moments = [time for time in (moment, page["created_at"].max()) if time is not None]
            if moments:
                posts[state.source] = max(moments), count
    if states:
        journalled = frame(states.values())
        key = ["run_id", "source", "query"]
        runs = pl.concat([runs.join(journalled, on=key, how="anti").select(journalled.columns), journalled])
    return posts, runs, pages


def _gaps(runs: pl.DataFrame) -> tuple[Gap, ...]:
    """Of all queries; those of one query that meet or overlap for one reason are one."""
    rows = runs.select("query", "gaps").explode("gaps", empty_as_null=False, keep_nulls=False).unnest("gaps")
    joined: dict[tuple[str, str], list[Gap]] = {}
    for query, start, end, reason in rows.sort("start", "end").select("query", "start", "end", "reason").iter_rows():
        own = joined.setdefault((query, reason), [])
        if own and start <= own[-1].end:
            own[-1] = own[-1]._replace(end=max(own[-1].end, end))
        else:
            own.append(Gap(start, end, reason))
    return tuple(sorted({gap for gaps in joined.values() for gap in gaps}))

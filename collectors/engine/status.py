"""What the tables know about every source: last run, newest post, gaps, what is left, cost of the month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from collectors.engine.budget import cost_of_month
from collectors.engine.recorder import last_states
from collectors.registry import SOURCES, switched_on
from collectors.source import Gap

if TYPE_CHECKING:
    import datetime as dt

    from collectors.registry import SourcesSettings
    from store import Store


@dataclass(frozen=True)
class SourceStatus:
    """One source."""

    source: str
    title: str
    switched_on: bool
    last_run: dt.datetime | None = None
    last_status: str | None = None
    """Of the last run's queries, the worst: failed, partial, running, done."""
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


_WORST_FIRST = ("failed", "partial", "running", "done")


def status(store: Store, settings: SourcesSettings, *, now: dt.datetime) -> list[SourceStatus]:
    """Every source that is switched on or has ever run. Reads the tables only; asks no platform."""
    by_source = (
        store.scan("posts").group_by("source").agg(pl.col("created_at").max().alias("newest"), pl.len().alias("posts"))
    )
    known = {row["source"]: row for row in by_source.collect().iter_rows(named=True)}
    runs = (
        store.scan("runs").select("source", "gaps").explode("gaps").drop_nulls("gaps").unnest("gaps").unique().collect()
    )
    gaps = {
        source: tuple(Gap(*row) for row in frame.sort("start").select("start", "end", "reason").iter_rows())
        for (source,), frame in runs.group_by("source")
    }
    journals = {journal.name: sum(1 for _ in journal.replay()) for journal in store.journals()}
    found = []
    for name, spec in SOURCES.items():
        states = last_states(store, name)
        on = switched_on(settings, spec)
        if not on and not states:
            continue
        newest_run = max((state.run_id for state in states.values()), default=None)
        latest = [state for state in states.values() if state.run_id == newest_run]
        found.append(
            SourceStatus(
                name,
                spec.title,
                on,
                last_run=max((state.updated_at for state in latest), default=None),
                last_status=next(
                    (word for word in _WORST_FIRST if any(state.status == word for state in latest)), None
                ),
                newest_post=known[name]["newest"] if name in known else None,
                posts=known[name]["posts"] if name in known else 0,
                gaps=gaps.get(name, ()),
                backlog=sum(state.status != "done" for state in states.values()),
                journalled_pages=journals.get(name, 0),
                cost_this_month_usd=cost_of_month(store, name, now=now),
                error=next((state.error for state in latest if state.error), None),
            )
        )
    return found

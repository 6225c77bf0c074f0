"""What a source with a price may still read: reserved before each request, from the run's and the month's budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from collectors.engine.drain import Allowance

if TYPE_CHECKING:
    import datetime as dt

    from collectors.source import Source
    from store import Store


def allowance(source: Source, *, store: Store, name: str, budget: int | None, now: dt.datetime) -> Allowance:
    """Posts that this run may read.

    Args:
        source: opened.
        store: knows what earlier runs of the month cost.
        name: of the source.
        budget: posts, in place of the settings' figure per run.
        now: UTC.
    """
    if not source.usd_per_post:
        return Allowance(math.inf)
    posts = budget if budget is not None else source.max_posts_per_run
    if source.max_usd_per_month is not None:
        left = source.max_usd_per_month - cost_of_month(store, name, now=now)
        posts = min(posts, max(left, 0.0) / source.usd_per_post)
    return Allowance(posts)


def estimate(source: Source, allowed: Allowance) -> str:
    """What a run may read and cost at most, in words; empty where posts are free."""
    if not source.usd_per_post:
        return ""
    posts = max(int(allowed.posts_left), 0)
    return f"a run may read up to {posts:,} posts, at most ${posts * source.usd_per_post:,.2f}"


def cost_of_month(store: Store, name: str, *, now: dt.datetime) -> float:
    """US dollars that a source's runs have cost since the first of the month (UTC), as estimated."""
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    runs = store.scan("runs").filter((pl.col("source") == name) & (pl.col("started_at") >= since))
    return float(runs.select(pl.col("cost_usd").sum()).collect().item())

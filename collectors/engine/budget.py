"""What a source with a price or a limit may still read: reserved before each request, from the run's and the month's budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import datetime as dt

    from collectors.source import Source
    from store import Store


@dataclass
class Allowance:
    """Posts that a source may still read in this run."""

    posts_left: float
    set_by: str = ""
    """What sets this number, in words."""

    def limit(self, source: Source) -> int:
        """Posts to ask for; below the source's smallest page when the rest doesn't cover one."""
        return int(min(source.page_size, self.posts_left))

    def why_spent(self, source: Source) -> str:
        """Why nothing can be asked for; empty while something can."""
        if self.limit(source) >= source.smallest_page:
            return ""
        if self.posts_left < 1:
            return f"{self.set_by} is used up"
        return f"{self.set_by} leaves {int(self.posts_left)} posts, and {source.smallest_page} is the least that can be asked for"


def allowance(source: Source, *, store: Store, name: str, budget: int | None, now: dt.datetime) -> Allowance:
    """Posts that this run may read.

    Args:
        source: opened.
        store: knows what earlier runs of the month cost.
        name: of the source.
        budget: posts, in place of the settings' figure per run; where posts are free and unlimited it counts for nothing.
        now: UTC.

    Raises:
        StoreError: what the month cost can't be read.
    """
    posts, set_by = source.max_posts_per_run, f"max_posts_per_run in [sources.{name}]"
    if budget is not None and (source.usd_per_post or math.isfinite(posts)):
        posts, set_by = budget, "the budget of this run"
    if source.usd_per_post and source.max_usd_per_month is not None:
        left = source.max_usd_per_month - store.read(lambda: cost_of_month(store.scan("runs"), name, now=now))
        in_month = round(max(left, 0.0) / source.usd_per_post, 3)  # dollars are no whole numbers
        if in_month < posts:
            posts, set_by = in_month, f"max_usd_per_month in [sources.{name}]"
    return Allowance(posts, set_by)


def estimate(source: Source, allowed: Allowance) -> str:
    """What a run may read and cost at most, in words; empty where there is no limit."""
    if not math.isfinite(allowed.posts_left):
        return ""
    if why := allowed.why_spent(source):
        return f"a run can read none: {why}"
    posts = int(allowed.posts_left)
    cost = f", at most ${posts * source.usd_per_post:,.2f}" if source.usd_per_post else ""
    return f"a run may read up to {posts:,} posts{cost}"


def cost_of_month(runs: pl.LazyFrame, name: str, *, now: dt.datetime) -> float:
    """US dollars that a source's runs (rows of RUNS) have cost since the first of the month (UTC), as estimated."""
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    own = runs.filter((pl.col("source") == name) & (pl.col("started_at") >= since))
    return float(own.select(pl.col("cost_usd").sum()).collect().item())

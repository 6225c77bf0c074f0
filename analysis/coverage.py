"""What there is to measure from, per source and week: the figures' own figures."""

from __future__ import annotations

import polars as pl

from analysis.mentions import mark_once, with_labels
from analysis.schemas import COVERAGE

_KINDS = {"reaction": "reactions", "news": "news", "promo": "promo", "noise": "noise"}


def coverage(posts: pl.LazyFrame, labels: pl.LazyFrame, runs: pl.LazyFrame, *, model: str) -> pl.DataFrame:
    """Posts, labels, kinds and recorded holes of collection per source and week.

    Args:
        posts: POSTS.
        labels: LABELS, of any models.
        runs: RUNS.
        model: whose labels count.

    Returns:
        COVERAGE, sorted by source and week. A week in which a source has a hole but no post has a row of its own.
    """
    of_posts = posts.select("source", "post_id", "text_hash", "week", "created_at")
    labelled = with_labels(of_posts, labels, model=model, how="left")  # edited since: counts as not labelled
    counted = (
        mark_once(labelled, per=())
        .group_by("source", "week")
        .agg(
            pl.len().alias("posts"),
            pl.col("kind").is_not_null().sum().alias("labelled"),
            *((pl.col("kind") == kind).sum().alias(name) for kind, name in _KINDS.items()),
            ((pl.col("kind") == "reaction") & ~pl.col("once")).sum().alias("duplicates"),
            (pl.col("companies").list.len() > 0).sum().alias("with_company"),
        )
    )
    return (
        counted.join(_holes(runs), on=["source", "week"], how="full", coalesce=True)
        .select(
            pl.col(name).cast(dtype) if name in ("source", "week") else pl.col(name).fill_null(0).cast(dtype)
            for name, dtype in COVERAGE.items()
        )
        .sort("source", "week")
        .collect()
    )


def _holes(runs: pl.LazyFrame) -> pl.LazyFrame:
    """source, week, gaps: each hole counts in every week that it touches."""
    monday = pl.col("start").dt.truncate("1w").dt.date()
    # A hole up to Monday, 00:00, does not touch that Monday's week.
    last = pl.max_horizontal("start", pl.col("end") - pl.duration(microseconds=1)).dt.truncate("1w").dt.date()
    return (
        runs.select("source", "gaps")
        .explode("gaps", empty_as_null=False, keep_nulls=False)
        .unnest("gaps")
        .drop_nulls(["start", "end"])
        .select("source", pl.date_ranges(monday, last, "1w").alias("week"))
        .explode("week", empty_as_null=False, keep_nulls=False)
        .group_by("source", "week")
        .agg(pl.len().alias("gaps"))
    )

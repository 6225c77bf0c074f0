"""Posts and labels joined into what figures are made from: one row per post and company."""

from __future__ import annotations

import polars as pl

from analysis.schemas import MENTIONS

_KEY = ("source", "post_id")
_FROM_POSTS = ("created_at", "thread_id", "community", "author", "url", "likes", "text", "week")


def mentions(posts: pl.LazyFrame, labels: pl.LazyFrame, *, model: str) -> pl.LazyFrame:
    """One row per labelled post and company; a post that names none has one row, with company null.

    Args:
        posts: POSTS.
        labels: LABELS, of any models.
        model: whose labels to use.

    Returns:
        MENTIONS. Posts that are not labelled by this model are not in it.
    """
    chosen = labels.filter(pl.col("model") == model).drop("model", "week", "text_hash")
    return (
        posts.select(*_KEY, *_FROM_POSTS)
        .join(chosen, on=_KEY, how="inner")
        .explode("companies", empty_as_null=True, keep_nulls=True)
        .with_columns(
            pl.col("companies").struct.field("company"),
            pl.col("companies").struct.field("found_by"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in MENTIONS.items())
    )

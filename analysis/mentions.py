"""Posts and labels joined into what figures are made from: one row per post and company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from analysis.schemas import MENTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

# A label says what it was made from: one of an earlier text of the post is none of the present one.
_LABEL_OF = ("source", "post_id", "text_hash")
_FROM_POSTS = ("created_at", "thread_id", "community", "author", "url", "likes", "text", "week")


def with_labels(
    posts: pl.LazyFrame, labels: pl.LazyFrame, *, model: str, how: Literal["inner", "left"]
) -> pl.LazyFrame:
    """Posts beside their valid label: this model's, made from the post's present text.

    Args:
        posts: POSTS, at least source, post_id and text_hash.
        labels: LABELS, of any models, less what is not asked for.
        model: whose labels to use.
        how: "left" keeps posts without one.

    Returns:
        The columns of `posts`, then those of `labels` less the week, which is the post's.
    """
    chosen = labels.filter(pl.col("model") == model).drop("week", strict=False)
    return posts.join(chosen, on=_LABEL_OF, how=how)


def mentions(posts: pl.LazyFrame, labels: pl.LazyFrame, *, model: str) -> pl.LazyFrame:
    """One row per labelled post and company; a post that names none has one row, with company null.

    Args:
        posts: POSTS.
        labels: LABELS, of any models.
        model: whose labels to use.

    Returns:
        MENTIONS. Posts that this model did not label, or not with their present text, are not in it.
    """
    return (
        with_labels(posts.select(*_LABEL_OF, *_FROM_POSTS), labels, model=model, how="inner")
        .explode("companies", empty_as_null=True, keep_nulls=True)
        .with_columns(
            pl.col("companies").struct.field("company"),
            pl.col("companies").struct.field("found_by"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in MENTIONS.items())
    )


def mark_once(rows: pl.LazyFrame, *, per: Sequence[str] = ("company",)) -> pl.LazyFrame:
    """The rows with a column `once`: true for reactions that count, false for those that repeat an earlier one.

    Of the posts that say the same, the earliest reaction counts, once for each value of `per`: two people who say it of two
    companies count for one each, a headline hides no reaction, and a post that is gone hides none of its copies.

    Args:
        rows: MENTIONS, a row per post and value of `per`.
        per: () where a post has one row, whatever it names.

    Returns:
        `rows` from the earliest on, and `once`.
    """
    reaction = pl.col("kind") == "reaction"
    cluster = pl.coalesce("duplicate_of", pl.concat_str("source", "post_id", separator=":"))
    first = pl.struct(reaction.alias("reaction"), cluster.alias("cluster"), *per).is_first_distinct()
    return rows.sort("created_at", "source", "post_id").with_columns((reaction & first).alias("once"))


def reactions_once(rows: pl.LazyFrame) -> pl.LazyFrame:
    """MENTIONS of the reactions that figures by company count, from the earliest on."""
    return mark_once(rows).filter("once").drop("once")

"""Which posts have to be labelled, and why: the stored labels compared with what they were made from.

Three fingerprints decide. `text_hash` is the post's own; `context_hash` covers what else the model reads (the platform and the thread's
title); `rules_hash` what the rules go by beside those (the settings, the platform's language hint) and what decides between
duplicates (time, author). A label that lacks only the last keeps what the model said.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from analysis.language import LANGUAGES
from analysis.mentions import with_labels

if TYPE_CHECKING:
    from analysis.settings import LabelSettings

KEY = ("source", "post_id")
#: Raise it when the rules themselves (companies, themes, language, duplicates) may decide otherwise than before.
RULES_VERSION = 4

_IS_COMMENT = pl.col("thread_id").is_not_null() & (pl.col("thread_id") != pl.col("post_id"))

FINGERPRINTS = pl.Schema(
    {
        "source": pl.String,
        "post_id": pl.String,
        "week": pl.Date,
        "thread_title": pl.String,  # ? title of the thread that a comment hangs in
        "model_title": pl.String,  # ? the title that the model reads: the thread's, else the post's own
        "text_hash": pl.String,
        "context_hash": pl.String,
        "rules_hash": pl.String,
    }
)


def settings_digest(settings: LabelSettings) -> str:
    """Changes with anything in the settings that rules go by."""
    content = f"{RULES_VERSION}\n{','.join(LANGUAGES)}\n{settings.model_dump_json()}"
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def fingerprints(posts: pl.LazyFrame, *, rules: str) -> pl.DataFrame:
    """What each post's label has to be made from.

    Args:
        posts: POSTS; the texts are not read.
        rules: from `settings_digest`.

    Returns:
        FINGERPRINTS, a row per post.
    """
    titles = posts.filter(pl.col("title").is_not_null()).select(
        "source", pl.col("post_id").alias("thread_id"), pl.col("title").alias("thread_title")
    )
    rows = (
        posts.select(*KEY, "week", "thread_id", "title", "text_hash", "lang_hint", "created_at", "author")
        .join(titles, on=["source", "thread_id"], how="left")
        # An export may repeat the thread's title on its comments; the first post's own is the better one.
        .with_columns(pl.when(_IS_COMMENT).then(pl.coalesce("thread_title", "title")).alias("thread_title"))
        .with_columns(pl.coalesce("thread_title", "title").alias("model_title"))
        .with_columns(
            pl.concat_str("source", pl.col("model_title").fill_null("\0"), separator="\n").alias("context_hash"),
            _what_rules_go_by(rules),
        )
        .select(FINGERPRINTS.names())
        .collect(engine="streaming")
    )
    return rows.with_columns(_digest(rows["context_hash"]), _digest(rows["rules_hash"]))


def _what_rules_go_by(rules: str) -> pl.Expr:
    """What `rules_hash` is the digest of."""
    return pl.concat_str(
        pl.lit(rules),
        _IS_COMMENT,
        pl.col("lang_hint").fill_null(""),
        pl.col("created_at").dt.epoch("us"),
        pl.col("author").fill_null(""),
        separator="\n",
    ).alias("rules_hash")


def outdated(posts: pl.LazyFrame, labels: pl.LazyFrame, *, settings: LabelSettings, model: str) -> int:
    """Posts whose label is of their present text but of other rules, such as companies since renamed: less than `compare` reads.

    Args:
        posts: POSTS.
        labels: LABELS, of any models.
        settings: what the rules go by now.
        model: whose labels count.
    """
    made_from = posts.select(*KEY, "text_hash", "thread_id", "lang_hint", "created_at", "author").with_columns(
        _what_rules_go_by(settings_digest(settings))
    )
    made_by = labels.select(*KEY, "text_hash", "model", stored="rules_hash")
    rows = with_labels(made_from, made_by, model=model, how="inner").select("rules_hash", "stored")
    found = rows.collect(engine="streaming")
    return int(_digest(found["rules_hash"]).ne_missing(found["stored"]).sum())


def _digest(values: pl.Series) -> pl.Series:
    """A short stable digest of each value; polars' own hash may differ between its versions."""
    digests = [hashlib.blake2b(value.encode(), digest_size=8).hexdigest() for value in values]
    return pl.Series(values.name, digests, dtype=pl.String)


def compare(wanted: pl.DataFrame, labels: pl.LazyFrame, *, model: str) -> pl.DataFrame:
    """What is to be done with each post: column `todo` is "model", "rules" or "nothing".

    Args:
        wanted: FINGERPRINTS.
        labels: LABELS, of any models.
        model: revision of the classifier; labels of others don't count.

    Returns:
        `wanted` with `todo`.
    """
    stored = (
        labels.filter(pl.col("model") == model)
        .select(*KEY, "week", "text_hash", "context_hash", "rules_hash")
        .collect(engine="streaming")
    )
    # A post whose time was corrected into another week is read again: its old label lies in the old week.
    same_reading = pl.all_horizontal(
        pl.col(name) == pl.col(f"{name}_stored") for name in ("text_hash", "context_hash", "week")
    )
    same_rules = pl.col("rules_hash") == pl.col("rules_hash_stored")
    return (
        wanted.join(stored, on=KEY, how="left", suffix="_stored", maintain_order="left")
        .with_columns(
            pl.when(~same_reading.fill_null(value=False))
            .then(pl.lit("model"))
            .when(~same_rules.fill_null(value=False))
            .then(pl.lit("rules"))
            .otherwise(pl.lit("nothing"))
            .alias("todo")
        )
        .select(*FINGERPRINTS.names(), "todo")
    )

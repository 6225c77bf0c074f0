"""What only one platform's exports need: ids out of links, threads, whole texts. Pure, row by row, whatever the batch."""

from __future__ import annotations

import re

import polars as pl

from collectors.wire import plain_text

# urn:li:activity:7123…, also percent-encoded once or twice, and …-activity-7123… in readable links.
_URN = r"(?i)(?:activity|ugcPost|share)(?::|-|%3A|%253A)(\d{6,})"
_REDDIT_PREFIX = r"^t[1-6]_"
_HTML = re.compile(
    r"</?(?:p|br|a|span|i|b|em|strong|pre|code|ul|ol|li|blockquote)\b[^>]*>|&(?:#\w+|\w+);", re.IGNORECASE
)
_TITLE_CHARS = 300  # Reddit's own limit
_GONE = ["[deleted]", "[removed]"]


def apply_platforms(frame: pl.DataFrame) -> pl.DataFrame:
    """Derive ids, threads and texts from what the platform's exports say elsewhere. Columns as `pick` gives them."""
    frame = frame.with_columns(pl.col("created_at").is_null().alias("timeless"))
    for source, derive in _DERIVATIONS:
        part = pl.col("source") == source
        if frame.select(part.any()).item():
            derived = derive(frame)
            frame = frame.with_columns(
                pl.when(part).then(derived[name]).otherwise(pl.col(name)).alias(name)
                for name in frame.columns
                if name != "source"
            )
    return frame.drop("timeless")


def _reddit(frame: pl.DataFrame) -> pl.DataFrame:
    bare = [pl.col(name).str.replace(_REDDIT_PREFIX, "") for name in ("post_id", "parent_id", "thread_id")]
    frame = frame.with_columns(
        *bare,
        pl.col("post_id").str.starts_with("t1_").fill_null(value=False).alias("is_comment"),
        pl.when(pl.col("url").str.starts_with("/r/"))
        .then("https://www.reddit.com" + pl.col("url"))
        .otherwise("url")
        .alias("url"),
    )
    frame = frame.with_columns(
        pl.coalesce("thread_id", pl.col("url").str.extract(r"/comments/([a-z0-9]+)")).alias("thread_id")
    )
    kind = pl.col("post_type").str.to_lowercase()
    other_thread = (pl.col("thread_id") != pl.col("post_id")).fill_null(value=False)
    frame = frame.with_columns((pl.col("is_comment") | (kind == "comment").fill_null(other_thread)).alias("is_comment"))
    first_line = pl.col("text").str.split_exact("\n", 1).struct.field("field_0").str.strip_chars()
    has_more = pl.col("text").str.contains("\n", literal=True)
    title = pl.coalesce("title", pl.when(has_more & (first_line.str.len_chars() <= _TITLE_CHARS)).then(first_line))
    frame = frame.with_columns(pl.when("is_comment").then("title").otherwise(title).alias("title"))
    # A deleted post keeps its title, which says too little to be read as a post.
    text = pl.when(pl.col("text").str.strip_chars().is_in(_GONE).fill_null(value=False).not_()).then("text")
    return frame.with_columns(
        text.alias("text"),
        pl.when("is_comment").then("thread_id").otherwise("post_id").alias("thread_id"),
        pl.col("community").str.replace("^/?r/", ""),
        pl.when(~pl.col("author").is_in(_GONE)).then("author").alias("author"),
        pl.when("is_comment").then(pl.lit("comment")).otherwise(pl.lit("post")).alias("post_type"),
    ).drop("is_comment")


def _linkedin(frame: pl.DataFrame) -> pl.DataFrame:
    number = pl.coalesce(pl.col("post_id").str.extract(_URN), pl.col("url").str.extract(_URN))
    comment = (pl.col("post_type") == "comment").fill_null(value=False)
    # An export may wrap each line of a text in quotes of its own: ’First"\n"Second’.
    text = pl.col("text")
    text = pl.when(text.str.contains('"\n"', literal=True)).then(text.str.replace_all('"?\n"?', "\n")).otherwise(text)
    from_id = (number.cast(pl.Int64, strict=False) // 2**22).cast(pl.String)
    return frame.with_columns(
        # A member's comments come without an id of their own; the link is the post's.
        pl.when(~comment).then(pl.coalesce(number, "post_id")).otherwise("post_id").alias("post_id"),
        pl.coalesce("thread_id", number).alias("thread_id"),
        pl.when(pl.col("timeless") & ~comment).then(from_id).otherwise("created_at").alias("created_at"),
        text.alias("text"),
    )


def _x(frame: pl.DataFrame) -> pl.DataFrame:
    replied = r'"type": *"replied_to", *"id": *"(\d+)"', r'"id": *"(\d+)", *"type": *"replied_to"'
    return frame.with_columns(
        # An edit within 30 minutes gets a new id: the first one names the post.
        pl.coalesce(pl.col("first_edit_ids").str.extract(r"(\d+)"), "post_id").alias("post_id"),
        pl.coalesce("parent_id", *(pl.col("references").str.extract(form) for form in replied)).alias("parent_id"),
    )


def _markup(frame: pl.DataFrame) -> pl.DataFrame:
    """Dumps of these platforms hold HTML, in which a name may stand apart from its @."""
    return frame.with_columns(
        pl.Series(
            name, [plain_text(value) if value and _HTML.search(value) else value for value in frame[name]], pl.String
        )
        for name in ("title", "text")
    )


_DERIVATIONS = (
    ("reddit", _reddit),
    ("linkedin", _linkedin),
    ("x", _x),
    ("mastodon", _markup),
    ("hackernews", _markup),
)

"""The one gate that every post passes, from a file or live: checked, masked, pseudonymised, then a row of `posts`."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from store import POSTS, UTC, week_of

if TYPE_CHECKING:
    from store import Privacy

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String,
    "post_id": pl.String,
    "thread_id": pl.String,  # ?
    "parent_id": pl.String,  # ?
    "url": pl.String,  # ?
    "author": pl.String,  # ? as the platform says it
    "created_at": UTC,
    "created_at_estimated": pl.Boolean,  # ? null = stated
    "collected_at": UTC,
    "lang_hint": pl.String,  # ?
    "community": pl.String,  # ?
    "title": pl.String,  # ? see `with_title`
    "text": pl.String,
    "likes": pl.Int64,  # ?
    "replies": pl.Int64,  # ?
    "reposts": pl.Int64,  # ?
    "query": pl.String,  # ?
    "row": pl.Int64,  # ? row of a file, or position in what was fetched: only to name it when it is refused
}
#: What a collector hands over. A `?` marks what may be null without the row being refused.
RAW = pl.Schema(_COLUMNS)
#: Why a row is refused that says nothing.
NO_TEXT = "no text"
REJECTED = pl.Schema({"row": pl.Int64, "source": pl.String, "post_id": pl.String, "reason": pl.String})

#: An id that went through a spreadsheet, 1.98346E+18: many posts share what is left of theirs.
ROUNDED_ID = r"^\d+(?:[.,]\d+[eE]\+?|[eE]\+)\d{1,2}$"
EARLIEST = dt.datetime(2004, 1, 1, tzinfo=dt.UTC)  # before the oldest of the platforms
#: Five times what the most generous platform takes: of a file whose quotes are broken, the rest of it is one text.
LONGEST = 200_000
_SLACK = dt.timedelta(days=1)  # clocks and zones differ
_FREE_TEXT = ("title", "text", "community", "query")


@dataclass(frozen=True)
class Normalised:
    """What came through the gate and what did not."""

    posts: pl.DataFrame
    """POSTS."""
    rejected: pl.DataFrame
    """REJECTED, in the order of `raw`."""


def with_title(text: pl.Expr, title: pl.Expr) -> pl.Expr:
    """The whole of a thread's first post: its title, then its text; the title is not doubled where the text begins with it."""
    title, text = title.str.strip_chars(), text.str.strip_chars()
    begins = text.str.starts_with(title)
    return (
        pl.when(title.is_null() | (title == "") | begins)
        .then(text)
        .when(text.is_null() | (text == ""))
        .then(title)
        .otherwise(title + "\n\n" + text)
    )


def _reason() -> pl.Expr:
    """Why a row can't be stored; null for a good one. Nothing can be written more than a day after `now`."""
    now, created, collected = pl.col("now"), pl.col("created_at"), pl.col("collected_at")
    said = created.dt.to_string("%Y-%m-%d")
    # A letter, digit, sign or emoji: a text of spaces, controls and zero-width characters says nothing.
    says_something = pl.col("text").str.contains(r"[^\s\p{C}]")
    return (
        pl.when(says_something.fill_null(value=False).not_())
        .then(pl.lit(NO_TEXT))
        .when(pl.col("text").str.len_chars() > LONGEST)
        .then(
            pl.format(
                "a text of {} characters, and no platform takes more than {}: a quote in the file may be missing",
                pl.col("text").str.len_chars(),
                pl.lit(LONGEST),
            )
        )
        .when(pl.col("source").fill_null("") == "")
        .then(pl.lit("no source"))
        .when(created.is_null())
        .then(pl.lit("no readable time"))
        .when(pl.col("post_id").fill_null("") == "")
        .then(pl.lit("no id"))
        .when(pl.col("post_id").str.contains(ROUNDED_ID))
        .then(pl.lit("the id was rounded by a spreadsheet: export again, with the column of ids as text"))
        .when(created < EARLIEST)
        .then(pl.format("impossible time: {} is before 2004", said))
        .when(created > now + _SLACK)
        .then(pl.format("impossible time: {} is in the future", said))
        .when(collected.is_null())
        .then(pl.lit("no time of collection"))
        .when(created > collected + _SLACK)
        .then(pl.format("impossible time: {} is after it was collected ({})", said, collected.dt.to_string("%Y-%m-%d")))
        .when(collected > now + _SLACK)
        .then(pl.lit("impossible time of collection: in the future"))
    )


@functools.cache  # not at import: it starts the threads of polars, which a process forked later would wait for in vain
def _steps() -> tuple[dict[str, pl.Expr], ...]:
    """What is done to every row, one step after the other. A live page is small: to put these together takes as long as to carry them out."""
    return (
        {name: pl.col(name).str.replace_all("\x00", "", literal=True) for name in _FREE_TEXT},
        {name: pl.col(name).str.strip_chars() for name in ("text", "title", "post_id", "source")},
        {
            "reason": _reason(),
            "week": week_of(pl.col("created_at")),
            "created_at_estimated": pl.col("created_at_estimated").fill_null(value=False),
            "title": pl.when(pl.col("title") != "").then("title"),
        },
    )


def to_posts(
    raw: pl.DataFrame, *, privacy: Privacy, keep_handles: frozenset[str], now: dt.datetime | None = None
) -> Normalised:
    """Turn raw posts into rows of `posts`; never makes up a time.

    Args:
        raw: RAW.
        privacy: masks and pseudonyms of this data folder.
        keep_handles: accounts of companies, without @, that stay readable.
        now: UTC-aware; nothing can be written more than a day after it. Default: the clock.

    Returns:
        Posts, and the rows refused with their reason: no text, no id, no source, no time or an impossible one.
    """
    now = now or dt.datetime.now(dt.UTC)
    steps = ({"now": pl.lit(now, UTC)}, *_steps())
    rows = functools.reduce(
        lambda frame, step: frame.with_columns(**step), steps, raw.lazy().select(RAW.names()).cast(RAW)
    ).collect()
    rejected = rows.filter(pl.col("reason").is_not_null()).select(REJECTED.names())
    good = rows.filter(pl.col("reason").is_null()) if rejected.height else rows
    good = good.with_columns(privacy.pseudonyms(good))
    good = privacy.mask_frame(good, keep_handles=keep_handles)
    good = good.with_columns(_text_hashes(good).alias("text_hash"))
    return Normalised(posts=good.lazy().select(POSTS.names()).cast(POSTS).collect(), rejected=rejected)


def _text_hashes(posts: pl.DataFrame) -> pl.Series:
    """16 hex characters over the stored text and title, so that an edit of either shows."""
    joined = posts.select(pl.concat_str("text", pl.lit("\x00"), pl.col("title").fill_null("")))
    return pl.Series(
        [blake2b(value.encode(), digest_size=8).hexdigest() for value in joined.to_series()], dtype=pl.String
    )

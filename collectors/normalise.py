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
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ESCAPED = r"\\([\\`*_{}\[\]()#+.!~^>|-])"
_SLACK = dt.timedelta(days=1)  # clocks and zones differ


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


def _faults() -> tuple[tuple[pl.Expr, pl.Expr], ...]:
    """What keeps a row from being stored, and what is said of it then; the first that holds counts."""
    now, created, collected = pl.col("now"), pl.col("created_at"), pl.col("collected_at")
    said, length = created.dt.to_string("%Y-%m-%d"), pl.col("text").str.len_chars()
    # A letter, digit, sign or emoji: a text of spaces, controls and zero-width characters says nothing.
    says_something = pl.col("text").str.contains(r"[^\s\p{C}]")
    return (
        (says_something.fill_null(value=False).not_(), pl.lit(NO_TEXT)),
        (
            length > LONGEST,
            pl.format(
                "a text of {} characters, and no platform takes more than {}: a quote in the file may be missing",
                length,
                pl.lit(LONGEST),
            ),
        ),
        (pl.col("source").fill_null("") == "", pl.lit("no source")),
        (created.is_null(), pl.lit("no readable time")),
        (pl.col("post_id").fill_null("") == "", pl.lit("no id")),
        (
            pl.col("post_id").str.contains(ROUNDED_ID),
            pl.lit("the id was rounded by a spreadsheet: export again, with the column of ids as text"),
        ),
        (created < EARLIEST, pl.format("impossible time: {} is before 2004", said)),
        (created > now + _SLACK, pl.format("impossible time: {} is in the future", said)),
        (collected.is_null(), pl.lit("no time of collection")),
        (
            created > collected + _SLACK,
            pl.format("impossible time: {} is after it was collected ({})", said, collected.dt.to_string("%Y-%m-%d")),
        ),
        (collected > now + _SLACK, pl.lit("impossible time of collection: in the future")),
    )


def as_written(name: str) -> pl.Expr:
    """A column of texts as their authors wrote them: X and Reddit give & < > as entities, and Reddit puts a backslash before signs of markdown.

    Left in, they would hide accounts with an underscore from masks, and AT&T, there AT&amp;T, from the search for employers. Beside it stands `source`.
    """
    said = _without_nul(name)
    plain = said.str.replace_many(_ENTITIES)
    return (
        pl.when(pl.col("source") == "x")
        .then(plain)
        .when(pl.col("source") == "reddit")
        .then(plain.str.replace_all(_ESCAPED, "${1}"))
        .otherwise(said)
    )


def _without_nul(name: str) -> pl.Expr:
    return pl.col(name).str.replace_all("\x00", "", literal=True)


@functools.cache  # not at import: it starts the threads of polars, which a process forked later would wait for in vain
def _steps() -> tuple[dict[str, pl.Expr], ...]:
    """What is done to every row, one step after the other. A live page is small: to put these together takes as long as to carry them out."""
    return (
        {
            **{name: pl.col(name).str.strip_chars() for name in ("source", "post_id")},
            **{name: _without_nul(name) for name in ("community", "query")},
            **{name: as_written(name).str.strip_chars() for name in ("title", "text")},
        },
        {
            "refused": pl.any_horizontal(fault for fault, _ in _faults()).fill_null(value=False),
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
    raw = raw if raw.schema == RAW else raw.select(RAW.names()).cast(RAW)
    # An instant goes in as a number: polars takes a time from Python apart by an expression of its own.
    steps = ({"now": pl.lit(round(now.timestamp() * 1e6)).cast(UTC)}, *_steps())
    rows = functools.reduce(lambda frame, step: frame.with_columns_seq(**step), steps, raw)
    good, rejected = rows, REJECTED.to_frame()
    if rows["refused"].any():
        good, bad = rows.filter(~pl.col("refused")), rows.filter("refused")
        reason = pl.coalesce(pl.when(fault).then(reason) for fault, reason in _faults())
        rejected = bad.with_columns(reason=reason).select(REJECTED.names())
    masked = privacy.mask_frame(good, keep_handles=keep_handles)
    own = {"author": privacy.pseudonyms(good), "text_hash": _text_hashes(masked["text"], masked["title"])}
    return Normalised(pl.DataFrame([own[name] if name in own else masked[name] for name in POSTS]), rejected)


def _text_hashes(texts: pl.Series, titles: pl.Series) -> pl.Series:
    """16 hex characters over the stored text and title, so that an edit of either shows."""
    stored = zip(texts.to_list(), titles.to_list(), strict=True)
    hashes = [blake2b(f"{text}\x00{title or ''}".encode(), digest_size=8).hexdigest() for text, title in stored]
    return pl.Series("text_hash", hashes, pl.String)

"""From a batch under our names to RAW posts: typed values, keys for rows without one, rows that are left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.batches import ROW
from collectors.files.platforms import apply_platforms
from collectors.files.shapes import with_source
from collectors.normalise import EARLIEST, RAW, ROUNDED_ID, with_title
from store import UTC

if TYPE_CHECKING:
    import datetime as dt

    from collectors.files.links import Links
    from collectors.files.shapes import Shape
    from collectors.files.times import TimeReader
    from store import Privacy

_COUNTS = ("likes", "replies", "reposts")


@dataclass(frozen=True)
class Plan:
    """What was decided about a file from its first batch, the same for all its rows; `links` alone goes with them."""

    shape: Shape | None
    fallback_source: str | None
    times: TimeReader
    modified_at: dt.datetime
    query: str
    links: Links
    network_posts: bool
    privacy: Privacy


@dataclass(frozen=True)
class RawBatch:
    """RAW rows, for what reasons how many were left out on purpose, and how many cells could not be read."""

    frame: pl.DataFrame
    left_out: Counter[str]
    unread_counts: int
    """Cells of likes, replies and reposts that hold no number, such as "1,5", "1.234" or "2.1K": null in `frame`."""


def to_raw(picked: pl.DataFrame, plan: Plan) -> RawBatch:
    """Rows as `pick` gives them → RAW. The same row gives the same post in any batch, after the same rows before it."""
    frame = with_source(picked, fallback=plan.fallback_source, shape=plan.shape)
    frame = frame.with_columns(_plain_id(name) for name in ("post_id", "thread_id", "parent_id"))
    frame = frame.with_columns(
        pl.when(pl.col(name).str.contains(ROUNDED_ID).not_()).then(name).alias(name)
        for name in ("thread_id", "parent_id")
    )
    if plan.shape and plan.shape.post_type:
        frame = frame.with_columns(pl.coalesce("post_type", pl.lit(plan.shape.post_type)).alias("post_type"))
    frame = apply_platforms(frame, links=plan.links, network_posts=plan.network_posts)
    left_out = Counter(frame["left_out"].drop_nulls())
    frame = frame.filter(pl.col("left_out").is_null())
    said = _filled(frame)
    created, date_only = plan.times.parse(frame["created_at"])
    stated, _ = plan.times.parse(frame["collected_at"])
    own_title = (pl.col("source") == "reddit") & (pl.col("post_type") != "comment")
    whole = with_title(pl.col("text"), pl.col("title"))
    frame = frame.with_columns(
        pl.coalesce("post_id", _made_keys(frame, whole, created, privacy=plan.privacy)).alias("post_id"),
        created.alias("created_at"),
        (pl.col("time_from_id") | date_only).alias("created_at_estimated"),
        stated.alias("collected_at"),
        # A title alone is a post elsewhere; on Reddit it is the first line of one.
        pl.when(own_title | pl.col("text").is_null()).then(whole).otherwise("text").alias("text"),
        pl.col("lang_hint").str.to_lowercase(),
        *map(_count, _COUNTS),
        pl.lit(plan.query).alias("query"),
        pl.col(ROW).alias("row"),
    )
    # A file's own time is that of its collection, except where a row shows it wrong.
    assumed = pl.max_horizontal(pl.lit(plan.modified_at).cast(UTC), "created_at")
    frame = frame.with_columns(pl.coalesce("collected_at", assumed).alias("collected_at"))
    return RawBatch(frame.select(RAW.names()).cast(RAW), left_out, said - _filled(frame))


def _filled(frame: pl.DataFrame) -> int:
    """Cells of counts that say something."""
    return sum(frame.height - frame[name].null_count() for name in _COUNTS)


def _count(name: str) -> pl.Expr:
    """A whole number, also with its thousands set off by commas or behind it ".0", as of a column that was read as numbers.

    "1.234" and "1,5" are other languages' thousands and one and a half: unread, as a wrong count is worse than none.
    """
    said = pl.col(name).str.strip_chars()
    grouped = said.str.contains(r"^\d{1,3}(,\d{2,3})*,\d{3}(\.0*)?$")
    whole = said.str.contains(r"^[+-]?\d+(\.0*)?$")
    plain = pl.when(grouped).then(said.str.replace_all(",", "", literal=True)).otherwise(pl.when(whole).then(said))
    return plain.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).alias(name)


def _plain_id(name: str) -> pl.Expr:
    """Without the ".0" of a column that was read as numbers."""
    return pl.col(name).str.strip_chars().str.replace(r"^(\d+)\.0$", "$1")


def _made_keys(frame: pl.DataFrame, whole: pl.Expr, created: pl.Series, *, privacy: Privacy) -> pl.Series:
    """For rows without an id: a hash of link, time, title, text and author; null where there is neither link nor time.

    Two people who write the same in one minute, or on a day without a time of day, are two posts. The author is there as a pseudonym,
    as a bare name would be found out by trying names: so keys of posts with an author hold under one secret alone.
    """
    keyless = frame["post_id"].is_null() & (frame["url"].is_not_null() | created.is_not_null())
    keys: list[str | None] = [None] * frame.height
    if keyless.any():
        authors = privacy.pseudonyms(frame.select("source", "author", pl.lit(EARLIEST.date()).alias("week")))
        parts = frame.select(
            pl.concat_str(
                pl.col("url").fill_null("").str.strip_chars(),
                created.dt.timestamp("us").cast(pl.String).fill_null(""),
                whole.fill_null("").str.strip_chars(),
                authors.fill_null(""),
                separator="\x00",
            )
        ).to_series()
        for index in keyless.arg_true():
            keys[index] = "h-" + blake2b(parts[index].encode(), digest_size=10).hexdigest()
    return pl.Series("post_id", keys, pl.String)

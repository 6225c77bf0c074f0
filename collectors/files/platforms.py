"""What only one platform's exports need: ids out of links, threads, whole texts. Row by row, whatever the batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from collectors.reddit_pages import GONE
from collectors.wire import plain_text
from store import ids_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from collectors.files.links import Links

_POST_URN = r"(?i)(?:activity|ugcPost|share)(?::|-|%3A|%253A)(\d{16,20})"
_REDDIT_PREFIX = r"^t[1-6]_"
_HTML = re.compile(
    r"</?(?:p|br|a|span|i|b|em|strong|pre|code|ul|ol|li|blockquote)\b[^>]*>|&(?:#\w+|\w+);", re.IGNORECASE
)
_TITLE_CHARS = 300  # Reddit's own limit
_NOBODY = ("none", "null", "nan")  # as some tools write an empty cell
_NETWORK_ONLY = ("MEMBER_NETWORK", "CONNECTIONS")
_SNOWFLAKES_FROM = 29_700_859_247  # X's first id that holds its time; those before count up
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657

#: Why a row that could be read is no post of ours.
NETWORK_ONLY = "visible to the member's own network only"
REMOVED = "removed from its platform"


def apply_platforms(frame: pl.DataFrame, *, links: Links, network_posts: bool = False) -> pl.DataFrame:
    """Derive ids, threads, times and texts from what the platform's exports say elsewhere.

    Args:
        frame: columns as `pick` gives them, with stored names as `source`.
        links: what links lead to, by what is stored and by the rows before.
        network_posts: keep LinkedIn posts that only the member's network may see.

    Returns:
        The frame and two columns more: time_from_id (Boolean, about when a post was written) and left_out (String, why a row is left out;
        null where it isn't).
    """
    frame = frame.with_columns(
        pl.lit(value=False).alias("time_from_id"),
        pl.lit(None, pl.String).alias("left_out"),
    )
    keyless = frame.select(pl.all_horizontal(pl.col("post_id", "uri").is_null())).to_series()
    said = frame.select("title", "text", "created_at")
    for source, derive in _DERIVATIONS:
        part = pl.col("source") == source
        if frame.select(part.any()).item():
            derived = derive(frame)
            frame = frame.with_columns(
                pl.when(part).then(derived[name]).otherwise(pl.col(name)).alias(name)
                for name in frame.columns
                if name != "source"
            )
    if network_posts:
        frame = frame.with_columns(pl.when(pl.col("left_out") != NETWORK_ONLY).then("left_out").alias("left_out"))
    keyless &= said.select(pl.any_horizontal(pl.col("title", "text").is_not_null())).to_series()
    linked = keyless & frame["post_id"].is_not_null() & frame["left_out"].is_null()
    rows = frame.select("source", "post_id", "thread_id", "title", "text", said["created_at"])
    others = links.of_others(rows, linked=linked)
    # What answers on Reddit has no title: its text's first line is part of the text.
    comment = others & (frame["source"] == "reddit").fill_null(value=False)
    return frame.with_columns(
        pl.when(~others).then("post_id").alias("post_id"),
        pl.coalesce("thread_id", pl.when(others).then("post_id")).alias("thread_id"),
        pl.when(comment).then(said["title"]).otherwise("title").alias("title"),
        pl.when(comment).then(pl.lit("comment")).otherwise("post_type").alias("post_type"),
    )


def _own_ids(frame: pl.DataFrame, source: str) -> list[pl.Series]:
    """post_id, thread_id and parent_id: links and URNs among them as the ids that they name."""
    columns = [frame[name] for name in ("post_id", "thread_id", "parent_id")]
    named = [ids_in(column, source) for column in columns]
    return [own.zip_with(own.is_not_null(), said) for own, said in zip(named, columns, strict=True)]


def _linked(source: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What goes for every platform: a post without an id has the one that its link names."""

    def derive(frame: pl.DataFrame) -> pl.DataFrame:
        frame = frame.with_columns(_own_ids(frame, source))
        linked = ids_in(frame["url"], source)
        # An answer may come with the link of what it answers.
        own = pl.when((linked == pl.col("parent_id")).fill_null(value=False).not_()).then(linked)
        return frame.with_columns(pl.coalesce("post_id", own).alias("post_id"))

    return derive


def _reddit(frame: pl.DataFrame) -> pl.DataFrame:
    said_comment = (
        pl.col("post_id").str.starts_with("t1_").fill_null(value=False)
        | (pl.col("post_type").str.to_lowercase() == "comment").fill_null(value=False)
        | pl.col("parent_id").is_not_null()
    )
    submission = pl.col("post_id").str.starts_with("t3_").fill_null(value=False) | pl.col("post_type").is_not_null()
    frame = frame.with_columns(said_comment.alias("is_comment"), submission.alias("is_submission"))
    frame = frame.with_columns(_own_ids(frame, "reddit"))
    thread = frame["url"].str.extract(r"/comments/([a-z0-9]+)")
    # Reddit's own tables call a comment's text body, and a submission's selftext, beside a title.
    body = pl.col("body").is_not_null() & pl.all_horizontal(pl.col("title", "selftext").is_null())
    of_thread = (pl.coalesce("post_id", thread) == thread).fill_null(value=False)
    frame = frame.with_columns(
        (pl.col("is_comment") | (body & ~pl.col("is_submission") & ~of_thread)).alias("is_comment")
    )
    linked = ids_in(frame["url"], "reddit")
    # A comment may come with the link of its thread.
    own = pl.when(~pl.col("is_comment") | (linked != thread)).then(linked)
    frame = frame.with_columns(pl.coalesce("post_id", own).alias("post_id"))
    frame = frame.with_columns(
        *(pl.col(name).str.replace(_REDDIT_PREFIX, "") for name in ("post_id", "parent_id", "thread_id")),
        pl.when(pl.col("url").str.starts_with("/r/"))
        .then("https://www.reddit.com" + pl.col("url"))
        .otherwise("url")
        .alias("url"),
    )
    frame = frame.with_columns(pl.coalesce("thread_id", thread).alias("thread_id"))
    other_thread = (pl.col("thread_id") != pl.col("post_id")).fill_null(value=False)
    frame = frame.with_columns(
        (pl.col("is_comment") | (pl.col("post_type").is_null() & other_thread)).alias("is_comment")
    )
    first_line = pl.col("text").str.split_exact("\n", 1).struct.field("field_0").str.strip_chars()
    has_more = pl.col("text").str.contains("\n", literal=True)
    title = pl.coalesce("title", pl.when(has_more & (first_line.str.len_chars() <= _TITLE_CHARS)).then(first_line))
    gone = (
        pl.col("removed_by").str.to_lowercase().is_in(_NOBODY).not_().fill_null(value=False)
        | pl.col("text").str.contains(GONE).fill_null(value=False)
        | (pl.col("text").is_null() & pl.col("title").str.contains(GONE).fill_null(value=False))
    )
    return frame.with_columns(
        pl.when("is_comment").then("title").otherwise(title).alias("title"),
        # What is left of a removed post is its title, which says too little to be read as a post.
        pl.when(gone).then(pl.lit(REMOVED)).alias("left_out"),
        pl.when("is_comment").then("thread_id").otherwise("post_id").alias("thread_id"),
        pl.col("community").str.replace("^/?r/", ""),
        pl.when(~pl.col("author").str.contains(GONE)).then("author").alias("author"),
        pl.when("is_comment").then(pl.lit("comment")).otherwise(pl.lit("post")).alias("post_type"),
    ).drop("is_comment", "is_submission")


def _linkedin(frame: pl.DataFrame) -> pl.DataFrame:
    post = pl.coalesce(pl.col("post_id").str.extract(_POST_URN), pl.col("url").str.extract(_POST_URN))
    comment = (pl.col("post_type") == "comment").fill_null(value=False)
    named, linked = ids_in(frame["post_id"], "linkedin"), ids_in(frame["url"], "linkedin")
    # A member's comments may come with the link of the post alone.
    own = pl.coalesce(*(pl.when(~comment | (number != post)).then(number) for number in (named, linked)))
    # An export may wrap each line of a text in quotes of its own: ’First"\n"Second’.
    text = pl.col("text")
    text = pl.when(text.str.contains('"\n"', literal=True)).then(text.str.replace_all('"?\n"?', "\n")).otherwise(text)
    timeless = pl.col("created_at").is_null()
    written = _iso(own.cast(pl.Int64, strict=False) // 2**22)
    hidden = pl.col("visibility").str.to_uppercase().is_in(_NETWORK_ONLY).fill_null(value=False)
    return frame.with_columns(
        pl.coalesce(own, "post_id").alias("post_id"),
        pl.coalesce("thread_id", post).alias("thread_id"),
        pl.when(timeless).then(written).otherwise("created_at").alias("created_at"),
        timeless.alias("time_from_id"),
        text.alias("text"),
        pl.when(hidden).then(pl.lit(NETWORK_ONLY)).alias("left_out"),
    )


def _x(frame: pl.DataFrame) -> pl.DataFrame:
    replied = r'"type": *"replied_to", *"id": *"(\d+)"', r'"id": *"(\d+)", *"type": *"replied_to"'
    frame = _linked("x")(frame)
    # An edit within 30 minutes gets a new id: the first one names the post.
    own = pl.coalesce(pl.col("first_edit_ids").str.extract(r"(\d+)"), "post_id")
    number = own.cast(pl.Int64, strict=False)
    # To the millisecond, and as exact as a stated time.
    written = pl.when(number > _SNOWFLAKES_FROM).then(_iso((number // 2**22) + _SNOWFLAKE_EPOCH_MS))
    return frame.with_columns(
        own.alias("post_id"),
        pl.coalesce("parent_id", *(pl.col("references").str.extract(form) for form in replied)).alias("parent_id"),
        pl.coalesce("created_at", written).alias("created_at"),
    )


def _iso(milliseconds: pl.Expr) -> pl.Expr:
    """Milliseconds since 1970 as a time that no format of a file's own can be mistaken for."""
    return pl.from_epoch(milliseconds, time_unit="ms").dt.to_string("%Y-%m-%dT%H:%M:%S%.3f+00:00")


def _mastodon(frame: pl.DataFrame) -> pl.DataFrame:
    """A bare number is an instance's own and may be another post's at the next: the address names one post in the network."""
    said, linked = (ids_in(frame[name], "mastodon") for name in ("uri", "url"))
    # Other servers' addresses have forms of their own, and are the ids under which live collection stores their posts.
    address = pl.when(pl.col("uri").str.contains("(?i)^https://")).then("uri")
    return _markup(frame.with_columns(pl.coalesce(said, address, linked, "post_id").alias("post_id")))


def _hackernews(frame: pl.DataFrame) -> pl.DataFrame:
    return _markup(_linked("hackernews")(frame))


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
    ("mastodon", _mastodon),
    ("hackernews", _hackernews),
    ("bluesky", _linked("bluesky")),
    ("instagram", _linked("instagram")),
)

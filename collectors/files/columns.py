"""From a file's own columns to ours: an explicit mapping first, then the names that exports are known to use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.batches import ROW
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from collectors.settings import Mapping

#: Our field → names it goes by, as `plain_name` writes them; where a row has several, the first that says something counts.
ALIASES: dict[str, tuple[str, ...]] = {
    "source": ("source", "platform"),
    "post_id": ("postid", "tweetid", "idstr", "id", "urn", "uri", "objectid"),
    "thread_id": ("threadid", "thread", "conversationid", "linkid"),
    "parent_id": ("parentid", "inreplytostatusidstr", "inreplytostatusid", "inreplytoid"),
    "url": ("permalink", "url", "posturl", "link", "sharelink"),
    "author": (
        "author",
        "user",
        "username",
        "user.screenname",
        "user.username",
        "author.username",
        "author.name",
        "authorname",
        "authorid",
    ),
    "created_at": ("createdat", "createdutc", "date", "postedat", "dateposted", "timestamp", "datetime", "created"),
    "collected_at": ("collectedat", "retrievedat", "scrapedat"),
    "lang_hint": ("langhint", "lang", "language"),
    "community": ("subreddit", "community", "instance"),
    "title": ("title", "threadtitle"),
    # The long form of a post before its cut one.
    "text": (
        "notetweet.text",
        "extendedtweet.fulltext",
        "fulltext",
        "text",
        "body",
        "content",
        "postcontent",
        "tweet",
        "selftext",
        "sharecommentary",
        "message",
    ),
    "likes": ("likes", "likecount", "favoritecount", "publicmetrics.likecount", "numlikes", "score", "ups"),
    "replies": ("replies", "replycount", "publicmetrics.replycount", "numcomments", "commentcount", "commentscount"),
    "reposts": (
        "reposts",
        "retweets",
        "retweetcount",
        "publicmetrics.retweetcount",
        "repostcount",
        "sharescount",
        "shares",
    ),
    # Not stored: they decide about the fields above.
    "post_type": ("type", "posttype"),
    "visibility": ("visibility",),
    "first_edit_ids": ("edithistorytweetids",),
    "references": ("referencedtweets",),
    "uri": ("uri",),
    "body": ("body",),
    "selftext": ("selftext",),
    "from_id": ("fromid",),
    "removed_by": ("removedbycategory",),
}
_KNOWN = frozenset(name for names in ALIASES.values() for name in names)
_NAME = re.compile(r"(?!.*\d{5})[^@＠\n]{1,40}")
_OPENING_TIME = ("post_id", "url", "created_at")


@dataclass(frozen=True)
class Picked:
    """A batch under our names."""

    frame: pl.DataFrame
    """ROW and every key of ALIASES as String; null where the file has no such column or the cell is empty."""
    unknown: tuple[str, ...]
    """Columns that were left aside."""


def plain_name(column: str) -> str:
    """Without case, spaces, _ and -: "Created_At" and "createdAt" become "createdat"."""
    return column.casefold().translate({ord(sign): None for sign in " _-"})


def plain_names(columns: Iterable[str]) -> frozenset[str]:
    """The set of a file's columns, written plainly."""
    return frozenset(plain_name(column) for column in columns)


def can_use(column: str, *, mapping: Mapping | None) -> bool:
    """Whether a column of this name says anything to `pick`."""
    return is_known(column) or (mapping is not None and column in mapping.columns.values())


def is_known(column: str) -> bool:
    """Whether posts are known to come under this name."""
    return plain_name(column) in _KNOWN


def named(columns: Iterable[str], *, of: Iterable[str] | None = None, known: Callable[[str], bool] = is_known) -> str:
    """Columns in words, for messages. Of a file without header these are a post's cells, and no message may quote those.

    Args:
        columns: which to name.
        of: all columns of their table, where these are some; only a table that has a known one has a header.
        known: whether a column's name is known.
    """
    columns = [column for column in columns if column != ROW]
    if not columns:
        return "none"
    names = [column for column in columns if _NAME.fullmatch(column)]
    if not any(map(known, columns if of is None else of)):
        names = []
    unnamed = len(columns) - len(names)
    if not unnamed:
        return ", ".join(names)
    said = f"{unnamed} {'column' if unnamed == 1 else 'columns'} of no known name (is the header missing?)"
    return f"{', '.join(names)} and {said}" if len(names) > len(columns) / 2 else said


def pick(frame: pl.DataFrame, *, mapping: Mapping | None) -> Picked:
    """Give a batch our column names. Cells that are empty count as absent."""
    mapped = mapping.columns if mapping else {}
    by_name: dict[str, list[str]] = {}
    for column in frame.columns:
        if column != ROW and column not in mapped.values():
            by_name.setdefault(plain_name(column), []).append(column)
    fields = []
    used = set()
    for field, aliases in ALIASES.items():
        columns = (
            [mapped[field]]
            if mapped.get(field) in frame.columns
            else [c for alias in aliases for c in by_name.get(alias, ())]
        )
        used |= set(columns)
        filled = [pl.when(pl.col(column) != "").then(pl.col(column)) for column in columns]
        fields.append((pl.coalesce(filled) if filled else pl.lit(None, pl.String)).alias(field))
    unknown = tuple(column for column in frame.columns if column != ROW and column not in used)
    return Picked(frame.select(ROW, *fields), unknown)


def require_columns(columns: Sequence[str], *, mapping: Mapping | None, name: str) -> None:
    """Raises InputError where a file can't hold posts: it says what was found, what is needed and how to map it."""
    columns = [column for column in columns if column != ROW]
    mapped = mapping.columns if mapping else {}
    absent = sorted(f'{field} = "{column}"' for field, column in mapped.items() if column not in columns)
    if absent:
        raise InputError(f"{name} lacks columns that its mapping names: {', '.join(absent)}. It has: {named(columns)}.")
    found = plain_names(columns)

    def has(field: str) -> bool:
        return field in mapped or not found.isdisjoint(ALIASES[field])

    missing = [] if has("text") or has("title") else ["text"]
    missing += [] if any(map(has, _OPENING_TIME)) else ["created_at (or an id or url)"]
    if missing:
        raise InputError(
            f"{name} has no column for {' and '.join(missing)}. It has: {named(columns)}. "
            "Known names: text, body, content, tweet, … and created_at, date, timestamp, …; other names can be mapped in "
            f'config.toml: [import.mapping.NAME] files = "{name.rpartition("/")[2]}", columns = {{ text = "…", created_at = "…" }}.'
        )

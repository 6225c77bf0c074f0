"""Exports that are known by their columns: they tell the platform of files that don't say it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.columns import named
from store import PLATFORMS, InputError, UsageError, platform_names

if TYPE_CHECKING:
    from collections.abc import Sequence


# Programs that posts on X are written with, as X's own `source` says it.
_CLIENT = (
    r"(?i)^(?:<a href=|(?:twitter|x) (?:for |web)|mobile web|tweetdeck|hootsuite|buffer$|ifttt|socialflow|sprout social|sprinklr"
    r"|dlvr\.it|zapier|echobox|twittbot|microsoft power platform)"
)
_ALIKE = 0.84
_SOURCE = r"^[a-z0-9][a-z0-9_-]{0,39}$"


@dataclass(frozen=True)
class Shape:
    """A kind of export."""

    name: str
    source: str
    any_of: tuple[frozenset[str], ...]
    """Sets of columns, as `plain_name` writes them; a file that has all of one set has this shape."""
    post_type: str | None = None
    """"comment" where every row is one."""
    file_word: str = ""
    """The file's name has to contain this as well."""


def _columns(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split()) for names in sets)


TWEETS = Shape("tweets", "x", _columns("tweetid", "tweet", "retweetcount text", "retweets text"))
#: The first that fits counts: narrow ones stand first.
SHAPES = (
    Shape("LinkedIn shares", "linkedin", _columns("sharelink sharecommentary", "date sharecommentary")),
    Shape("LinkedIn comments", "linkedin", _columns("date link message"), post_type="comment"),
    Shape(
        "LinkedIn posts",
        "linkedin",
        _columns("posturl postcontent", "urn postcontent", "urn text postedat", "urn text posturl"),
    ),
    Shape(
        "X API", "x", _columns("edithistorytweetids", "publicmetrics.retweetcount", "notetweet.text", "fulltext idstr")
    ),
    TWEETS,
    # Other platforms use these columns too, so the file's name has to agree.
    Shape("tweets", "x", _columns("id createdat text likes replies reposts"), file_word="tweet"),
    Shape(
        "Reddit dump", "reddit", _columns("subreddit text", "subreddit body", "subreddit selftext", "subreddit title")
    ),
)


def recognise(columns: frozenset[str], *, file_name: str) -> Shape | None:
    """The shape of a file with these columns (as `plain_name` writes them), if it is a known one."""
    for shape in SHAPES:
        if shape.file_word in file_name.lower() and any(needed <= columns for needed in shape.any_of):
            return shape
    return None


def source_name(said: str) -> str:
    """The stored name of a platform that a user named; any name is one, unless it looks like a slip of a known one's. Raises UsageError."""
    name = said.strip().lower()
    if not name.replace("-", "").replace("_", "").isalnum() or len(name) > 40:
        raise UsageError(
            f'"{said}" can\'t be a source: a name of letters and digits is needed, such as {", ".join(list(PLATFORMS)[:4])}.'
        )
    plain = name.replace("-", "").replace("_", "")
    if plain not in PLATFORMS and (near := difflib.get_close_matches(plain, PLATFORMS, n=1, cutoff=_ALIKE)):
        raise UsageError(
            f'There is no source "{said}"; did you mean "{near[0]}"? The known ones are {", ".join(sorted(set(PLATFORMS.values())))}; '
            "a platform of your own needs a name that differs more from theirs."
        )
    return PLATFORMS.get(plain, name)


def clients_as_source(frame: pl.DataFrame) -> bool:
    """Whether a file's column source names the program that posts on X were written with, by its first rows (as `pick` gives them)."""
    said = frame["source"].str.strip_chars().unique()
    known = said.str.to_lowercase().is_in(list(PLATFORMS)).fill_null(value=False)
    return bool(said.str.contains(_CLIENT).any()) and not known.any()


def with_source(frame: pl.DataFrame, *, fallback: str | None, shape: Shape | None) -> pl.DataFrame:
    """Replace the column source by stored names, by the fallback where a row names no platform.

    A word that isn't known is a platform of its own, but on X, where it is the program that a post was written with.
    """
    said, known = platform_names(pl.col("source"))
    own = None if shape and shape.source == "x" else pl.when(said.str.contains(_SOURCE)).then(said)
    return frame.with_columns(
        pl.coalesce(known, *([] if own is None else [own]), pl.lit(fallback, pl.String)).alias("source")
    )


def require_source(frame: pl.DataFrame, *, columns: Sequence[str], name: str, said_with: str) -> None:
    """Raises InputError where no row of a file's first batch tells its platform."""
    if frame.height and frame["source"].null_count() == frame.height:
        raise InputError(
            f"{name} doesn't say which platform its posts are from, and its columns ({named(columns)}) are no known export. "
            f"Say it with {said_with} (x, reddit, linkedin, bluesky, mastodon, …) or as `source` in an [import.mapping.NAME] table."
        )

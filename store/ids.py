"""Ids that are links hold their author's name: they are cut down to the platform's own id, or else hashed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import polars as pl

_LINK: Final = r"(?i)^(?:https?://|at://|www\.|/|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/)"
_OWN_ID: Final = (
    r"(?i)\b(?:x|twitter)\.com/(?:i/web|\w{1,30})/status(?:es)?/(\d+)",
    r"(?i)linkedin\.com/.*(?:activity|ugcPost|share)(?::|-|%3A|%253A)(\d{6,})",
    r"(?i)(?:reddit\.com|^)/(?:r/|u/|user/|comments/).*?\bcomments/\w+/[^/]*/(\w+)",
    r"(?i)(?:reddit\.com|^)/(?:.*?/)?comments/(\w+)",
    r"(?i)\bredd\.it/(\w+)",
    r"(?i)ycombinator\.com/item\?id=(\d+)",
    r"(?i)instagram\.com/(?:[\w.]+/)?(?:p|reel|tv)/([\w-]+)",
)
# A status's address that names nobody and answers whether it is still there.
_STATUS: Final = (r"(?i)^(https?://[^/]+)/(?:users/[^/]+/statuses|@[^/]+)/(\d+).*$", "${1}/api/v1/statuses/${2}")
_BLUESKY: Final = (
    r"(?i)^https?://(?:www\.)?bsky\.app/profile/(did:[^/]+)/post/(\w+).*$",
    "at://${1}/app.bsky.feed.post/${2}",
)
_NAMELESS: Final = (
    r"(?i)^(?:at://did:|https?://[^/]+/(?:api/v1/statuses/|ap/users/\d+/statuses/|objects/|notes/|notice/)[\w-]+$)"
)


def without_names(ids: pl.Series) -> pl.Series:
    """Ids (String); those that are links without their author's name, the same for the same post."""
    links = ids.str.contains(_LINK).fill_null(value=False).arg_true()
    if links.is_empty():
        return ids
    some = ids.gather(links).to_frame("id")
    moved = pl.col("id").str.replace(*_STATUS).str.replace(*_BLUESKY)
    reduced = some.select(
        pl.coalesce(
            *(pl.col("id").str.extract(form) for form in _OWN_ID), pl.when(moved.str.contains(_NAMELESS)).then(moved)
        )
    ).to_series()
    made = [own or _hashed(link) for own, link in zip(reduced, some["id"], strict=True)]
    return ids.clone().scatter(links, pl.Series(made, dtype=pl.String))


def _hashed(link: str) -> str:
    return "h-" + blake2b(link.encode(), digest_size=10).hexdigest()

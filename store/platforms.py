"""What platforms are called in files, and the names they are stored under."""

from __future__ import annotations

from typing import Final

import polars as pl

#: Platform names as files write them → as they are stored.
PLATFORMS: Final = {
    "x": "x",
    "twitter": "x",
    "tweet": "x",
    "reddit": "reddit",
    "linkedin": "linkedin",
    "bluesky": "bluesky",
    "bsky": "bluesky",
    "mastodon": "mastodon",
    "hackernews": "hackernews",
    "hn": "hackernews",
    "newsycombinator": "hackernews",
    **{
        name: name
        for name in (
            "blind",
            "facebook",
            "glassdoor",
            "instagram",
            "kununu",
            "telegram",
            "threads",
            "tiktok",
            "vk",
            "xing",
            "youtube",
        )
    },
}


def platform_names(said: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Platforms as files name them ("Twitter", "www.reddit.com"): in small letters without www. and .com, and as stored, null if unknown."""
    plain = said.str.strip_chars().str.to_lowercase().str.replace(r"^www\.", "")
    plain = plain.str.replace(r"\.(?:com|app|net|org)$", "")
    return plain, plain.str.replace_all(r"[\s.]", "").replace_strict(PLATFORMS, default=None, return_dtype=pl.String)

"""All servers under one roof: how big they are, and the settings and credentials that reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.servers.bluesky import Bluesky
from tests.servers.hackernews import HackerNews
from tests.servers.mastodon import Mastodon
from tests.servers.reddit import Reddit
from tests.servers.x import X

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from tests.servers.core import Platform

#: Secrets that the servers know. Invented.
CREDENTIALS: Final = {
    "X_BEARER_TOKEN": "x-test-token-0123456789",
    "REDDIT_CLIENT_ID": "reddit-test-id-01",
    "REDDIT_CLIENT_SECRET": "reddit-test-secret-0123456789",
    "BLUESKY_HANDLE": "tester.bsky.social",
    "BLUESKY_APP_PASSWORD": "bsky-test-pass-0123",
    "MASTODON_ACCESS_TOKEN": "mastodon-test-token-0123456789",
}

_SUBREDDIT = 800  # posts: a listing of 1,000 would be cut off
SUBREDDITS: Final = tuple(f"Layoffs{number}" for number in range(1, 14))


def _reddit(count: int, *, start: dt.datetime, end: dt.datetime) -> Reddit:
    each = min(_SUBREDDIT, max(count // (2 * len(SUBREDDITS)) + 1, 10))
    return Reddit(subreddits=SUBREDDITS, posts_each=each, comments_each=each, start=start, end=end)


def _hackernews(count: int, *, start: dt.datetime, end: dt.datetime) -> HackerNews:
    """Three of five posts hold the word; the others are comments in threads of 50."""
    threads = count * 2 // 5 // 50
    return HackerNews(count=count - threads * 50, threads=threads, comments_each=50, start=start, end=end)


SERVERS: Final[dict[str, Callable[..., Platform]]] = {
    "x": lambda count, **times: X(count=count, **times),
    "reddit": _reddit,
    "bluesky": lambda count, **times: Bluesky(count=count, **times),
    "mastodon": lambda count, **times: Mastodon(count=count, **times),
    "hackernews": _hackernews,
}


def section(source: str, url: str) -> dict[str, Any]:
    """[sources.NAME] for a server at `url`."""
    return {
        "x": {"base_url": url, "max_posts_per_run": 1_000_000, "max_usd_per_month": 1_000_000, "recheck_posts": 2_000},
        "reddit": {"base_url": url, "subreddits": list(SUBREDDITS), "search": False},
        "bluesky": {"base_url": url, "words": ["layoffs"]},
        "mastodon": {"instances": [url], "tags": ["layoffs"]},
        "hackernews": {"base_url": url, "words": ["layoffs"]},
    }[source]

"""Bluesky's search results as pages: pure functions of its JSON."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from collectors.source import Found, Page, Window
from collectors.wire import Transient, identifier, integer, read_each, server_time, text, utc_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAP = 9_500  # searches end at about 10,000 results
_FORGED = dt.timedelta(days=1)  # createdAt is the author's claim; indexedAt is the network's
_LAST = 5  # posts that show how far a page reaches: one alone may be dated a day before its place among the results


class Position(NamedTuple):
    """Where a search stands. A search ends at some 10,000 results: what is older needs another one with an earlier end."""

    until: str
    cursor: str | None = None
    shown: int = 0
    oldest: str | None = None
    """How far back it has reached."""
    run: str = ""
    """By whom the cursor was given."""

    @classmethod
    def read(cls, token: str | None, window: Window, *, run: str) -> Position:
        """From a page token; the top of the window without one.

        A cursor is a number of results: what was deleted since has moved those behind it up, and it would pass them by. So a run goes on
        from the time that the one before it had reached.
        """
        at = cls(**json.loads(token)) if token else cls(stamp(window.ceiling + dt.timedelta(seconds=1)))
        if at.run != run and at.oldest:
            at = cls(min(_after_second_of(at.oldest), at.until))
        return at._replace(run=run)

    def token(self) -> str:
        """As a page token."""
        return json.dumps(self._asdict())


def read_page(answer: Any, at: Position, window: Window, *, headers: Mapping[str, str]) -> Page:
    """A page of search results."""
    items = posts_of(answer)
    posts, malformed = read_each(items, read_post)
    cursor = answer.get("cursor")
    shown = at.shown + len(items)
    reached = max((stamp(post.created_at) for post in posts[-_LAST:]), default=None)
    oldest = min(filter(None, (reached, at.oldest)), default=None)
    onward: Position | None = None
    if isinstance(cursor, str) and cursor:
        onward = at._replace(cursor=cursor, shown=shown, oldest=oldest)
    elif shown >= _CAP and oldest and oldest < at.until:
        until = _after_second_of(oldest)
        if until < at.until and dt.datetime.fromisoformat(until) > window.floor:
            onward = Position(until, run=at.run)
    return Page(
        posts,
        onward.token() if onward else None,
        malformed,
        shown=len(items),
        server_time=server_time({"Date": headers.get("date", "")}),
    )


def _after_second_of(oldest: str) -> str:
    """Where the next search ends: posts of the same second may lie on both sides."""
    return stamp(dt.datetime.fromisoformat(oldest) + dt.timedelta(seconds=1))


def read_post(item: Any) -> Found | None:
    """One post view; None where its author shows posts only to people who are logged in."""
    if _for_members_only(item):
        return None
    record, uri = item["record"], text(item["uri"], "uri")
    indexed = utc_from_iso(item["indexedAt"], "indexedAt")
    created = utc_from_iso(record["createdAt"], "createdAt")
    reply = record.get("reply") or {}
    languages = record.get("langs") or [None]
    return Found(
        post_id=identifier(uri, "uri"),
        created_at=indexed if abs(indexed - created) > _FORGED else created,
        text=text(record["text"], "text"),
        author=text(item["author"]["did"], "author"),
        thread_id=(reply.get("root") or {}).get("uri") or uri,
        parent_id=(reply.get("parent") or {}).get("uri"),
        url=f"https://bsky.app/profile/user/post/{uri.rpartition('/')[2]}",  # as masking would leave it
        lang_hint=languages[0],
        likes=integer(item.get("likeCount")),
        replies=integer(item.get("replyCount")),
        reposts=integer(item.get("repostCount")),
    )


def _for_members_only(item: Any) -> bool:
    labels = item["author"].get("labels")
    values = [label.get("val") for label in labels if isinstance(label, dict)] if isinstance(labels, list) else []
    return "!no-unauthenticated" in values


def ids_withdrawn(answer: Any) -> frozenset[str]:
    """Ids of posts of an answer that not everyone is shown any more. Raises as `posts_of`."""
    ids, _ = read_each(
        posts_of(answer), lambda item: identifier(item["uri"], "uri") if _for_members_only(item) else None
    )
    return frozenset(ids)


def posts_of(answer: Any) -> list[Any]:
    """The post views of an answer. Raises Transient where it has none."""
    posts = answer.get("posts") if isinstance(answer, dict) else None
    if not isinstance(posts, list):
        raise Transient("Bluesky answered with JSON that is no list of posts")
    return posts


def ids_shown(answer: Any) -> frozenset[str]:
    """Ids of all posts of an answer, also of those that can't be read: they are there. Raises as `posts_of`."""
    ids, _ = read_each(posts_of(answer), lambda item: identifier(item["uri"], "uri"))
    return frozenset(ids)


def stamp(moment: dt.datetime) -> str:
    """As Bluesky writes times."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Mastodon's JSON: timelines as pages of posts. Pure."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from collectors.source import Found, Lookup, Page
from collectors.wire import Transient, identifier, integer, plain_text, read_each, server_time, text, utc_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

END: Final = "end:"  # a page token: is there really nothing after this id?
#: Links whose author's name is masked, or that hold none. Other software in the network writes it anywhere: /p/janedoe/712…, /user/jane/…
_MASKABLE: Final = re.compile(
    r"https?://[\w.:-]+/(?:@[\w.-]+(?:@[\w.-]+)?(?:/statuses)?|(?:ap/)?users/[\w.-]+/statuses|notes|objects|notice)/[\w-]+"
)


def read_page(answer: Any, after: str, *, community: str, headers: Mapping[str, str]) -> Page:
    """Statuses of a timeline. It may have drained when nothing comes after the last one; a page may be short without being the last."""
    newest = _newest(answer)
    if not answer:
        return Page((), END + after, server_time=server_time(headers))
    if newest <= int(after):
        raise Transient("Mastodon answered with a page that was asked for before")
    posts, malformed = read_each(answer, lambda item: read_status(item, community=community))
    return Page(posts, str(newest), malformed, server_time=server_time(headers))


def read_end(answer: Any, after: str, *, headers: Mapping[str, str]) -> Page:
    """The newest statuses show whether the timeline ends at `after`; if not, it goes on there."""
    newest = _newest(answer)
    return Page(
        (), after if newest > int(after) else None, server_time=server_time(headers), proven=0 < newest <= int(after)
    )


def _newest(answer: Any) -> int:
    if not isinstance(answer, list):
        raise Transient("Mastodon answered with JSON that is no timeline")
    ids = [int(item["id"]) for item in answer if isinstance(item, dict) and str(item.get("id")).isdigit()]
    return max(ids, default=0)


def read_status(item: Any, *, community: str) -> Found | None:
    """One status, keyed on its address in the whole network; None for a boost."""
    if item.get("reblog") is not None:
        return None
    uri = identifier(item["uri"], "uri")
    created = item["created_at"]
    return Found(
        post_id=uri,
        created_at=created.astimezone(dt.UTC)
        if isinstance(created, dt.datetime)
        else utc_from_iso(created, "created_at"),
        text=_text(item),
        author=text(item["account"]["acct"], "author"),
        thread_id=uri if item.get("in_reply_to_id") is None else None,  # an answer names its parent by a local id only
        url=_link(item.get("url")),
        lang_hint=item.get("language"),
        community=community,
        likes=integer(item.get("favourites_count")),
        replies=integer(item.get("replies_count")),
        reposts=integer(item.get("reblogs_count")),
    )


def _link(url: Any) -> str | None:
    return url if isinstance(url, str) and _MASKABLE.fullmatch(url) else None


def read_own(answer: Any, uri: str) -> Lookup:
    """What the server of a status says at its address: a status of Mastodon's API, or a note of the network's (ActivityPub).

    Raises Transient where it is something else: that an answer came doesn't show that the status is still there.
    """
    this = frozenset({uri})
    if not isinstance(answer, dict) or not (
        {str(answer.get("id")), str(answer.get("uri"))} & {uri, uri.rpartition("/")[2]}
    ):
        raise Transient("the server answered with something that is not the status asked for")
    if answer.get("type") == "Tombstone":
        return Lookup(deleted=this)
    alive, _ = read_each([answer], lambda item: _present_text(item, uri))
    return Lookup(alive, present=this - {post.post_id for post in alive})


def _present_text(item: Any, uri: str) -> Found:
    """Only what an edit changes: its own server names author and tags otherwise than the instance that the status was found at."""
    if "published" in item:  # a note
        item = {**item, "created_at": item["published"], "spoiler_text": item.get("summary")}
    return Found(
        uri,
        created_at=utc_from_iso(item["created_at"], "created_at"),
        text=_text(item),
        likes=integer(item.get("favourites_count")),
        replies=integer(item.get("replies_count")),
        reposts=integer(item.get("reblogs_count")),
    )


def _text(item: Any) -> str:
    body, warning = plain_text(text(item["content"], "content")), item.get("spoiler_text")
    return f"{warning}\n\n{body}" if isinstance(warning, str) and warning.strip() else body

"""Mastodon's JSON: timelines as pages of posts. Pure."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from collectors.source import Found, Lookup, Page
from collectors.wire import Transient, identifier, integer, plain_text, read_each, server_time, text, utc_from_iso
from store import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

END: Final = "end:"  # a page token: is there really nothing after this id?
#: Links whose author's name is masked, or that hold none. Other software in the network writes it anywhere: /p/janedoe/712…, /user/jane/…
_MASKABLE: Final = re.compile(
    r"https?://[\w.:-]+/(?:@[\w.-]+(?:@[\w.-]+)?(?:/statuses)?|(?:ap/)?users/[\w.-]+/statuses|notes|objects|notice)/[\w-]+"
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")  # the longest are of the year 2450
_OTHER_ID: Final = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z]{16,32}")  # ULIDs and the like
_FOR_EVERYONE: Final = (None, "public", "unlisted")


def read_page(answer: Any, after: str, *, community: str, headers: Mapping[str, str]) -> Page:
    """Statuses of a timeline. It may have drained when nothing comes after the last one; a page may be short without being the last."""
    newest = newest_id(answer, community)
    if newest is not None and newest <= int(after):
        raise Transient("Mastodon answered with a page that was asked for before")
    posts, malformed = read_each(answer, lambda item: read_status(item, community=community))
    token = END + after if newest is None else str(newest)
    return Page(posts, token, malformed, shown=len(answer), server_time=server_time(headers))


def read_end(answer: Any, after: str, *, community: str, headers: Mapping[str, str]) -> Page:
    """The newest statuses show whether the timeline ends at `after`; if not, it goes on there."""
    newest = newest_id(answer, community)
    onward = newest is not None and newest > int(after)
    return Page(
        (), after if onward else None, server_time=server_time(headers), proven=newest is not None and not onward
    )


def newest_id(answer: Any, community: str) -> int | None:
    """The highest id of a timeline's statuses; None where none has one that can be used.

    Raises SourceError where the server has ids of another kind, which can't be paged through by time, and Transient where it is no timeline.
    """
    if not isinstance(answer, list):
        raise Transient("Mastodon answered with JSON that is no timeline")
    ids = [str(item.get("id")) for item in answer if isinstance(item, dict)]
    numbers = [int(own_id) for own_id in ids if _NUMBER.fullmatch(own_id)]
    if not numbers and any(map(_OTHER_ID.fullmatch, ids)):
        raise SourceError(
            f"{community} does not number statuses as Mastodon does, as GoToSocial, Pleroma and Akkoma don't: it can't be read. "
            "Take it out of sources.mastodon.instances."
        )
    return max(numbers, default=None)


def read_status(item: Any, *, community: str) -> Found | None:
    """One status, keyed on its address in the whole network; None for a boost, and for what is not for everyone."""
    if item.get("reblog") is not None or not _is_for_everyone(item):
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


def _is_for_everyone(item: Any) -> bool:
    """Whether everyone is shown a status, and its account has not asked to stand in no index (which its own server alone tells)."""
    account = item.get("account")
    unlisted = isinstance(account, dict) and account.get("noindex") is True
    return item.get("visibility") in _FOR_EVERYONE and not unlisted


def read_own(answer: Any, uri: str) -> Lookup:
    """What the server of a status says at its address: a status of Mastodon's API, or a note of the network's (ActivityPub).

    One that is no longer for everyone is as good as deleted. Raises Transient where it is something else: that an answer came doesn't show that the status is still there.
    """
    this = frozenset({uri})
    if not isinstance(answer, dict) or not (
        {str(answer.get("id")), str(answer.get("uri"))} & {uri, uri.rpartition("/")[2]}
    ):
        raise Transient("the server answered with something that is not the status asked for")
    if answer.get("type") == "Tombstone":
        return Lookup(deleted=this)
    if not _is_for_everyone(answer):
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

"""X's answers as pages and posts: pure functions of its JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from collectors.source import Found, Lookup, Page, StoredKey
from collectors.wire import Transient, identifier, integer, read_each, server_time, text, utc_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN_LINK: Final = re.compile(r"https://x\.com/i/status/(\d{1,19})")
#: Ends of the types of errors that say that no one may see a post any more: deleted, suspended or made private.
_GONE: Final = ("resource-not-found", "not-authorized-for-resource")


def read_page(answer: Mapping[str, Any], headers: Mapping[str, str]) -> Page:
    """A search answer as a page. Raises Transient where it isn't one."""
    meta, data = answer.get("meta", {}), answer.get("data", [])
    if not isinstance(meta, dict) or not isinstance(data, list) or not ("meta" in answer or "data" in answer):
        raise Transient("X answered with JSON that is no search result")
    posts, malformed = read_each(data, read_post)
    token = meta.get("next_token")
    return Page(
        posts,
        token if isinstance(token, str) else None,
        malformed,
        shown=len(data),
        billed=len(data),
        server_time=server_time(headers),
    )


def read_post(item: Any) -> Found | None:
    """One post; None for a repost. Keyed on the first id of its edit history, so that an edit replaces it."""
    own_id = identifier(item["id"], "id")
    references = {ref["type"]: identifier(ref["id"], "referenced id") for ref in item.get("referenced_tweets") or ()}
    if "retweeted" in references:
        return None
    history = item.get("edit_history_tweet_ids") or [own_id]
    post_id = identifier(history[0], "edit_history_tweet_ids")
    note = (item.get("note_tweet") or {}).get("text")
    metrics = item.get("public_metrics") or {}
    reposts = [integer(metrics.get("retweet_count")), integer(metrics.get("quote_count"))]
    return Found(
        post_id=post_id,
        created_at=utc_from_iso(item["created_at"], "created_at"),
        text=text(note or item["text"], "text"),
        author=item.get("author_id"),
        thread_id=item.get("conversation_id"),
        parent_id=references.get("replied_to"),
        url=_link(own_id),
        lang_hint=item.get("lang"),
        likes=integer(metrics.get("like_count")),
        replies=integer(metrics.get("reply_count")),
        reposts=sum(count for count in reposts if count is not None) if any(c is not None for c in reposts) else None,
    )


def newest_version(post: StoredKey) -> str:
    """The id to look a post up by: that of its newest version known, which its link holds, as the key is that of the first."""
    link = _OWN_LINK.fullmatch(post.url or "")
    return link[1] if link and int(link[1]) > int(post.post_id) else post.post_id


def read_lookup(answer: Mapping[str, Any], versions: Mapping[str, str]) -> Lookup:
    """What became of posts, by their keys, that were asked for by these versions of them. Raises Transient where it is no such answer.

    The text of a version is no present text where a newer one is named, and a version that isn't shown says nothing of the post where the
    version came from a link: those are to be asked for again.
    """
    data, errors = answer.get("data") or [], answer.get("errors") or []
    if not (isinstance(data, list) and isinstance(errors, list) and all(isinstance(error, dict) for error in errors)):
        raise Transient("X answered with JSON that is no look-up")
    shown = dict(read_each(data, lambda item: (identifier(item["id"], "id"), item))[0])
    gone = {str(error.get("resource_id")) for error in errors if str(error.get("type")).endswith(_GONE)}
    alive, deleted, absent, present, again = [], set(), set(), set(), []
    for post_id, version in versions.items():
        found, newest = _read_version(shown[version]) if version in shown else (None, version)
        by_link = version != post_id
        if by_link and (version not in shown or (found and found.post_id != post_id)):
            again.append(StoredKey(post_id))
        elif version in gone:
            deleted.add(post_id)
        elif version not in shown:
            absent.add(post_id)
        elif not found or found.post_id != post_id:
            present.add(post_id)
        elif newest != version:
            again.append(StoredKey(post_id, url=_link(newest)))
        else:
            alive.append(found)
    return Lookup(
        tuple(alive),
        frozenset(deleted),
        frozenset(absent),
        frozenset(present),
        again=tuple(again),
        billed=len(data),
    )


def _read_version(item: Any) -> tuple[Found | None, str]:
    """A version of a post, and the id of its newest one; a repost and what can't be read are None."""
    found, _ = read_each([item], read_post)
    return (found[0], str((item.get("edit_history_tweet_ids") or [item["id"]])[-1])) if found else (None, "")


def _link(post_id: str) -> str:
    return f"https://x.com/i/status/{post_id}"

"""X's answers as pages and posts: pure functions of its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collectors.source import Found, Page
from collectors.wire import Transient, identifier, integer, read_each, server_time, text, utc_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_page(answer: Mapping[str, Any], headers: Mapping[str, str]) -> Page:
    """A search answer as a page. Raises Transient where it isn't one."""
    meta, data = answer.get("meta", {}), answer.get("data", [])
    if not isinstance(meta, dict) or not isinstance(data, list) or not ("meta" in answer or "data" in answer):
        raise Transient("X answered with JSON that is no search result")
    posts, malformed = read_each(data, read_post)
    token = meta.get("next_token")
    return Page(
        posts, token if isinstance(token, str) else None, malformed, billed=len(data), server_time=server_time(headers)
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
        url=f"https://x.com/i/status/{own_id}",
        lang_hint=item.get("lang"),
        likes=integer(metrics.get("like_count")),
        replies=integer(metrics.get("reply_count")),
        reposts=sum(count for count in reposts if count is not None) if any(c is not None for c in reposts) else None,
    )


def read_lookup(answer: Mapping[str, Any]) -> tuple[dict[str, Found], dict[str, str]]:
    """Posts by key, and for each of those that were edited since its newest id, by key."""
    posts: dict[str, Found] = {}
    newer: dict[str, str] = {}
    for item in answer.get("data") or ():
        found, _ = read_each([item], read_post)
        for post in found:
            posts[post.post_id] = post
            history = item.get("edit_history_tweet_ids") or [item["id"]]
            if str(history[-1]) != str(item["id"]):
                newer[post.post_id] = str(history[-1])
    return posts, newer


def ids_shown(answer: Mapping[str, Any]) -> set[str]:
    """Ids of all that X shows, also of what can't be read or is not for us, such as a repost: it is there."""
    ids, _ = read_each(answer.get("data") or (), lambda item: identifier(item["id"], "id"))
    return set(ids)


def read_gone(answer: Mapping[str, Any]) -> set[str]:
    """Ids that X says no one may see any more: deleted, suspended or made private."""
    return {
        str(error["resource_id"])
        for error in answer.get("errors") or ()
        if error.get("resource_id")
        and error.get("type", "").endswith(("resource-not-found", "not-authorized-for-resource"))
    }

"""Reddit's JSON: listings, threads and look-ups as pages of posts. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from collectors.source import Found, Gap, Page, Window
from collectors.wire import Transient, identifier, integer, read_each, server_time, text, titled, utc_from_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_QUERY_LENGTH = 512


class Position:
    """Where a stream stands: the listing's `after`, what it has shown so far, and threads whose comments are still to be read."""

    def __init__(
        self, *, after: str | None = None, shown: int = 0, old_pages: int = 0, threads: Sequence[str] = ()
    ) -> None:
        self.after, self.shown, self.old_pages, self.threads = after, shown, old_pages, tuple(threads)

    @classmethod
    def read(cls, token: str | None) -> Position:
        """From a page token."""
        return cls(**json.loads(token)) if token else cls()

    def token(self) -> str:
        """As a page token."""
        return json.dumps(
            {"after": self.after, "shown": self.shown, "old_pages": self.old_pages, "threads": self.threads}
        )


def search_queries(layoff_words: Mapping[str, Sequence[str]]) -> list[str]:
    """One search per language; Reddit takes OR and quotes, and about 512 characters."""
    queries = [" OR ".join(f'"{word}"' if " " in word else word for word in words) for words in layoff_words.values()]
    return list(dict.fromkeys(query[:_QUERY_LENGTH] for query in queries))


def read_listing(
    answer: Any, position: Position, window: Window, *, cap: int, threads: bool, headers: Mapping[str, str]
) -> Page:
    """A page of a listing.

    Old posts turn up among new ones (praw#2090), so a stream ends only after two whole pages older than its floor. Where it ends
    by itself before the floor, with as many items as listings are cut at, older posts are missing: a gap.
    """
    items, after = things(answer)
    posts, malformed = read_each(items, read_thing)
    shown = position.shown + len(items)
    whole_page_old = bool(posts) and all(post.created_at < window.floor for post in posts)
    old_pages = position.old_pages + 1 if whole_page_old else 0
    done = after is None or old_pages >= 2
    gap = None
    if after is None and posts and shown >= cap and (oldest := min(post.created_at for post in posts)) > window.floor:
        gap = Gap(window.floor, oldest, f"the listing ended after {shown} items")
    talked_about = [post.post_id for post in posts if threads and post.replies and post.created_at >= window.floor]
    onward = Position(after=None if done else after, shown=shown, old_pages=old_pages, threads=talked_about)
    token = onward.token() if talked_about or not done else None
    return Page(posts, token, malformed, gap=gap, server_time=server_time(headers))


def read_thread(answer: Any, position: Position, *, headers: Mapping[str, str]) -> Page:
    """The comments below one post. Those that Reddit folds away ("more") would cost a request each and are left out."""
    if not isinstance(answer, list) or len(answer) != 2:
        raise Transient("Reddit answered with JSON that is no thread")
    items, _ = things(answer[1])
    posts, malformed = read_each(items, read_thing)
    onward = Position(
        after=position.after, shown=position.shown, old_pages=position.old_pages, threads=position.threads[1:]
    )
    if any(post.thread_id != position.threads[0] for post in posts):
        raise Transient("Reddit answered with another thread")
    token = onward.token() if onward.threads or onward.after else None
    return Page(posts, token, malformed, server_time=server_time(headers), doubtful=not items)


def read_thing(item: Any) -> Found | None:
    """A post (t3) or comment (t1); None for what was removed, and for a folded branch of comments (more)."""
    kind, data = item["kind"], item["data"]
    if kind == "more" or _removed(data):
        return None
    comment = kind == "t1"
    own_id = identifier(data["id"], "id")
    author, title = data.get("author"), data.get("link_title" if comment else "title")
    return Found(
        post_id=own_id,
        created_at=utc_from_seconds(data["created_utc"], "created_utc"),
        text=text(data["body"], "body") if comment else titled(text(data["title"], "title"), data.get("selftext")),
        author=None if author in {None, "[deleted]"} else text(author, "author"),
        thread_id=bare(data.get("link_id")) if comment else own_id,
        parent_id=bare(data.get("parent_id")) if comment else None,
        url=f"https://www.reddit.com{data['permalink']}" if data.get("permalink") else None,
        community=data.get("subreddit"),
        title=title if isinstance(title, str) else None,
        likes=integer(data.get("score")),
        replies=integer(data.get("num_comments")),
    )


def bare(fullname: Any) -> str | None:
    """An id without its kind (t1_, t3_), as it is stored from dumps too."""
    return fullname.partition("_")[2] or None if isinstance(fullname, str) else None


def read_lookup(items: Sequence[Any]) -> tuple[tuple[Found, ...], frozenset[str]]:
    """Posts that are still there, and the ids of those removed."""
    alive, _ = read_each(items, read_thing)
    gone, _ = read_each(items, lambda item: identifier(item["data"]["id"], "id") if _removed(item["data"]) else None)
    return alive, frozenset(gone)


def _removed(data: Mapping[str, Any]) -> bool:
    body = data.get("body", data.get("selftext"))
    return body in {"[deleted]", "[removed]"} or data.get("removed_by_category") is not None


def things(answer: Any) -> tuple[list[Any], str | None]:
    """The items of a listing and where it goes on. Raises Transient where it is none."""
    try:
        data = answer["data"]
        children, after = data["children"], data.get("after")
    except (KeyError, TypeError):
        raise Transient("Reddit answered with JSON that is no listing") from None
    if not isinstance(children, list):
        raise Transient("Reddit answered with a listing without items")
    return children, after if isinstance(after, str) else None

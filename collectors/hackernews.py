"""Hacker News, through Algolia's search index: no key, 1,000 hits a request, windows halved where there are more."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import requests

from collectors.source import (
    Address,
    Found,
    Gap,
    Lookup,
    Opening,
    Page,
    Query,
    Quota,
    Source,
    SourceSection,
    SourceSpec,
    StoredKey,
    Window,
    Word,
)
from collectors.terms import quoted
from collectors.wire import (
    RebasedSession,
    Transient,
    identifier,
    integer,
    plain_text,
    quiet_client_logs,
    read_each,
    retry_at,
    server_time,
    status_error,
    text,
    titled,
    utc_from_seconds,
)
from store import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CAP = 1_000  # hits that a query gives, over all its pages


class HackerNewsSettings(SourceSection):
    """[sources.hackernews]"""

    thread_comments: bool = True
    """Also the comments below the stories found."""
    words: tuple[Word, ...] = ()
    """Search for these instead of the English layoff words."""
    base_url: Address = "https://hn.algolia.com"
    """The index, or another server that speaks its API."""


class HackerNews(Source):
    """One search per layoff word; a window is a list of time spans still to be read."""

    page_size = _CAP
    lookup_size = 1
    id_form = r"\d+"

    def __init__(self, settings: HackerNewsSettings, opening: Opening) -> None:
        quiet_client_logs()
        self._settings, self._terms, self._clock = settings, opening.terms, opening.clock
        self._session = RebasedSession(read_seconds=settings.read_seconds, base_url=None)

    def queries(self) -> Sequence[Query]:
        """One per word: the index has no OR."""
        words = self._settings.words or self._terms.layoff_words.get("en") or self._terms.all_words()
        return [Query(quoted(word)) for word in words]

    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """The hits of the first span, or nothing and two halves of it; or the comments below one story."""
        work = Work.read(token) if token else Work.of(window)
        if work.stories:
            answer = self._get(
                "/api/v1/search_by_date", {"tags": f"comment,story_{work.stories[0]}", "hitsPerPage": limit}
            )
            return read_thread(answer, work, headers=self._session.last_headers)
        start, end = work.spans[0]
        answer = self._get(
            "/api/v1/search_by_date",
            {
                "query": query.name,
                "tags": "(story,comment)",
                "numericFilters": f"created_at_i>={start},created_at_i<{end}",
                "hitsPerPage": limit,
            },
        )
        return read_span(answer, work, threads=self._settings.thread_comments, headers=self._session.last_headers)

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """Whether an item is still in the index: among those of its thread, else by itself. Raises as `fetch`.

        A thread shows its first 1,000 items, and stored posts from dumps may not know theirs.
        """
        post_id, thread_id, _ = posts[0]
        if re.fullmatch(self.id_form, thread_id or ""):
            thread = self._get("/api/v1/search", {"tags": f"(story,comment),story_{thread_id}", "hitsPerPage": _CAP})
            found, _ = read_each(_hits(thread), read_hit)
            if alive := tuple(post for post in found if post.post_id == post_id):
                return Lookup(alive)
        try:
            item = self._get(f"/api/v1/items/{post_id}", {})
        except SourceError:
            if self._session.last_status != 404:
                raise
            return Lookup(absent=frozenset({post_id}))
        return read_item(item, post_id)

    def check(self) -> Quota:
        """A search for no hits."""
        self._get("/api/v1/search_by_date", {"query": "layoffs", "hitsPerPage": 0})
        return Quota("no key needed; about 10,000 requests an hour")

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _get(self, path: str, params: Mapping[str, str | int]) -> Any:
        try:
            response = self._session.get(self._settings.base_url.rstrip("/") + path, params=dict(params))
        except requests.RequestException as error:
            raise Transient(f"Hacker News could not be reached: {type(error).__name__}") from None
        if response.status_code != 200:
            reset_at = retry_at(response.headers.get("retry-after"), response.headers, self._clock)
            raise status_error(
                "Hacker News", response.status_code, reset_at=reset_at, remedy="Try later from this address."
            )
        try:
            return response.json()
        except ValueError:
            raise Transient("Hacker News answered with something that is no JSON") from None


class Work(NamedTuple):
    """What is left of a window."""

    spans: tuple[tuple[int, int], ...]
    """[start, end) in seconds since 1970."""
    stories: tuple[str, ...] = ()
    """Stories whose comments are still to be fetched."""

    @classmethod
    def of(cls, window: Window) -> Work:
        """All of a window."""
        return cls(((math.floor(window.floor.timestamp()), math.ceil(window.ceiling.timestamp()) + 1),))

    @classmethod
    def read(cls, token: str) -> Work:
        """From a page token."""
        known = json.loads(token)
        return cls(tuple((start, end) for start, end in known["spans"]), tuple(known["stories"]))

    def token(self) -> str | None:
        """As a page token; None when nothing is left."""
        return json.dumps({"spans": self.spans, "stories": self.stories}) if self.spans or self.stories else None


def read_span(answer: Any, work: Work, *, threads: bool, headers: Mapping[str, str]) -> Page:
    """The hits of the first span of `work`; where the index cut them off, the span in halves instead."""
    hits = _hits(answer)
    (start, end), rest = work.spans[0], work.spans[1:]
    found = answer.get("nbHits") if isinstance(answer.get("nbHits"), int) else len(hits)
    gap = None
    if found > len(hits) or len(hits) >= _CAP:
        if end - start > 1:
            middle = (start + end) // 2
            return Page((), Work(((middle, end), (start, middle), *rest)).token(), server_time=server_time(headers))
        moment = dt.datetime.fromtimestamp(start, dt.UTC)
        gap = Gap(moment, moment + dt.timedelta(seconds=1), f"more than {len(hits)} posts in one second")
    posts, malformed = read_each(hits, read_hit)
    if any(not start <= post.created_at.timestamp() < end for post in posts):
        raise Transient("Hacker News answered another question")
    stories = tuple(
        post.post_id for post in posts if threads and post.post_id == post.thread_id and (post.replies or 0) > 0
    )
    return Page(
        posts,
        Work(rest, stories).token(),
        malformed,
        gap=gap,
        shown=len(hits),
        server_time=server_time(headers),
        doubtful=not hits,
    )


def read_thread(answer: Any, work: Work, *, headers: Mapping[str, str]) -> Page:
    """The comments below the first story of `work`; a thread of more than 1,000 gives its newest."""
    hits = _hits(answer)
    posts, malformed = read_each(hits, read_hit)
    if any(post.thread_id != work.stories[0] for post in posts):
        raise Transient("Hacker News answered another question")
    onward = work._replace(stories=work.stories[1:])
    return Page(posts, onward.token(), malformed, shown=len(hits), server_time=server_time(headers), doubtful=not hits)


def read_hit(hit: Any) -> Found | None:
    """A story or comment; None for a job advertisement or poll option, which carry no text of their own."""
    own_id = identifier(hit["objectID"], "objectID")
    tags = hit.get("_tags") or ()
    if "comment" not in tags and "story" not in tags:
        return None
    comment = "comment" in tags
    title = hit.get("story_title" if comment else "title")
    story, parent = hit.get("story_id"), hit.get("parent_id")
    body = plain_text(text(hit["comment_text"], "comment_text")) if comment else plain_text(hit.get("story_text") or "")
    return Found(
        post_id=own_id,
        created_at=utc_from_seconds(hit["created_at_i"], "created_at_i"),
        text=body if comment else titled(text(title, "title"), body),
        author=hit.get("author"),
        thread_id=identifier(story, "story_id") if comment else own_id,
        parent_id=identifier(parent, "parent_id") if comment and parent is not None else None,
        url=f"https://news.ycombinator.com/item?id={own_id}",
        community="Hacker News",
        title=title if isinstance(title, str) else None,
        likes=integer(hit.get("points")),
        replies=integer(hit.get("num_comments")),
    )


def read_item(answer: Any, post_id: str) -> Lookup:
    """What an item says of itself; of one that was deleted there is its id, without author or text."""
    if not isinstance(answer, dict) or str(answer.get("id")) != post_id:
        raise Transient("Hacker News answered with JSON that is not the item asked for")
    this = frozenset({post_id})
    return Lookup(present=this) if answer.get("author") else Lookup(absent=this)


def _hits(answer: Any) -> list[Any]:
    hits = answer.get("hits") if isinstance(answer, dict) else None
    if not isinstance(hits, list):
        raise Transient("Hacker News answered with JSON that is no search result")
    return hits


SPEC = SourceSpec(
    name="hackernews",
    title="Hacker News",
    settings=HackerNewsSettings,
    open=HackerNews,
    how_to_get_access="Nothing is needed.",
)

"""Bluesky, through atproto: searches per layoff word, in pages of 100, in windows where a search ends early."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
from atproto import Client, Request, Session, SessionEvent, models  # type: ignore[import-untyped]  # ships no types
from atproto_client import exceptions  # type: ignore[import-untyped]  # ships no types
from pydantic import Field

from collectors.source import (
    Found,
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
)
from collectors.wire import (
    PageTokenRefused,
    Transient,
    identifier,
    integer,
    quiet_client_logs,
    read_each,
    server_time,
    status_error,
    text,
    utc_from_iso,
)
from store import SourceDenied, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_CAP = 9_500  # searches end at about 10,000 results
_FORGED = dt.timedelta(days=1)  # createdAt is the author's claim; indexedAt is the network's
_REMEDY = "Make an app password at bsky.app → Settings → Privacy and security, and set BLUESKY_HANDLE and BLUESKY_APP_PASSWORD."


class BlueskySettings(SourceSection):
    """[sources.bluesky]"""

    words: tuple[str, ...] = ()
    """Search for these instead of the layoff words of all languages."""
    base_url: str = Field(default="https://bsky.social", min_length=1)
    """Where the account lives."""


class Bluesky(Source):
    """One search per layoff word."""

    lookup_size = 25

    def __init__(self, settings: BlueskySettings, opening: Opening) -> None:
        quiet_client_logs()
        self._settings, self._terms, self._clock, self._credentials = (
            settings,
            opening.terms,
            opening.clock,
            opening.credentials,
        )
        self._handle, self._password = (
            self._credentials.need("BLUESKY_HANDLE"),
            self._credentials.need("BLUESKY_APP_PASSWORD"),
        )
        self._session_file = opening.state_folder / "bluesky.session"
        self._client: Client | None = None
        self._headers: Mapping[str, str] = {}

    def queries(self) -> Sequence[Query]:
        """One per word: the search knows no OR."""
        return [Query(f'"{word}"' if " " in word else word) for word in self._settings.words or self._terms.all_words()]

    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """A page of one search, the newest first."""
        at = Position.read(token, window)
        params = models.AppBskyFeedSearchPosts.Params(
            q=query.name, limit=limit, sort="latest", since=_stamp(window.floor), until=at.until, cursor=at.cursor
        )
        try:
            answer = self._ask("app.bsky.feed.searchPosts", params)
        except _Refused as error:
            if at.cursor is None:
                raise
            raise PageTokenRefused(str(error)) from None
        return read_page(answer, at, window, headers=self._headers)

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """Present state of posts; deleted ones are silently left out of the answer."""
        post_ids = [post.post_id for post in posts]
        answer = self._ask("app.bsky.feed.getPosts", models.AppBskyFeedGetPosts.Params(uris=post_ids))
        alive, _ = read_each(_posts(answer), read_post)
        return Lookup(alive, absent=frozenset(post_ids) - {post.post_id for post in alive})

    def check(self) -> Quota:
        """A search for one post."""
        self._ask("app.bsky.feed.searchPosts", models.AppBskyFeedSearchPosts.Params(q="layoffs", limit=1))
        left = self._headers.get("ratelimit-remaining")
        return Quota(f"{left} requests left in this window") if left else Quota()

    def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            self._client.request.close()
            self._client = None

    def _ask(self, method: str, params: Any) -> Any:
        """One request, with a new session where the old one no longer counts."""
        try:
            return self._once(method, params)
        except _SessionOver:
            self._session_file.unlink(missing_ok=True)
            self.close()
        try:
            return self._once(method, params)
        except _SessionOver:
            raise SourceDenied(f"Bluesky refuses a session that it has just given. {_REMEDY}") from None

    def _once(self, method: str, params: Any) -> Any:
        # The typed client would lose the page over one malformed post, so the answer is taken as it came.
        response = self._guarded(
            lambda: self._logged_in().invoke_query(method, params=params, output_encoding="application/json")
        )
        self._headers = response.headers
        if not isinstance(response.content, dict):
            raise Transient("Bluesky answered with something that is no JSON object")
        return response.content

    def _logged_in(self) -> Client:
        """The client, with the session kept from an earlier run where there is one: new ones are rationed (300 a day)."""
        if self._client is None:
            timeout = httpx.Timeout(self._settings.read_seconds, connect=3.05)
            self._client = Client(self._settings.base_url, request=Request(timeout=timeout))
            self._client.on_session_change(self._keep)
            try:
                self._log_in(self._client)
            except Exception:
                self.close()
                raise
        return self._client

    def _log_in(self, client: Client) -> None:
        kept = self._session_file.read_text(encoding="utf-8") if self._session_file.exists() else None
        try:
            if kept:
                client.login(session_string=kept, fetch_bsky_profile=False)
            else:
                client.login(self._handle, self._password, fetch_bsky_profile=False)
        except exceptions.UnauthorizedError:
            raise SourceDenied(f"Bluesky refuses the handle or app password. {_REMEDY}") from None
        except (ValueError, IndexError, TypeError):
            if kept is None:
                raise
            raise _SessionOver from None  # a damaged session file

    def _keep(self, _event: SessionEvent, session: Session) -> None:
        self._credentials.learn(session.access_jwt, session.refresh_jwt)
        self._session_file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._session_file.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(session.encode())
        draft.replace(self._session_file)

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except exceptions.RateLimitExceededError as error:
            raise status_error("Bluesky", 429, reset_at=self._reset_at(error)) from None
        except exceptions.RequestErrorBase as error:
            if error.response is None:
                raise Transient(f"Bluesky could not be reached: {type(error).__name__}") from None
            raise _told_apart(error.response.status_code, error.response.content) from None
        except httpx.HTTPError as error:
            raise Transient(f"Bluesky could not be reached: {type(error).__name__}") from None
        except ValueError as error:
            raise Transient(f"Bluesky answered with something that is no JSON ({type(error).__name__})") from None

    def _reset_at(self, error: exceptions.RateLimitExceededError) -> dt.datetime | None:
        if error.reset_at is None:
            return (
                self._clock.now() + dt.timedelta(seconds=error.retry_after) if error.retry_after is not None else None
            )
        reset: dt.datetime = error.reset_at
        date = error.response.headers.get("date", "") if error.response else ""
        theirs = server_time({"Date": date})
        return self._clock.now() + (reset - theirs) if theirs else reset


class _SessionOver(Exception):  # noqa: N818  # an event: a new session follows
    pass


class _Refused(SourceError):  # noqa: N818  # named for what happened
    """Of a request with a page token: that page is no longer known."""


def _told_apart(status: int, content: Any) -> Exception:
    name, said = getattr(content, "error", ""), str(getattr(content, "message", "") or "")
    if name in {"ExpiredToken", "InvalidToken"} or (status == 401 and name != "AccountTakedown"):
        return _SessionOver()
    if status == 400:
        return _Refused(f"Bluesky refused the request (400: {name} {said[:200]})")
    return status_error("Bluesky", status, detail=f"{name} {said}".strip(), remedy=_REMEDY)


class Position(NamedTuple):
    """Where a search stands. A search ends at some 10,000 results: what is older needs another one with an earlier end."""

    until: str
    cursor: str | None = None
    shown: int = 0
    oldest: str | None = None

    @classmethod
    def read(cls, token: str | None, window: Window) -> Position:
        """From a page token; the top of the window without one."""
        return cls(**json.loads(token)) if token else cls(_stamp(window.ceiling + dt.timedelta(seconds=1)))

    def token(self) -> str:
        """As a page token."""
        return json.dumps(self._asdict())


def read_page(answer: Any, at: Position, window: Window, *, headers: Mapping[str, str]) -> Page:
    """A page of search results."""
    items = _posts(answer)
    posts, malformed = read_each(items, read_post)
    cursor = answer.get("cursor")
    shown = at.shown + len(items)
    moments = [_stamp(post.created_at) for post in posts] + ([at.oldest] if at.oldest else [])
    onward: Position | None = None
    if isinstance(cursor, str) and cursor:
        onward = at._replace(cursor=cursor, shown=shown, oldest=min(moments, default=None))
    elif shown >= _CAP and moments and (oldest := min(moments)) < at.until:
        # One second on, since posts of the same second may lie on both sides.
        until = _stamp(dt.datetime.fromisoformat(oldest) + dt.timedelta(seconds=1))
        if until < at.until and dt.datetime.fromisoformat(until) > window.floor:
            onward = Position(until)
    return Page(
        posts, onward.token() if onward else None, malformed, server_time=server_time({"Date": headers.get("date", "")})
    )


def read_post(item: Any) -> Found:
    """One post view."""
    record, uri = item["record"], text(item["uri"], "uri")
    indexed = utc_from_iso(item["indexedAt"], "indexedAt")
    created = utc_from_iso(record["createdAt"], "createdAt")
    reply = record.get("reply") or {}
    languages = record.get("langs") or [None]
    handle, _, key = item["author"]["handle"], *uri.rpartition("/")[1:]
    return Found(
        post_id=identifier(uri, "uri"),
        created_at=indexed if abs(indexed - created) > _FORGED else created,
        text=text(record["text"], "text"),
        author=text(item["author"]["did"], "author"),
        thread_id=(reply.get("root") or {}).get("uri") or uri,
        parent_id=(reply.get("parent") or {}).get("uri"),
        url=f"https://bsky.app/profile/{handle}/post/{key}",
        lang_hint=languages[0],
        likes=integer(item.get("likeCount")),
        replies=integer(item.get("replyCount")),
        reposts=integer(item.get("repostCount")),
    )


def _posts(answer: Any) -> list[Any]:
    posts = answer.get("posts") if isinstance(answer, dict) else None
    if not isinstance(posts, list):
        raise Transient("Bluesky answered with JSON that is no list of posts")
    return posts


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


SPEC = SourceSpec(
    name="bluesky",
    title="Bluesky",
    settings=BlueskySettings,
    open=Bluesky,
    needs=("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"),
    how_to_get_access=_REMEDY,
)

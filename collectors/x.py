"""X: recent search (seven days) or full-archive search, through tweepy."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import requests
import tweepy  # type: ignore[import-untyped]  # ships no types
from pydantic import Field

from collectors import x_queries
from collectors.source import (
    Address,
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
    USER_AGENT,
    MalformedPost,
    PageTokenRefused,
    RebasedSession,
    Transient,
    quiet_client_logs,
    server_time,
    status_error,
    utc_from_seconds,
)
from collectors.x_pages import newest_version, read_lookup, read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FIELDS = "author_id,conversation_id,created_at,edit_history_tweet_ids,lang,note_tweet,public_metrics,referenced_tweets"
_ARCHIVE_SECONDS = 1.0  # the full archive takes one request a second, besides 300 in 15 minutes
_REACH = dt.timedelta(days=7)
_MARGIN = dt.timedelta(minutes=1)  # a start time older than the reach is refused: leave room for clocks and queues
_UNSETTLED = dt.timedelta(minutes=5)
_CLOCK_OFF = dt.timedelta(minutes=1)
_REMEDY = "Check X_BEARER_TOKEN and the credits of its project at console.x.com."


class XSettings(SourceSection):
    """[sources.x]"""

    overlap_hours: float = Field(default=1, ge=0, le=876_000)
    """How far before the newest post known a run starts again. Each post read again is billed, except on the same UTC day."""
    archive: bool = False
    """Search the full archive, where the access allows it, instead of the last seven days."""
    max_posts_per_run: int = Field(default=2_000, ge=10)
    """A run stops before it reads more."""
    max_usd_per_month: float = Field(default=50.0, ge=0)
    """So does the month (UTC), by our own estimate."""
    usd_per_post: float = Field(default=0.005, ge=0)
    """X's price for a post read."""
    recheck_posts: int = Field(default=200, ge=0)
    """Fewer than elsewhere, as each costs: once a day they are $31 of a month's 50 at most, and leave collect the rest."""
    base_url: Address | None = None
    """Another server that speaks this API, such as http://127.0.0.1:8400."""


class X(Source):
    """Posts that hold a layoff word and an employer."""

    smallest_page = 10
    prompt_index = True
    lookup_size = 100
    id_form = r"\d{1,19}"

    def __init__(self, settings: XSettings, opening: Opening) -> None:
        quiet_client_logs()
        self._settings, self._terms, self._clock = settings, opening.terms, opening.clock
        self._session = RebasedSession(read_seconds=settings.read_seconds, base_url=settings.base_url)
        # wait_on_rate_limit stays off: with it, a 429 without a reset time is asked again at once, without end.
        self._client = tweepy.Client(
            opening.credentials.need("X_BEARER_TOKEN"), return_type=dict, wait_on_rate_limit=False
        )
        self._client.session, self._client.user_agent = self._session, USER_AGENT
        self._offset = dt.timedelta(0)  # of X's clock against ours, once X has refused a time
        self.usd_per_post = settings.usd_per_post
        self.max_posts_per_run = settings.max_posts_per_run
        self.max_usd_per_month = settings.max_usd_per_month
        self.seconds_between_requests = _ARCHIVE_SECONDS if settings.archive else 0.0
        self.page_size = 500 if settings.archive else 100
        self.reach = None if settings.archive else _REACH - _MARGIN

    def queries(self) -> Sequence[Query]:
        """One per language and pack of employers."""
        length = x_queries.ARCHIVE_LENGTH if self._settings.archive else x_queries.RECENT_LENGTH
        return [Query(query) for query in x_queries.build(self._terms, max_length=length)]

    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """A page of the window, the newest first."""
        try:
            answer = self._search(query, window, token, limit=limit)
        except tweepy.BadRequest as error:
            # A clock that is off asks for times that X refuses; X's answer says what time it is, so ask again with that. Also with a token:
            # a run that goes on has not asked for a first page.
            believed, self._offset = self._offset, self._skew()
            if abs(self._offset - believed) < _CLOCK_OFF:
                raise _bad_request(error, token) from None
            try:
                answer = self._search(query, window, token, limit=limit)
            except tweepy.BadRequest as again:
                raise _bad_request(again, token) from None
        return read_page(answer, self._session.last_headers)

    def _search(self, query: Query, window: Window, token: str | None, *, limit: int) -> dict[str, Any]:
        search = self._client.search_all_tweets if self._settings.archive else self._client.search_recent_tweets
        now = self._clock.now() + self._offset
        params: dict[str, Any] = {
            "start_time": _second(max(window.floor, now - self.reach) if self.reach else window.floor)
        }
        if token is None and window.ceiling < now - _UNSETTLED:
            params["end_time"] = _second(
                window.ceiling
            )  # else X's own clock decides what "now" is; a token knows its end
        return self._ask(
            search,
            query.name,
            max_results=max(self.smallest_page, limit),
            next_token=token,
            tweet_fields=_FIELDS,
            **params,
        )

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """Present state of posts, each asked for by the newest version of it that is known: a look costs once."""
        versions = {post.post_id: newest_version(post) for post in posts}
        try:
            answer = self._ask(self._client.get_tweets, list(dict.fromkeys(versions.values())), tweet_fields=_FIELDS)
        except tweepy.BadRequest as error:
            raise _bad_request(error, None) from None
        return read_lookup(answer, versions)

    def check(self) -> Quota:
        """X's own account of the month; it costs nothing."""
        answer = self._ask(self._usage)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise Transient("X answered with JSON that is no account of the month")
        used, cap = data.get("project_usage", "?"), data.get("project_cap", "?")
        return Quota(f"{used} of {cap} posts read this month")

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _usage(self) -> dict[str, Any]:
        usage = self._client.request("GET", "/2/usage/tweets").json()
        return usage if isinstance(usage, dict) else {}

    def _ask(self, call: Callable[..., Any], *args: Any, **params: Any) -> dict[str, Any]:
        """One request, its failures told apart."""
        try:
            answer = call(*args, **params)
        except tweepy.BadRequest:
            raise
        except tweepy.TooManyRequests as error:
            raise status_error("X", 429, detail=_said(error), reset_at=self._reset_at(error)) from None
        except tweepy.HTTPException as error:
            raise status_error("X", error.response.status_code, detail=_said(error), remedy=_REMEDY) from None
        except requests.JSONDecodeError:
            raise Transient("X answered with something that is no JSON") from None
        except requests.RequestException as error:
            raise Transient(f"X could not be reached: {type(error).__name__}") from None
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ):  # tweepy's, over an error body or headers that are not as it expects
            if self._session.last_status < 400:
                raise Transient("X answered with something unexpected") from None
            raise status_error("X", self._session.last_status, remedy=_REMEDY) from None
        if not isinstance(answer, dict):
            raise Transient(f"X answered with {type(answer).__name__}, not an object")
        return answer

    def _reset_at(self, error: tweepy.TooManyRequests) -> dt.datetime | None:
        try:
            return utc_from_seconds(error.reset_time, "reset") - self._skew()
        except (MalformedPost, OverflowError):
            return None

    def _skew(self) -> dt.timedelta:
        theirs = server_time(self._session.last_headers)
        skew = theirs - self._clock.now() if theirs else dt.timedelta(0)
        return skew if abs(skew) >= _CLOCK_OFF else dt.timedelta(0)


def _second(moment: dt.datetime) -> str:
    whole = math.floor(moment.timestamp())
    return dt.datetime.fromtimestamp(whole, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(error: tweepy.HTTPException) -> str:
    return "; ".join(map(str, error.api_messages))


def _bad_request(error: tweepy.BadRequest, token: str | None) -> Exception:
    said = _said(error)
    if token is not None and "next_token" in said:
        return PageTokenRefused(f"X no longer knows the page: {said}")
    return status_error("X", 400, detail=said)


SPEC = SourceSpec(
    name="x",
    title="X",
    settings=XSettings,
    open=X,
    needs=("X_BEARER_TOKEN",),
    how_to_get_access="Create a project at console.x.com, buy credits ($0.005 a post read) and copy its bearer token.",
)

"""Reddit, through praw: new posts and comments of configured subreddits, and a search over all of Reddit."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, cast

import praw
import prawcore
import requests
from pydantic import field_validator

from collectors.reddit_limiter import Limiter
from collectors.reddit_pages import (
    FOLDED_PAGE,
    Position,
    kind_of,
    read_folded,
    read_listing,
    read_lookup,
    read_thread,
    search_queries,
    things,
    without_thread,
)
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
    RebasedSession,
    Transient,
    quiet_client_logs,
    retry_at,
    status_error,
)
from store import SourceDenied, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LISTING_CAP = 900  # listings end at about 1,000 items, removed ones included
_SEARCH_CAP = 200  # searches were seen to end at about 250
#: Each a little shorter than Reddit's own, so that the oldest posts don't fall out of it between two pages.
_SPANS = {"month": dt.timedelta(days=28), "year": dt.timedelta(days=360)}
_WHOLE_THREAD = 500  # comments that one request may bring
_LOG_IN_PATH = "/api/v1/access_token"
_WITHOUT_R = re.compile(r"^/?r/|/$")
_SUBREDDIT = re.compile(r"\w{2,}", re.ASCII)
_REMEDY = (
    "Check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET; since November 2025 Reddit approves each app: "
    "https://support.reddithelp.com/hc/en-us/articles/42728983564564."
)


class RedditSettings(SourceSection):
    """[sources.reddit]"""

    subreddits: tuple[str, ...] = ("Layoffs", "cscareerquestions", "technology", "recruitinghell")
    """Their new posts and comments are read; with or without r/."""
    comments: bool = True
    """Also the comments in these subreddits."""
    search: bool = True
    """Also search all of Reddit for the layoff words."""
    search_comments: bool = True
    """Also the comments below the posts found by searching."""
    user_agent: str = "python:layoff-pulse:0.1 (by /u/layoff-pulse)"
    """Reddit wants <platform>:<app>:<version> (by /u/your-name)."""
    base_url: Address | None = None
    """Another server that speaks this API, such as http://127.0.0.1:8400."""

    @field_validator("subreddits")
    @classmethod
    def _subreddits_are_names(cls, subreddits: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(_WITHOUT_R.sub("", name) for name in subreddits)
        for name in bare:
            if not _SUBREDDIT.fullmatch(name):
                raise ValueError(
                    f'"{name}" is no subreddit: write its name, such as Layoffs, letters, digits and _ only'
                )
        return bare


class _Requestor(prawcore.Requestor):
    """Times out (praw's own `timeout` has no effect), and raises what is worth another try.

    It does so before prawcore sees it, whose own retries sleep without regard to a deadline.
    """

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        """One HTTP request."""
        del timeout  # the session has its own
        try:
            response = self._http.request(*args, **kwargs)
        except requests.RequestException as error:
            raise Transient(f"Reddit could not be reached: {type(error).__name__}") from None
        if response.status_code >= 500 or response.status_code == 408:
            raise status_error("Reddit", response.status_code)
        if response.status_code == 401 and not str(args[1]).endswith(_LOG_IN_PATH):
            raise _TokenExpired
        if response.status_code == 429:
            raise _TooManyRequests(response)  # prawcore's own stumbles over a Retry-After that is no number
        return response


class Reddit(Source):
    """Streams per subreddit, and one search per language."""

    lookup_size = 100
    id_form = "[0-9a-z]+"

    def __init__(self, settings: RedditSettings, opening: Opening) -> None:
        quiet_client_logs()
        self._settings, self._terms, self._clock = settings, opening.terms, opening.clock
        self._credentials = opening.credentials
        self._session = RebasedSession(read_seconds=settings.read_seconds, base_url=settings.base_url)
        self._limiter = Limiter(self._clock)
        self._client = self._log_in()

    def _log_in(self) -> praw.Reddit:
        client_id, client_secret = self._credentials.need_pair("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
        client = praw.Reddit(
            client_id=client_id,
            client_secret=client_secret,
            user_agent=self._settings.user_agent,
            requestor_class=_Requestor,
            requestor_kwargs={"session": self._session},
            check_for_updates=False,
            check_for_async=False,
        )
        self._core(client)._rate_limiter = self._limiter  # noqa: SLF001  # praw has no other way to its limiter
        return client

    @staticmethod
    def _core(client: praw.Reddit) -> prawcore.Session:
        return cast("prawcore.Session", client._core)  # noqa: SLF001  # praw has no other way to it

    def queries(self) -> Sequence[Query]:
        """new:NAME and comments:NAME per subreddit, search:WORDS per language."""
        streams = [f"new:{name}" for name in self._settings.subreddits]
        if self._settings.comments:
            streams += [f"comments:{name}" for name in self._settings.subreddits]
        if self._settings.search:
            streams += [f"search:{query}" for query in search_queries(self._terms.layoff_words)]
        return [Query(stream) for stream in streams]

    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """A page of a listing, or the comments below one post that a search found."""
        kind, _, what = query.name.partition(":")
        position = Position.read(token)
        if position.threads:
            return self._thread(position)
        params: dict[str, str | int] = {"limit": limit}
        if position.after:
            params["after"] = position.after
        if kind == "search":
            answer = self._get(
                "/r/all/search/", {**params, "q": what, "sort": "new", "t": self._span(window), "restrict_sr": "false"}
            )
        else:
            answer = self._get(f"/r/{what}/{kind}", params)
        return read_listing(
            answer,
            position,
            window,
            cap=_SEARCH_CAP if kind == "search" else _LISTING_CAP,
            threads=kind == "search" and self._settings.search_comments,
            headers=self._session.last_headers,
        )

    def _span(self, window: Window) -> str:
        """The narrowest of the spans that Reddit's search knows and that holds the window."""
        back = self._clock.now() - window.floor
        return next((span for span, length in _SPANS.items() if back <= length), "all")

    def _thread(self, position: Position) -> Page:
        """The comments of one thread. One that is not shown (quarantined, private, removed) stops nothing."""
        thread = position.threads[0]
        if position.folded:
            ids = ",".join(f"t1_{child}" for child in position.folded[:FOLDED_PAGE])
            return read_folded(self._get("/api/info/", {"id": ids}), position, headers=self._session.last_headers)
        try:
            answer = self._get(f"/comments/{thread}", {"limit": _WHOLE_THREAD, "sort": "new", "threaded": "false"})
        except SourceError as error:
            status = self._session.last_status
            if status not in {403, 404}:
                raise
            headers = self._session.last_headers
            if isinstance(error, SourceDenied):
                self.check()  # raises if it is not the thread but our access that is refused
            return without_thread(position, f"Reddit does not show it ({status})", headers=headers)
        return read_thread(answer, position, headers=self._session.last_headers)

    def may_ask(self, post: StoredKey) -> bool:
        """Only for what shows whether it is a post or a comment, whose numbers overlap: the other kind's answer would be about another text."""
        return super().may_ask(post) and kind_of(post) is not None

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """Present state of posts and comments."""
        answer = self._get("/api/info/", {"id": ",".join(f"{kind_of(post)}_{post.post_id}" for post in posts)})
        return read_lookup(things(answer)[0], {post.post_id for post in posts})

    def check(self) -> Quota:
        """A look-up of nothing: it needs a token and brings the quota."""
        self._get("/api/info/", {"id": "t3_1"})
        headers = self._session.last_headers
        left, reset = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset")
        return Quota(f"{left} requests left for {reset} s") if left else Quota()

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _get(self, path: str, params: Mapping[str, str | int]) -> Any:
        """One request; with a fresh token if the old one has expired."""
        try:
            return self._request(path, params)
        except _TokenExpired:
            self._client = self._log_in()
        try:
            return self._request(path, params)
        except _TokenExpired:
            raise status_error("Reddit", 401, remedy=_REMEDY) from None

    def _request(self, path: str, params: Mapping[str, str | int]) -> Any:
        core = self._core(self._client)
        try:
            return self._client.request(method="GET", path=path, params={**params, "raw_json": 1})
        except _TooManyRequests as error:
            raise self._failed(error.response) from None
        except prawcore.BadJSON:
            raise Transient("Reddit answered with something that is no JSON") from None
        except KeyError as error:
            # prawcore's for a refusal with a status that it doesn't know; praw's for a 400 in a form that it doesn't know.
            if error.args and isinstance(error.args[0], int):
                raise status_error("Reddit", 403, remedy=_REMEDY) from None
            raise SourceError("Reddit refused the request (400) in a form of its own") from None
        except prawcore.OAuthException as error:
            raise SourceDenied(f"Reddit gave no token: {error}. {_REMEDY}") from None
        except prawcore.ResponseException as error:
            raise self._failed(error.response) from None
        except prawcore.PrawcoreException as error:
            raise Transient(f"Reddit could not be reached: {type(error).__name__}") from None
        except praw.exceptions.RedditAPIException as error:
            raise SourceError(f"Reddit refused the request: {error}") from None
        finally:
            self._credentials.learn(core._authorizer.access_token)  # noqa: SLF001  # so that no message shows it

    def _failed(self, response: requests.Response) -> SourceError:
        if response.status_code in {403, 404} and (reason := _reason(response)):
            return SourceError(
                f"Reddit does not show this subreddit: it is {reason}. Take it out of sources.reddit.subreddits."
            )
        headers = response.headers
        resets = (retry_at(headers.get(name), headers, self._clock) for name in ("retry-after", "x-ratelimit-reset"))
        reset_at = next(filter(None, resets), None)
        return status_error("Reddit", response.status_code, reset_at=reset_at, remedy=_REMEDY)


class _TokenExpired(Exception):  # noqa: N818  # an event, not an error: a new token follows
    pass


class _TooManyRequests(Exception):  # noqa: N818  # carries the answer out of praw
    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.response = response


def _reason(response: requests.Response) -> str | None:
    try:
        reason = response.json().get("reason")
    except (ValueError, AttributeError):
        return None
    return reason if reason in {"private", "banned", "quarantined", "gold_only"} else None


SPEC = SourceSpec(
    name="reddit",
    title="Reddit",
    settings=RedditSettings,
    open=Reddit,
    needs=("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"),
    how_to_get_access=(
        "Since November 2025 Reddit approves each use: apply at "
        "https://support.reddithelp.com/hc/en-us/articles/42728983564564, then create a script app. "
        "Until then, import Reddit dumps with `layoffs import`."
    ),
)

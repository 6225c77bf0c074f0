"""An account at Bluesky, through atproto. In a module of its own since atproto takes a second to load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests
from atproto import Client, Session, SessionEvent, models  # type: ignore[import-untyped]  # ships no types
from atproto_client import exceptions  # type: ignore[import-untyped]  # ships no types
from atproto_client.request import RequestBase, Response, _handle_response  # type: ignore[import-untyped]  # ships no types

from collectors.bluesky_session import KeptSession
from collectors.wire import USER_AGENT, RebasedSession, Transient, by_our_clock, retry_at, status_error
from store import SourceDenied, SourceError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from collectors.credentials import Credentials
    from collectors.wire import Clock


class _Lenient(RequestBase):  # type: ignore[misc]  # ships no types
    """Asks with our session, and reads any JSON: the client's own parser refuses a whole page over half a character in one post."""

    def __init__(self, session: RebasedSession) -> None:
        super().__init__()
        self._session = session
        self.set_additional_headers({"User-Agent": USER_AGENT})

    def get(self, url: str, **kwargs: Any) -> Response:
        """One request; the body as it came where it is no JSON."""
        return self._send("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Response:
        """As `get`."""
        return self._send("POST", url, **kwargs)

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _send(self, method: str, url: str, *, headers: Any = None, content: Any = None, **kwargs: Any) -> Response:
        kwargs["data"] = kwargs.get("data") if content is None else content  # the name that httpx has for it
        answer = self._session.request(method, url, headers=self.get_headers(headers), **kwargs)
        response = _handle_response(answer)
        is_json = "application/json" in response.headers.get("content-type", "").lower()
        return Response(
            success=True,
            status_code=response.status_code,
            content=json.loads(response.content) if is_json else response.content,
            headers={name.lower(): value for name, value in response.headers.items()},
        )


class Account:
    """Asks with a session, which it keeps between runs."""

    def __init__(
        self,
        base_url: str,
        *,
        read_seconds: float,
        credentials: Credentials,
        session_file: Path,
        clock: Clock,
        remedy: str,
    ) -> None:
        """`remedy`: what to do when access is refused."""
        self._base_url, self._read_seconds, self._clock, self._remedy = base_url, read_seconds, clock, remedy
        self._credentials = credentials
        self._handle = credentials.need("BLUESKY_HANDLE").strip().removeprefix("@")  # as people write it
        self._password = credentials.need("BLUESKY_APP_PASSWORD")
        self._kept = KeptSession(session_file, given_for=(base_url, self._handle, self._password))
        self._client: Client | None = None
        self.headers: Mapping[str, str] = {}
        """Of the last answer."""

    def search(self, **params: Any) -> Any:
        """app.bsky.feed.searchPosts, as JSON."""
        return self._ask("app.bsky.feed.searchPosts", models.AppBskyFeedSearchPosts.Params(**params))

    def posts(self, uris: Sequence[str]) -> Any:
        """app.bsky.feed.getPosts, as JSON."""
        return self._ask("app.bsky.feed.getPosts", models.AppBskyFeedGetPosts.Params(uris=list(uris)))

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
            self._kept.discard()
            self.close()
        try:
            return self._once(method, params)
        except _SessionOver:
            raise SourceDenied(f"Bluesky refuses a session that it has just given. {self._remedy}") from None

    def _once(self, method: str, params: Any) -> Any:
        # The typed client would lose the page over one malformed post, so the answer is taken as it came.
        response = self._guarded(
            lambda: self._logged_in().invoke_query(method, params=params, output_encoding="application/json")
        )
        self.headers = response.headers
        if not isinstance(response.content, dict):
            raise Transient("Bluesky answered with something that is no JSON object")
        return response.content

    def _logged_in(self) -> Client:
        """The client, with the session kept from an earlier run where there is one."""
        if self._client is None:
            session = RebasedSession(read_seconds=self._read_seconds, base_url=None)
            self._client = Client(self._base_url, request=_Lenient(session))
            self._client.on_session_change(self._keep)
            try:
                self._log_in(self._client)
            except Exception:
                self.close()
                raise
        return self._client

    def _log_in(self, client: Client) -> None:
        kept = self._kept.read()
        try:
            if kept:
                client.login(session_string=kept, fetch_bsky_profile=False)
            else:
                client.login(self._handle, self._password, fetch_bsky_profile=False)
        except exceptions.UnauthorizedError:
            if kept is not None:
                raise _SessionOver from None  # it is the session that is refused, not the handle or app password
            raise SourceDenied(f"Bluesky refuses the handle or app password. {self._remedy}") from None
        except exceptions.RequestErrorBase:
            raise
        except (exceptions.AtProtocolError, ValueError, LookupError, TypeError, AttributeError) as error:
            if kept is not None:
                raise _SessionOver from None  # a damaged session file
            raise Transient(f"Bluesky answered a log-in with something unexpected ({type(error).__name__})") from None

    def _keep(self, _event: SessionEvent, session: Session) -> None:
        self._credentials.learn(session.access_jwt, session.refresh_jwt)
        # Raises where they can't be read: kept, they would stop every later run.
        _ = session.access_jwt_payload, session.refresh_jwt_payload
        self._kept.write(session.encode())

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except exceptions.RateLimitExceededError as error:
            raise status_error("Bluesky", 429, reset_at=self._reset_at(error)) from None
        except exceptions.RequestErrorBase as error:
            if error.response is None:
                raise Transient(f"Bluesky could not be reached: {type(error).__name__}") from None
            raise _told_apart(error.response.status_code, error.response.content, self._remedy) from None
        except requests.RequestException as error:
            raise Transient(f"Bluesky could not be reached: {type(error).__name__}") from None
        except (exceptions.AtProtocolError, ValueError) as error:
            raise Transient(f"Bluesky answered with something that is no JSON ({type(error).__name__})") from None

    def _reset_at(self, error: exceptions.RateLimitExceededError) -> dt.datetime | None:
        said = error.response.headers if error.response else {}
        headers = {"Date": said.get("date", "")}
        try:
            reset: dt.datetime | None = error.reset_at
        except (OverflowError, OSError, ValueError):  # a figure that is no time
            return None
        if reset is None:
            return retry_at(said.get("retry-after"), headers, self._clock)
        return by_our_clock(reset, headers, self._clock)


class _SessionOver(Exception):  # noqa: N818  # an event: a new session follows
    pass


class Refused(SourceError):  # noqa: N818  # named for what happened
    """Of a request with a page token: that page is no longer known."""


def _told_apart(status: int, content: Any, remedy: str) -> Exception:
    name, said = (str(getattr(content, part, "") or "") for part in ("error", "message"))
    if name in {"ExpiredToken", "InvalidToken"} or (status == 401 and name != "AccountTakedown"):
        return _SessionOver()
    if status == 400:
        return Refused(f"Bluesky refused the request (400: {name} {said})")
    return status_error("Bluesky", status, detail=f"{name} {said}".strip(), remedy=remedy)

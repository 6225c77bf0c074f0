"""The `requests` session that all sources ask with: most client libraries build their own URLs and know no timeouts."""

from __future__ import annotations

import datetime as dt
import logging
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import requests

from collectors.wire.bounded import BoundedAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping

Headers: TypeAlias = "Mapping[str, str]"

USER_AGENT: Final = "layoff-pulse"  # who asks, also of servers that only a post's address names
CONNECT_SECONDS = 3.05  # a little over TCP's first retransmission
_TELLTALES = ("tweepy",)  # and the loggers below them


class RebasedSession(requests.Session):
    """Says who asks, times out, can send everything to another host, and keeps the last response's headers and status (0: there was none).

    tweepy hard-codes its host and passes no timeout; a self-hosted gateway and the tests need the first, every run the second.
    """

    def __init__(self, *, read_seconds: float, base_url: str | None) -> None:
        """Without any request yet.

        Args:
            read_seconds: for a whole answer, redirects included.
            base_url: scheme, host and port that replace those of every request; None leaves them.
        """
        super().__init__()
        for scheme in ("http://", "https://"):
            self.mount(scheme, BoundedAdapter())
        self.auth = _as_it_is
        self.headers["User-Agent"] = USER_AGENT
        self._read_seconds = read_seconds
        self._until = 0.0  # by the monotonic clock, for the request under way
        self._base = urlsplit(base_url) if base_url else None
        self.last_headers: Headers = {}
        self.last_status = 0

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests; the timeout can't be left out."""
        if self._base:
            parts = urlsplit(_text(url))
            path = self._base.path.rstrip("/") + parts.path
            url = urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))
        self.last_status = 0
        self._until = time.monotonic() + CONNECT_SECONDS + self._read_seconds
        response = super().request(_text(method), _text(url), *args, **kwargs)
        self.last_headers, self.last_status = response.headers, response.status_code
        return response

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As in requests, which comes here for each redirect too: they share the time of the first. Raises requests.Timeout."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise requests.ReadTimeout("the redirects took too long as a whole", request=request)
        return super().send(
            request, **{**kwargs, "timeout": (min(left, CONNECT_SECONDS), min(left, self._read_seconds))}
        )


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without any, requests would replace the token by what it finds in ~/.netrc."""
    return request


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def server_time(headers: Headers) -> dt.datetime | None:
    """The platform's own time of its answer, from the Date header."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(dt.UTC)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


class _NoDebug(logging.Filter):
    """On each logger by itself, since a level or a filter of its parent does not bind one whose own level was set."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it may be written."""
        return record.levelno >= logging.INFO


_NO_DEBUG = _NoDebug()


def quiet_client_logs() -> None:
    """Keep client libraries from logging what they send: at DEBUG tweepy writes the bearer token.

    Call it once the library is imported, so that its loggers exist.
    """
    for name in (*_TELLTALES, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in _TELLTALES:
            logging.getLogger(name).addFilter(_NO_DEBUG)

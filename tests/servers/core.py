"""A loopback HTTP server that answers as a platform does, and misbehaves on command."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import socket
import struct
import threading
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a request for posts can be answered with instead of the truth.
FAULTS = (
    "rate_limit",
    "rate_limit_unsaid",
    "server_error",
    "timeout",
    "reset_mid_body",
    "html",
    "malformed_post",
    "expired_token",
    "revoked",
    "empty_page",
    "repeated_page",
    "out_of_order",
    "clock_skew",
)

#: Besides, for as long as the client puts up with it: a byte now and then, of the headers or of the body.
DRIPS = ("drip_headers", "drip_body")
_DRIP_SECONDS = 0.05


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes
    items: tuple[tuple[str, str], ...] = ()
    """The parameters in order, where a name comes more than once."""


@dataclass(frozen=True)
class Reply:
    """What it gets."""

    body: Any = None
    """JSON-able, or bytes to be sent as they are."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


class Platform:
    """Base of the servers: routing is the subclass's, misbehaviour is here."""

    name = "platform"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.posts_requests = 0
        self.log_ins = 0
        self.next_faults: list[str | None] = []
        """Faults for the next requests for posts, in order; None is a truthful answer."""
        self.choose_fault: Callable[[int], str | None] = lambda _number: None
        """Else: the fault for the request for posts with this number."""
        self.after_reply: Callable[[int], None] = lambda _number: None
        self.injected: list[str] = []
        self.random = random.Random(1)
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
        self.rate_limit_seconds = 30
        self._lock = threading.Lock()

    # What a platform says for itself.

    def answer(self, request: Request) -> Reply:
        """The truth."""
        raise NotImplementedError

    def is_for_posts(self, request: Request) -> bool:
        """Whether faults apply: not to log-ins and the like."""
        return request.method == "GET"

    def faulty(self, fault: str, request: Request) -> Reply:
        """The platform's own form of a fault that is made of its JSON."""
        raise NotImplementedError

    def keys(self) -> set[str]:
        """The ids of all posts offered, as they are stored."""
        raise NotImplementedError

    def newest(self) -> tuple[dict[str, Any], str]:
        """A post in the platform's own form, to be spoilt, and the key of its text."""
        raise NotImplementedError

    # The rest is the same for all.

    def handle(self, request: Request) -> tuple[Reply, str | None]:
        """The reply, and what to do to the connection while sending it."""
        with self._lock:
            self.requests.append(request)
            if not self.is_for_posts(request):
                return self.answer(request), None
            number = self.posts_requests
            self.posts_requests += 1
            fault = self.next_faults.pop(0) if self.next_faults else self.choose_fault(number)
            if fault is None:
                return self.answer(request), None
            self.injected.append(fault)
            return self._misbehave(fault, request)

    def _misbehave(self, fault: str, request: Request) -> tuple[Reply, str | None]:
        if fault == "html":
            return Reply(b"<html><body>We are over capacity</body></html>", content_type="text/html"), None
        if fault == "server_error":
            return Reply({"title": "Service Unavailable"}, status=503), None
        if fault in {"timeout", "reset_mid_body", *DRIPS}:
            return self.answer(request), fault
        if fault == "clock_skew":
            offset = dt.timedelta(hours=self.random.choice([-3, 3]))
            reply = self.answer(request)
            return Reply(
                reply.body, reply.status, {**reply.headers, "Date": format_datetime(self.now() + offset, usegmt=True)}
            ), None
        return self.faulty(fault, request), None


class Server:
    """A platform on a free port of 127.0.0.1, as a context manager."""

    def __init__(self, platform: Platform, *, port: int = 0) -> None:
        self.platform = platform
        handler = type("Handler", (_Handler,), {"platform": platform})
        self._http = _Quiet(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed or timed out is expected."""


class _Handler(BaseHTTPRequestHandler):
    platform: Platform
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        items = tuple(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply, trouble = self.platform.handle(Request(self.command, parts.path, dict(items), headers, body, items))
        number = self.platform.posts_requests
        if trouble == "timeout":
            self._hang()
            return
        payload = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        if trouble == "drip_headers":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Padding: ")
            return
        sent_headers = {"Date": format_datetime(self.platform.now(), usegmt=True), **reply.headers}
        self.send_response_only(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in sent_headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if trouble == "drip_body":
            self._drip(payload[: len(payload) // 2])
            return
        if trouble == "reset_mid_body":
            self.wfile.write(payload[: len(payload) // 2])
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(payload)
        self.wfile.flush()
        self.platform.after_reply(number)

    def _drip(self, start: bytes) -> None:
        """Say `start`, then a blank now and then."""
        self.connection.settimeout(_DRIP_SECONDS)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(start)
            for _ in range(400):
                self.wfile.write(b" ")
                self.wfile.flush()
                with contextlib.suppress(TimeoutError):
                    if not self.connection.recv(1):
                        break
        self.close_connection = True

    def _hang(self) -> None:
        """Say nothing until the client has had enough."""
        self.connection.settimeout(20)
        with contextlib.suppress(OSError):
            self.connection.recv(1)
        self.close_connection = True


def iso(moment: dt.datetime, *, spec: str = "milliseconds") -> str:
    """As platforms write times."""
    return moment.astimezone(dt.UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def spread(count: int, *, start: dt.datetime, end: dt.datetime, seed: int) -> list[dt.datetime]:
    """Random moments, the newest first."""
    chance = random.Random(seed)
    span = (end - start).total_seconds()
    return sorted((start + dt.timedelta(seconds=chance.uniform(0, span)) for _ in range(count)), reverse=True)

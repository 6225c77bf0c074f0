"""Bounds on a whole answer: a read timeout of `requests` starts anew at each byte, so a server that drips holds a client for hours."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    from urllib3 import PoolManager

_LARGEST: Final = 64 * 2**20  # bytes, unpacked; the largest page of any platform has some 3 million
_CHUNK: Final = 2**16


class AnswerTooLarge(requests.RequestException):
    """Stopped before it filled the memory."""


class BoundedAdapter(HTTPAdapter):
    """The read timeout holds for the whole answer, from its first header to its last byte; its size is bounded too."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests, with the body already read. Raises as it does, and AnswerTooLarge."""
        response = super().send(request, *args, **{**kwargs, "stream": True})
        body = io.BytesIO()
        for chunk in response.iter_content(_CHUNK):
            if body.tell() + len(chunk) > _LARGEST:
                response.close()
                raise AnswerTooLarge(f"more than {_LARGEST // 2**20} MiB", request=request)
            body.write(chunk)
        response._content = body.getvalue()  # noqa: SLF001  # where requests itself keeps what it has read
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As in requests, with connections that know a deadline."""
        super().init_poolmanager(*args, **kwargs)
        _bind(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """As in requests, with connections that know a deadline."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        _bind(manager)
        return manager


class _Http(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _Socket(self.sock)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _Socket(self.sock)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def _bind(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _Socket:
    """A socket whose files, one for each answer, end when its timeout at their opening is over."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def makefile(self, *_args: Any, **_kwargs: Any) -> io.BufferedReader:
        """For reading an answer: urllib3 has set the read timeout just before."""
        return io.BufferedReader(_Answer(self._own), _CHUNK)


class _Answer(io.RawIOBase):
    def __init__(self, own: socket.socket) -> None:
        self._own, self._file = own, own.makefile("rb", buffering=0)
        seconds = own.gettimeout()
        self._until = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long as a whole")
            self._own.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()

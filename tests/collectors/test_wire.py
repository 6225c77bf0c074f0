"""What the session that all sources ask with bounds."""

from __future__ import annotations

import time

import pytest
import requests

from collectors.wire import RebasedSession
from tests.servers.core import Platform, Reply, Server


class _Redirecting(Platform):
    """Answers each request after a while, with another address."""

    def answer(self, request):
        time.sleep(0.2)  # less than the client's patience with one answer
        return Reply({}, status=302, headers={"Location": f"/{len(self.requests)}"})


def test_redirects_share_one_deadline(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("collectors.wire.http.CONNECT_SECONDS", 0.5)
    with Server(_Redirecting()) as server, RebasedSession(read_seconds=0.5, base_url=None) as session:
        started = time.monotonic()
        with pytest.raises(requests.Timeout):
            session.get(server.url)
        assert time.monotonic() - started < 3
        assert 1 < len(server.platform.requests) < 10

"""Answers that are not what the client library expects, to log-ins too: each is told apart, tried again where that helps, and recorded."""

from __future__ import annotations

import pytest

from tests.servers.core import Reply

HTML = Reply(b"<html>over capacity</html>", content_type="text/html")
LOG_IN = "/xrpc/com.atproto.server.createSession"


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (Reply([], status=503), 75, "503"),
        (Reply("busy", status=503), 75, "503"),
        (Reply({"errors": None}, status=401), 2, "X_BEARER_TOKEN"),
        (Reply({"errors": [5]}, status=403), 2, "X_BEARER_TOKEN"),
        (Reply([], status=400), 1, "400"),
        (Reply({}, status=429, headers={"x-rate-limit-reset": "soon"}), 75, "too many requests"),
        (Reply({}, status=429, headers={"x-rate-limit-reset": "9" * 30}), 75, "too many requests"),
        (Reply([]), 75, "not an object"),
    ],
)
def test_what_x_may_answer_with_an_error(scene, reply, code, said):
    platform = scene.serve_some("x", 10)
    platform.answer = lambda _request: reply
    summary = scene.run()
    assert summary.exit_code == code
    assert said in scene.last_run("x")["error"]
    assert platform.posts_requests == {75: 2 if reply.status == 429 else 3}.get(code, 1)


@pytest.mark.parametrize(
    "reply",
    [
        HTML,
        Reply([]),
        Reply({"message": "busy"}),
        Reply({"accessJwt": "a", "refreshJwt": "b", "handle": "c", "did": "d", "active": True}),
        Reply({}, status=503),
        Reply({"error": {"a": 1}, "message": [2]}, status=500),
    ],
)
def test_a_log_in_at_bluesky_that_is_answered_oddly_is_tried_again(scene, reply):
    platform = scene.serve_some("bluesky", 40)
    truth, odd = platform.answer, [reply, reply]
    platform.answer = lambda request: odd.pop() if request.path == LOG_IN and odd else truth(request)
    assert scene.run().exit_code == 0
    assert (odd, len(scene.clock.slept)) == ([], 2)
    assert sorted(scene.stored("bluesky")) == sorted(platform.keys())


def test_a_log_in_that_goes_on_failing_leaves_the_rest_for_later_and_is_recorded(scene):
    platform = scene.serve_some("bluesky", 40)
    truth = platform.answer
    platform.answer = lambda request: HTML if request.path == LOG_IN else truth(request)
    assert scene.run().exit_code == 75
    assert "log-in" in scene.last_run("bluesky")["error"]


def test_a_refusal_with_half_a_character_can_be_stored(scene):
    platform = scene.serve_some("x", 10)
    platform.answer = lambda _request: Reply({"detail": "Half \ud83d a character", "status": 403}, status=403)
    assert scene.run().exit_code == 2
    assert "Half ? a character" in scene.last_run("x")["error"]

"""What `recheck` reads from the answer of a Mastodon server, or of other software, about its own posts."""

from __future__ import annotations

import polars as pl
import pytest

from tests.collectors.live.conftest import own_server, rechecked, with_ids
from tests.servers.core import Reply


def _text_of(scene, post_id):
    return scene.store.scan("posts").filter(pl.col("post_id") == post_id).collect()["text"].item()


def test_an_edit_at_mastodon_replaces_the_text_and_nothing_else(scene):
    platform = own_server(scene, 12)
    [status] = platform.statuses[3:4]
    before = scene.store.scan("posts").sort("post_id").collect().drop("text", "text_hash", "collected_at", "query")
    status["content"] = "<p>edited: they asked me to take the rest down</p>"
    status["account"] = {**status["account"], "acct": "as-its-own-server-says"}
    scene.clock.forward(hours=1)
    assert rechecked(scene).changed == 1
    assert _text_of(scene, platform.nameless(status["uri"])) == "edited: they asked me to take the rest down"
    after = scene.store.scan("posts").sort("post_id").collect().drop("text", "text_hash", "collected_at", "query")
    assert after.equals(before)


@pytest.mark.parametrize("kind", ["Note", "Tombstone"])
def test_what_other_software_says_of_its_own_posts_is_read_too(scene, kind):
    platform = own_server(scene, 12)
    uri = f"{platform.base}/objects/6c1b1f0e-0000-4000-8000-000000000001"
    with_ids(scene, uri)
    note = {"id": uri, "type": kind, "published": "2025-10-28T12:00:00Z", "summary": "cuts", "content": "<p>edited</p>"}
    truth = platform.answer
    platform.answer = lambda request: Reply(note) if request.path.startswith("/objects/") else truth(request)
    scene.clock.forward(hours=1)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.purged) == (13, kind == "Tombstone")
    if kind == "Note":
        assert _text_of(scene, uri) == "cuts\n\nedited"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"", status=302, headers={"Location": "https://elsewhere.example/"}),
        Reply({"id": "1", "content": "another", "created_at": "2025-10-28T12:00:00Z"}),
        Reply(b"<html>come in</html>", content_type="text/html"),
        Reply([]),
        Reply(b"", status=204),
    ],
    ids=["redirect", "another", "html", "list", "nothing"],
)
def test_an_answer_that_is_not_the_status_shows_neither_that_it_is_there_nor_that_it_is_gone(scene, reply):
    platform = own_server(scene, 12)
    platform.answer = lambda _request: reply
    for _ in range(3):
        outcome = rechecked(scene)
        assert (outcome.checked, outcome.unreachable, outcome.exit_code) == (0, 12, 75)
        scene.clock.forward(days=1)
    assert len(scene.stored("mastodon")) == 12

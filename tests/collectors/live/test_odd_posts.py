"""Legal JSON that no table can hold: half a character, an object for a language, a count beyond 64 bits. It costs its field, not the source."""

from __future__ import annotations

import pytest

from collectors import recheck
from tests.collectors.live.conftest import EMPLOYERS
from tests.servers.everything import SERVERS

HALF = "Laid off \ud83d at Amazon"
ODD = [
    {"text": HALF},
    {"author_id": "\ud83d"},
    {"author_id": {"x": [1]}},
    {"lang": {"a": 1}},
    {"conversation_id": [5]},
    {"conversation_id": 5},
    {"public_metrics": {"like_count": 2**70, "retweet_count": 2**63, "quote_count": 1, "reply_count": 3}},
]


@pytest.mark.parametrize("source", list(SERVERS))
def test_half_a_character_is_replaced_and_costs_no_post(scene, source):
    platform = scene.serve_some(source, 60)
    post, key = platform.newest()
    post[key] = HALF
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("rejected")) == (0, 0)
    assert sorted(scene.stored(source)) == sorted(platform.keys())
    assert sum("Laid off \ufffd at" in text for text in scene.store.scan("posts").collect()["text"]) == 1


def test_a_field_of_another_type_is_left_out_and_the_post_is_kept(scene):
    platform = scene.serve_some("x", 30)
    for post, odd in zip(platform.posts, ODD, strict=False):
        post.update(odd)
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("rejected")) == (0, 0)
    assert sorted(scene.stored("x")) == sorted(platform.keys())
    posts = {post["post_id"]: post for post in scene.store.scan("posts").collect().iter_rows(named=True)}
    stored = [posts[post["id"]] for post in platform.posts[: len(ODD)]]
    assert stored[2]["author"] is None
    assert stored[3]["lang_hint"] is None
    assert [stored[4]["thread_id"], stored[5]["thread_id"]] == [None, "5"]
    assert (stored[6]["likes"], stored[6]["reposts"], stored[6]["replies"]) == (None, 1, 3)


@pytest.mark.parametrize("source", ["x", "bluesky"])
def test_an_edit_with_half_a_character_is_followed_by_recheck(scene, source):
    platform = scene.serve_some(source, 30)
    scene.run()
    post, key = platform.newest()
    post[key] = HALF
    scene.clock.forward(hours=1)
    summary = recheck(
        scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock
    )
    assert (summary.exit_code, summary.sources[0].changed) == (0, 1)

"""Legal JSON that no table can hold: half a character, an object for a language, a count beyond 64 bits. It costs its field, not the source."""

from __future__ import annotations

import polars as pl
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


def _thing(platform):
    """A post of any platform that is looked up in bulk, in its own form."""
    return platform.items["new:Layoffs1"][0]["data"] if platform.name == "reddit" else platform.posts[0]


def _rechecks(scene):
    """Over more than a week: long enough for anything that is thought to be absent to go."""
    outcomes = []
    for days in (1, 1, 7):
        scene.clock.forward(days=days)
        [outcome] = recheck(
            scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock
        ).sources
        outcomes.append((outcome.purged, outcome.absent, outcome.held_back))
    return outcomes


@pytest.mark.parametrize(
    ("source", "lost"),
    [("x", "created_at"), ("bluesky", "indexedAt"), ("reddit", "created_utc"), ("bluesky", "record")],
)
def test_a_post_that_is_shown_in_a_form_that_cannot_be_read_is_there(scene, source, lost):
    platform = scene.serve_some(source, 30)
    scene.run()
    before = sorted(scene.stored(source))
    _thing(platform).pop(lost)
    assert set(_rechecks(scene)) == {(0, 0, 0)}
    assert sorted(scene.stored(source)) == before


def test_reposts_that_x_shows_are_there(scene):
    """As in files whose rows don't tell them from posts."""
    platform = scene.serve_some("x", 10)
    scene.run()
    repost = {"referenced_tweets": [{"type": "retweeted", "id": "1"}]}
    ids = [platform.add(scene.clock.now(), 900_000 + n, **repost)["id"] for n in range(5)]
    known = scene.store.scan("posts").head(5).collect()
    scene.store.upsert("posts", known.with_columns(pl.Series("post_id", ids)))
    assert set(_rechecks(scene)) == {(0, 0, 0)}
    assert len(scene.stored("x")) == 15
    assert scene.last_run("x", "recheck")["cost_usd"] == pytest.approx(
        0.005 * 15
    )  # what is of no use is charged for too


def test_the_text_before_an_edit_that_cannot_be_read_replaces_nothing(scene):
    platform = scene.serve_some("x", 10)
    old = platform.posts[0]
    new = platform.add(scene.clock.now(), 900_000, text="edited: they kept me after all")
    old["edit_history_tweet_ids"] = new["edit_history_tweet_ids"] = [old["id"], new["id"]]
    at = platform.posts.index(old)
    del platform.posts[at], platform._order[at]
    scene.run()
    platform.posts.append(old)
    new.pop("created_at")
    assert set(_rechecks(scene)) == {(0, 0, 0)}
    [text] = scene.store.scan("posts").filter(pl.col("post_id") == old["id"]).collect()["text"]
    assert text == "edited: they kept me after all"
    assert scene.last_run("x", "recheck")["cost_usd"] == pytest.approx(0.005 * 10)


@pytest.mark.parametrize("blank", ["", " \u200b\n"])
def test_a_post_that_was_edited_to_nothing_goes_as_a_deleted_one(scene, blank):
    platform = scene.serve_some("bluesky", 10)
    scene.run()
    platform.posts[0]["record"]["text"] = blank
    assert _rechecks(scene)[0] == (1, 0, 0)
    assert platform.posts[0]["uri"] not in scene.stored("bluesky")


def test_a_post_whose_present_form_cannot_be_stored_keeps_its_text_and_is_counted(scene):
    platform = scene.serve_some("x", 10)
    scene.run()
    platform.posts[0] |= {"created_at": "1999-01-01T00:00:00Z", "text": "edited"}
    [outcome] = recheck(
        scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock
    ).sources
    assert (outcome.purged, outcome.rejected, len(scene.stored("x"))) == (0, 1, 10)
    assert "edited" not in scene.store.scan("posts").collect()["text"].to_list()

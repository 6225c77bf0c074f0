"""Posts that nobody can be asked about: they take no other's turn, count as no look, and have no say in what is gone."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from tests.collectors.live.conftest import START, own_server, rechecked, with_ids
from tests.servers.reddit import Reddit


@pytest.fixture
def a_subreddit(scene):
    """A dozen posts, none of them young."""
    times = {"start": START - dt.timedelta(days=6), "end": START - dt.timedelta(days=4)}
    platform = Reddit(subreddits=("Layoffs1",), posts_each=12, comments_each=0, **times)
    scene.serve(platform, subreddits=["Layoffs1"], comments=False, search=False, recheck_posts=10)
    scene.run()
    return platform


def _rows_of_a_dump(scene, count):
    """That don't show whether they are posts or comments."""
    known = scene.store.scan("posts").head(1).collect()
    for number in range(count):
        own = {"post_id": f"0{number:03d}", "thread_id": f"0{number:03d}", "url": None}
        scene.store.upsert("posts", known.with_columns(pl.lit(said, pl.String).alias(at) for at, said in own.items()))


def test_rows_that_show_no_kind_take_no_turn_of_posts_that_can_be_asked_for(scene, a_subreddit):
    _rows_of_a_dump(scene, 30)
    before = len(a_subreddit.requests)
    assert [(one.checked, one.not_asked) for one in (rechecked(scene), rechecked(scene))] == [(10, 30), (2, 30)]
    asked = [one for request in a_subreddit.requests[before:] for one in request.params.get("id", "").split(",") if one]
    assert len(asked) == 12


def test_rows_that_show_no_kind_do_not_keep_a_deleted_post(scene, a_subreddit):
    scene.sections["reddit"]["recheck_posts"] = 100
    _rows_of_a_dump(scene, 8)
    rechecked(scene)
    a_subreddit.by_name.pop(a_subreddit.items["new:Layoffs1"][0]["data"]["name"])
    scene.clock.forward(hours=21)
    assert rechecked(scene).absent == 1
    scene.clock.forward(hours=2)  # only the missing one is due, and others are asked for to vouch
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.held_back, outcome.purged) == (1, 0, 1)


def test_addresses_that_are_never_asked_take_no_turn_of_others_at_mastodon(scene):
    platform = own_server(scene, 12)
    scene.sections["mastodon"]["recheck_posts"] = 12
    with_ids(
        scene,
        "https://10.0.0.1/statuses/1",
        "http://example.org/statuses/1",
        "https://[::1/2",
        "https://printer.local/3",
    )
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.not_asked, outcome.unreachable, outcome.exit_code) == (12, 4, 0, 0)
    assert len(scene.stored("mastodon")) == len(platform.keys()) + 4


def test_a_name_that_leads_into_this_network_is_unreachable_not_checked(scene, monkeypatch):
    own_server(scene, 12)
    with_ids(scene, "https://leads.home.example/statuses/1")
    monkeypatch.setattr("collectors.mastodon.is_public", lambda _host: False)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.not_asked, outcome.unreachable) == (12, 0, 1)
    assert "leads.home.example is no host of the internet" in outcome.error

"""A clock that was ahead for one run: what it wrote down lies in the future, and must not stop the runs after it."""

from __future__ import annotations

import datetime as dt

from tests.collectors.live.conftest import rechecked
from tests.servers.reddit import Reddit


def test_what_drained_by_a_clock_that_was_ahead_is_asked_again(scene):
    """A query that always fails makes every run one that completes another."""
    platform = Reddit(subreddits=("Layoffs",), posts_each=50, comments_each=0, **scene.times)
    scene.serve(platform, subreddits=["Layoffs", "secret"], comments=False, search=False)
    scene.clock.forward(days=30)
    scene.run()
    scene.clock.forward(days=-29)
    late = platform.post(900_000, scene.clock.now() - dt.timedelta(minutes=5), "Layoffs")
    platform.items["new:Layoffs"].insert(0, late)
    scene.run()
    assert late["data"]["id"] in scene.stored("reddit")


def test_a_window_left_by_a_clock_that_was_ahead_is_followed_by_what_is_new(scene):
    platform = scene.serve_some("bluesky", 250)
    scene.clock.forward(days=30)
    platform.now = lambda: scene.clock.now() + dt.timedelta(seconds=1)
    scene.sections["bluesky"]["first_days"] = 40
    platform.next_faults = [None, *["server_error"] * 3]
    assert scene.run().exit_code == 75
    scene.clock.forward(days=-29)
    late = platform.post(900_000, scene.clock.now() - dt.timedelta(minutes=5))
    platform.posts.insert(0, late)
    platform._order.insert(0, -(scene.clock.now() - dt.timedelta(minutes=5)).timestamp())
    assert scene.run().exit_code == 0
    assert late["uri"] in scene.stored("bluesky")


def test_posts_looked_up_by_a_clock_that_was_ahead_are_looked_up_again(scene):
    scene.serve_some("bluesky", 20)
    scene.run()
    scene.clock.forward(days=30)
    assert rechecked(scene).checked == 20
    scene.clock.forward(days=-29)
    assert rechecked(scene).checked == 20
    scene.clock.forward(hours=1)
    assert rechecked(scene).checked == 0

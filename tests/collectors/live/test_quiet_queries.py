"""A query that has never shown a post has no high-water mark: how far it got is known from its last window alone."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.servers.hackernews import HackerNews
from tests.servers.reddit import Reddit


def test_what_is_written_during_a_long_pause_is_read_after_it(scene):
    platform = scene.serve(HackerNews(count=0, threads=0, **scene.times))
    assert scene.run().exit_code == 0
    scene.clock.forward(days=20)
    for number in range(3):
        hit = platform.hit(50_000_000 + number, scene.clock.now() - dt.timedelta(days=12, minutes=number))
        platform.hits.append(hit)
        platform._order.append(-hit["created_at_i"])
        platform._all[hit["objectID"]] = hit
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("hackernews")) == sorted(platform.keys())


def test_a_pause_beyond_the_platform_s_reach_is_a_gap(scene):
    platform = scene.serve_some("x", 0)
    assert scene.run().exit_code == 0
    drained_to = scene.clock.now()
    scene.clock.forward(hours=1)
    assert scene.run().sources[0].gaps == 0
    scene.clock.forward(days=10)
    [gap] = scene.run().sources[0].queries[0].state.gaps
    assert gap.start == drained_to + dt.timedelta(hours=1)
    assert platform.posts_requests == 9  # an empty answer is asked for three times


@pytest.mark.parametrize("source", ["bluesky", "reddit", "x", "hackernews"])
def test_a_page_of_nothing_that_is_for_us_is_no_empty_answer(scene, source):
    """It shows that the platform answers: it is believed at once, and the next run does not go back behind it."""
    if source == "reddit":
        listing = Reddit(subreddits=("Layoffs",), posts_each=5, comments_each=0, **scene.times)
        platform = scene.serve(listing, subreddits=["Layoffs"], comments=False, search=False)
    elif source == "hackernews":
        platform = scene.serve(HackerNews(count=5, threads=0, **scene.times))
    else:
        platform = scene.serve_some(source, 5)
    HIDE[source](platform)
    assert scene.run().exit_code == 0
    assert (platform.posts_requests, scene.stored(source)) == (1, [])
    drained_to = scene.last_run(source)["window_end"]
    scene.clock.forward(days=20)
    assert scene.run().exit_code == 0
    assert scene.last_run(source)["window_start"] > drained_to - dt.timedelta(days=2)


def _only_for_members(platform):
    for post in platform.posts:
        post["author"]["labels"] = [{"val": "!no-unauthenticated"}]


def _removed(platform):
    for item in platform.items["new:Layoffs"]:
        item["data"] |= {"selftext": "[removed]", "removed_by_category": "moderator"}


def _reposts(platform):
    for post in platform.posts:
        post["referenced_tweets"] = [{"type": "retweeted", "id": "1"}]


def _job_advertisements(platform):
    for hit in platform.hits:
        hit["_tags"] = ["job"]


HIDE = {"bluesky": _only_for_members, "reddit": _removed, "x": _reposts, "hackernews": _job_advertisements}

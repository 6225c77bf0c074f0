"""A page that fails in run after run: told from an outage, read around where that helps, given up as a gap where nothing does."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.collectors.live.conftest import START
from tests.servers.core import Reply, iso


def _second(request):
    """Whether the second page is asked for: by its cursor, or in another run by the time that the first one reached."""
    below_the_first = iso(START - dt.timedelta(days=1))
    return request.params.get("cursor") == "100" or request.params.get("until", "9") < below_the_first


@pytest.fixture
def platform(scene):
    platform = scene.serve_some("bluesky", 250)
    truth = platform.answer
    platform.broken = _second
    platform.answer = lambda request: (
        Reply({}, status=503) if platform.is_for_posts(request) and platform.broken(request) else truth(request)
    )
    return platform


def _runs(scene, count):
    codes = []
    for _ in range(count):
        codes.append(scene.run().exit_code)
        scene.clock.forward(hours=1)
    return codes


def test_a_page_that_always_fails_ends_as_a_gap_and_holds_up_no_later_post(scene, platform):
    floor, ceiling = scene.clock.now() - dt.timedelta(days=7), scene.clock.now()
    assert _runs(scene, 5) == [75, 75, 75, 75, 0]
    [gap] = scene.last_run("bluesky")["gaps"]
    assert (gap["start"], gap["end"]) == (floor, ceiling)
    assert "failed in 3 runs" in gap["reason"]
    assert len(scene.stored("bluesky")) == 100
    late = platform.post(999, scene.clock.now() - dt.timedelta(minutes=30))
    platform.posts.insert(0, late)
    platform._order.insert(0, -(scene.clock.now() - dt.timedelta(minutes=30)).timestamp())
    assert _runs(scene, 1) == [0]
    assert late["uri"] in scene.stored("bluesky")


def test_a_page_that_comes_back_costs_no_post(scene, platform):
    assert _runs(scene, 4) == [75] * 4
    platform.broken = lambda _request: False
    assert _runs(scene, 1) == [0]
    assert sorted(scene.stored("bluesky")) == sorted(platform.keys())
    assert not any(scene.store.scan("runs").collect()["gaps"].to_list())


def test_an_outage_is_no_fault_of_a_page(scene, platform):
    """However long it lasts, the window goes on at its page and nothing is read again."""
    assert _runs(scene, 1) == [75]
    platform.broken = lambda _request: True
    assert _runs(scene, 7) == [75] * 7
    platform.broken = lambda _request: False
    asked = platform.posts_requests
    assert _runs(scene, 1) == [0]
    assert platform.posts_requests - asked <= 3  # two pages, and a look for news
    assert sorted(scene.stored("bluesky")) == sorted(platform.keys())
    assert not any(scene.store.scan("runs").collect()["gaps"].to_list())


def test_a_page_that_is_refused_under_a_fresh_token_too_is_given_up(scene):
    platform = scene.serve_some("bluesky", 250)
    truth = platform.answer
    platform.answer = lambda request: (
        Reply({"error": "InvalidRequest", "message": "no such cursor"}, status=400)
        if _second(request)
        else truth(request)
    )
    assert _runs(scene, 3) == [1, 1, 0]
    [gap] = scene.last_run("bluesky")["gaps"]
    assert gap["end"] == scene.clock.now() - dt.timedelta(hours=3)

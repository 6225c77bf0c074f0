"""Empty answers that are false: after three of them a run goes by them, the next asks once more, and nothing is lost."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.collectors.live.conftest import START
from tests.servers.core import Reply, iso

NOTHING = {
    "x": {"meta": {"result_count": 0}},
    "reddit": {"kind": "Listing", "data": {"children": [], "after": None}},
    "bluesky": {"posts": []},
}
TOKENS = {"x": "next_token", "reddit": "after", "bluesky": "cursor"}


@pytest.fixture(params=list(NOTHING))
def platform(scene, request):
    return _served(scene, request.param)


def _served(scene, source):
    """A platform that answers with nothing where the first of `blank` says so."""
    platform = scene.serve_one_stream(source)
    truth, platform.blank = platform.answer, []

    def answer(asked):
        if platform.blank and platform.is_for_posts(asked) and platform.blank[0](asked):
            platform.blank.pop(0)
            return Reply(NOTHING[platform.name])
        return truth(asked)

    platform.answer = answer
    return platform


def _goes_on(platform):
    # Bluesky's next run goes on from the time that the first page reached.
    below_the_first = iso(START - dt.timedelta(days=1))
    return lambda asked: TOKENS[platform.name] in asked.params or asked.params.get("until", "9") < below_the_first


def test_three_false_ends_in_a_row_lose_nothing_after_the_next_run(scene, platform):
    """What lies behind them is older than any overlap."""
    platform.blank = [_goes_on(platform)] * 3
    first = scene.run()
    assert (first.exit_code, platform.blank) == (0, [])
    assert len(scene.stored(platform.name)) == 100
    late = _write(platform, scene.clock.now() + dt.timedelta(hours=19))
    scene.clock.forward(hours=20)
    assert scene.run().exit_code == 0
    assert late in scene.stored(platform.name)
    assert sorted(scene.stored(platform.name)) == sorted(platform.keys())


def test_an_end_is_out_of_reach_by_the_time_it_is_known_to_be_false(scene):
    """The run that finds it so says what is missing; an end that was true is no gap, however late it is confirmed."""
    platform = _served(scene, "x")
    platform.blank = [_goes_on(platform)] * 3
    scene.run()
    scene.clock.forward(days=3)
    [gap] = scene.run().sources[0].queries[0].state.gaps
    assert gap.end == scene.clock.now() - dt.timedelta(days=7) + dt.timedelta(minutes=1)


def test_an_end_that_is_true_is_asked_for_once_more_and_then_believed(scene, platform):
    """As a platform ends that gives a token on its last page too: nothing loops, nothing is a failure, and the mark moves."""
    platform.blank = [_goes_on(platform)] * 100
    # The end, the top, and for some an end again, asked for three times. At Reddit the end counts only after a second look from the top.
    most = 9 if platform.name == "reddit" else 5
    assert scene.run().exit_code == 0
    assert platform.posts_requests == 4
    scene.clock.forward(hours=26)
    assert scene.run().exit_code == 0
    assert platform.posts_requests <= 4 + most
    newest = scene.store.scan("posts").collect()["created_at"].max()
    assert scene.last_run(platform.name)["high_water"] == newest
    for _ in range(2):
        asked = platform.posts_requests
        scene.clock.forward(hours=26)
        assert scene.run().exit_code == 0
        assert platform.posts_requests <= asked + most
    assert not any(scene.store.scan("runs").collect()["gaps"].to_list())


@pytest.mark.parametrize("why", ["removed", "pushed out"])
def test_a_reddit_listing_whose_place_has_gone_is_read_again_from_its_top(scene, why):
    """The token is the name of a post. Once that has gone, the listing behind it is empty, however often it is asked for."""
    platform = _served(scene, "reddit")
    platform.next_faults = [None, None, *["server_error"] * 3]
    assert scene.run().exit_code == 75
    listing = platform.items["new:Layoffs"]
    if why == "removed":
        del listing[199]
    else:
        listing[:0] = [platform.post(900_000 - n, START, "Layoffs") for n in range(900)]
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    shown = {item["data"]["id"] for item in listing[:1_000]}
    assert shown <= set(scene.stored("reddit"))
    assert len(scene.last_run("reddit")["gaps"]) == (why == "pushed out")
    assert scene.last_run("reddit")["high_water"] == scene.store.scan("posts").collect()["created_at"].max()


def test_false_answers_at_the_top_lose_nothing_either(scene, platform):
    assert scene.run().exit_code == 0
    for _ in range(2):
        scene.clock.forward(hours=30)
        _write(platform, scene.clock.now() - dt.timedelta(hours=20))
        platform.blank = [lambda _asked: True] * 3
        assert scene.run().exit_code == 0
    assert platform.blank == []
    scene.clock.forward(hours=30)
    assert scene.run().exit_code == 0
    assert sorted(scene.stored(platform.name)) == sorted(platform.keys())


def _write(platform, moment):
    """A new post; its id."""
    number = platform.posts_requests
    if platform.name == "x":
        return platform.add(moment, 700_000 + number)["id"]
    if platform.name == "bluesky":
        platform.posts.insert(0, platform.post(700_000 + number, moment))
        platform._order.insert(0, -moment.timestamp())
        return platform.posts[0]["uri"]
    platform.items["new:Layoffs"].insert(0, platform.post(700_000 + number, moment, "Layoffs"))
    return platform.items["new:Layoffs"][0]["data"]["id"]

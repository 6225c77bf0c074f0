"""A query that has never shown a post has no high-water mark: how far it got is known from its last window alone."""

from __future__ import annotations

import datetime as dt

from tests.servers.hackernews import HackerNews


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

"""A rate limit whose reset lies far ahead, or is wrong: the platform is asked once a day whether it is over."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

import polars as pl
import pytest

from tests.collectors.live.conftest import START
from tests.servers.core import Reply
from tests.servers.x import X

TEN_YEARS = 10 * 365 * 86_400


def test_a_reset_years_ahead_holds_a_query_for_a_day(scene):
    platform = scene.serve(X(count=50, start=START - dt.timedelta(days=1), end=START))
    platform.rate_limit_seconds = TEN_YEARS
    platform.next_faults = ["rate_limit", "rate_limit"]
    for day in (1, 2):
        assert scene.run().exit_code == 75
        scene.clock.forward(hours=23)
        assert scene.run().exit_code == 75
        assert platform.posts_requests == day
        scene.clock.forward(hours=2)
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("x")) == sorted(platform.keys())


def test_a_query_that_an_earlier_version_held_for_years_is_asked_after_a_day(scene):
    platform = scene.serve(X(count=50, start=START - dt.timedelta(days=1), end=START))
    platform.next_faults = ["rate_limit_unsaid", "rate_limit_unsaid"]
    scene.run()
    far = scene.clock.now() + dt.timedelta(seconds=TEN_YEARS)
    runs = scene.store.scan("runs").collect()
    scene.store.upsert("runs", runs.with_columns(pl.lit(far).cast(runs.schema["not_before"]).alias("not_before")))
    for _ in range(3):
        assert scene.run().exit_code == 75
        scene.clock.forward(hours=10)
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("x")) == sorted(platform.keys())


@pytest.mark.parametrize("reset", ["9999-12-31T23:59:59Z", "1971-01-01T00:00:00Z"])
def test_a_reset_at_the_end_of_all_time_or_long_ago_is_taken_as_any_other(scene, reset):
    platform = scene.serve_some("mastodon", 20, tags=["layoffs"])
    truth = platform.answer
    platform.answer = lambda _request: Reply(
        {"error": "slow"}, status=429, headers={"X-RateLimit-Reset": reset, "Date": ""}
    )
    assert scene.run().exit_code == 75
    platform.answer = truth
    scene.clock.forward(hours=25)
    assert scene.run().exit_code == 0


def _limited(platform, **headers):
    """Every request for posts is one too many."""
    truth = platform.answer
    platform.answer = lambda request: (
        Reply({"error": "slow", "message": "slow"}, status=429, headers=headers)
        if platform.is_for_posts(request)
        else truth(request)
    )


@pytest.mark.parametrize("source", ["hackernews", "reddit", "bluesky"])
@pytest.mark.parametrize("said", ["9" * 14, "9" * 400, "\u00b2", "-5", "soon", "1e9", ""])
def test_a_retry_after_that_is_no_time_is_a_rate_limit_all_the_same(scene, source, said):
    words = {"subreddits": ["Layoffs1", "Layoffs2"]} if source == "reddit" else {"words": ["layoffs", "layoff"]}
    platform = scene.serve_some(source, 20, **words)
    _limited(platform, **{"Retry-After": said})
    summary = scene.run()
    assert summary.exit_code == 75
    assert "429" in summary.sources[0].error
    assert platform.posts_requests == 2  # once more after a minute, and the other queries are left


@pytest.mark.parametrize("source", ["hackernews", "reddit", "bluesky"])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_retry_after_is_waited_for_in_seconds_or_until_a_date_of_the_platform_s_clock(scene, source, as_date):
    platform = scene.serve_some(source, 20)
    theirs = scene.clock.now() + dt.timedelta(hours=3)
    said = format_datetime(theirs + dt.timedelta(seconds=90), usegmt=True) if as_date else "90"
    _limited(platform, **{"Retry-After": said, "Date": format_datetime(theirs, usegmt=True)})
    scene.run(deadline=dt.timedelta(minutes=5))
    assert [90 <= seconds <= 96 for seconds in scene.clock.slept] == [True]

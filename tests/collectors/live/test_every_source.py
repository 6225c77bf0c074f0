"""What holds for each source, whatever its platform does: nothing lost, nothing doubled, nothing asked without need."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from tests.servers.core import DRIPS, FAULTS
from tests.servers.everything import SERVERS

SOURCES = list(SERVERS)


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_stores_every_post_once_and_the_next_finds_nothing_new(scene, source):
    platform = scene.serve_some(source)
    first = scene.run()
    assert first.exit_code == 0
    assert sorted(scene.stored(source)) == sorted(platform.keys())
    assert first.sources[0].total("new") == len(platform.keys())
    asked = platform.posts_requests
    scene.clock.forward(hours=1)
    second = scene.run()
    assert (second.exit_code, second.sources[0].total("new"), second.sources[0].total("changed")) == (0, 0, 0)
    assert platform.posts_requests <= 2 * asked
    assert len(scene.stored(source)) == len(platform.keys())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_fault_on_any_page_costs_no_post(scene, source, fault):
    platform = scene.serve_some(source, 500, read_seconds=0.3)
    platform.next_faults = [None, fault, None, fault]
    scene.run_until_done()
    assert platform.injected == [fault, fault]
    assert sorted(scene.stored(source)) == sorted(platform.keys())


@pytest.mark.parametrize("source", SOURCES)
def test_a_page_that_is_empty_twice_does_not_end_the_window(scene, source):
    platform = scene.serve_some(source)
    platform.next_faults = [None, "empty_page", "empty_page"]
    assert scene.run().exit_code == 0
    assert platform.injected == ["empty_page"] * 2
    assert sorted(scene.stored(source)) == sorted(platform.keys())


@pytest.mark.parametrize("fault", ["server_error", "timeout", "reset_mid_body", "html"])
@pytest.mark.parametrize("source", SOURCES)
def test_after_three_tries_the_run_is_partial_and_the_next_goes_on(scene, source, fault):
    platform = scene.serve_some(source, 200, read_seconds=0.3)
    platform.next_faults = [None, fault, fault, fault]
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].status) == (75, "partial")
    assert platform.injected == [fault] * 3
    assert len(scene.clock.slept) == 2
    assert sum(scene.clock.slept) < 10
    assert scene.run().exit_code == 0
    assert sorted(scene.stored(source)) == sorted(platform.keys())


@pytest.mark.parametrize("drip", DRIPS)
@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_that_drips_is_given_up_when_its_time_is_over(scene, source, drip):
    """The read timeout of a client library starts anew at each byte; this server would go on for 20 seconds."""
    platform = scene.serve_some(source, 60, read_seconds=0.3)
    platform.next_faults = [drip] * 3
    started = time.monotonic()
    summary = scene.run()
    assert time.monotonic() - started < 20
    assert (summary.exit_code, platform.injected) == (75, [drip] * 3)
    assert "could not be reached" in summary.sources[0].error
    assert scene.run().exit_code == 0
    assert sorted(scene.stored(source)) == sorted(platform.keys())


@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_that_would_fill_the_memory_is_given_up(scene, source, monkeypatch):
    platform = scene.serve_some(source, 60)
    monkeypatch.setattr("collectors.wire.bounded._LARGEST", 1000)
    platform.choose_fault = lambda _number: "html" if platform.posts_requests < 2 else None
    summary = scene.run()
    assert summary.exit_code == 75
    assert "TooLarge" in summary.sources[0].error


@pytest.mark.parametrize("source", SOURCES)
def test_a_rate_limit_is_waited_for_once_until_it_is_reset(scene, source):
    platform = scene.serve_some(source)
    platform.rate_limit_seconds = 300
    platform.next_faults = [None, "rate_limit"]
    assert scene.run().exit_code == 0
    assert len(scene.clock.slept) == 1
    assert 298 <= scene.clock.slept[0] <= 306
    assert sorted(scene.stored(source)) == sorted(platform.keys())


@pytest.mark.parametrize("source", SOURCES)
def test_a_rate_limit_beyond_the_deadline_ends_the_run_and_the_next_waits_for_it(scene, source):
    platform = scene.serve_some(source)
    platform.rate_limit_seconds = 300
    platform.next_faults = [None, "rate_limit"]
    summary = scene.run(deadline=dt.timedelta(minutes=4))
    assert summary.exit_code == 75
    assert scene.clock.slept == []
    held_until = max(query.state.not_before for query in summary.sources[0].queries if query.state.not_before)
    assert abs((held_until - scene.clock.now()).total_seconds() - 300) <= 2
    asked = platform.posts_requests
    scene.clock.forward(minutes=1)
    assert scene.run().exit_code == 75
    assert platform.posts_requests == asked
    scene.clock.forward(minutes=10)
    scene.run_until_done()
    assert sorted(scene.stored(source)) == sorted(platform.keys())


@pytest.mark.parametrize("source", SOURCES)
def test_a_rate_limit_that_does_not_say_how_long_is_not_hammered(scene, source):
    platform = scene.serve_some(source)
    platform.choose_fault = lambda _number: "rate_limit_unsaid"
    summary = scene.run()
    assert summary.exit_code == 75
    assert platform.posts_requests == 2
    assert [round(seconds) for seconds in scene.clock.slept] == [pytest.approx(63, abs=3)]


@pytest.mark.parametrize("source", SOURCES)
def test_the_high_water_mark_moves_only_when_the_window_has_drained(scene, source):
    platform = scene.serve_some(source)
    platform.next_faults = [None, "server_error", "server_error", "server_error"]
    scene.run()
    runs = scene.store.scan("runs").collect()
    unfinished = runs.filter(runs["status"] == "partial")
    assert unfinished.height
    assert unfinished["high_water"].null_count() == unfinished.height
    assert 0 < len(scene.stored(source)) < len(platform.keys())
    scene.run_until_done()
    newest = scene.store.scan("posts").collect()["created_at"].max()
    marks = [row["high_water"] for row in scene.store.scan("runs").collect().iter_rows(named=True) if row["high_water"]]
    assert max(marks) == newest


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_that_completes_another_does_not_start_again(scene, source):
    fault_free = scene.serve_some(source, 200)
    scene.run()
    interrupted = scene.serve_some(source, 200)
    scene.store = type(scene.store).open(scene.store.root + "-2")
    interrupted.next_faults = [None, "server_error", "server_error", "server_error"]
    assert scene.run().exit_code == 75
    assert scene.run().exit_code == 0
    # Three that failed, and a look for news in the query that was in flight.
    assert interrupted.posts_requests <= fault_free.posts_requests + 3 + 3


@pytest.mark.parametrize("source", SOURCES)
def test_deadline_ends_a_run_between_pages(scene, source):
    platform = scene.serve_some(source)
    platform.after_reply = lambda _number: scene.clock.forward(minutes=10)
    summary = scene.run(deadline=dt.timedelta(minutes=5))
    assert summary.exit_code == 75
    assert platform.posts_requests == 1
    assert "deadline" in summary.sources[0].error


@pytest.mark.parametrize("source", SOURCES)
def test_posts_dated_in_the_future_do_not_push_the_mark_past_posts_to_come(scene, source):
    """A clock that is off by hours, or a forged date, would else make the next run skip what lies between."""
    platform = scene.serve_some(source)
    scene.clock.forward(hours=-3)
    scene.run()
    marks = [row["high_water"] for row in scene.store.scan("runs").collect().iter_rows(named=True) if row["high_water"]]
    assert all(mark <= scene.clock.now() for mark in marks)
    scene.clock.forward(hours=4)
    scene.run()
    assert sorted(scene.stored(source)) == sorted(platform.keys())

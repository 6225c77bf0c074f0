"""What `recheck` makes of kills, of a spent budget and of more posts than it may look up."""

from __future__ import annotations

import datetime as dt
import sys

import pytest

from collectors import status
from tests.collectors.live.conftest import PlayedClock, rechecked


def _looked_up(platform, path="/2/tweets"):
    return [one for request in platform.requests if request.path == path for one in request.params["ids"].split(",")]


class _Killed(PlayedClock):
    """Interrupts the fourth request, as Ctrl-C would anywhere."""

    def __init__(self) -> None:
        self._asked = 0
        super().__init__()

    @property
    def stopped(self) -> bool:
        self._asked += 1
        if self._asked > 3:
            raise KeyboardInterrupt
        return False

    @stopped.setter
    def stopped(self, _value: bool) -> None:
        pass


def test_a_kill_keeps_what_was_found_and_what_it_cost(scene, monkeypatch):
    monkeypatch.setattr(sys.modules["collectors.engine.recheck"], "_PORTION", 100)
    platform = scene.serve_some("x", 450)
    scene.run()
    platform.deleted = {min(platform.keys())}
    with pytest.raises(KeyboardInterrupt):
        rechecked(scene, clock=_Killed())
    looked = set(_looked_up(platform))
    assert len(looked) == 300
    assert scene.last_run("x", "recheck")["cost_usd"] == pytest.approx(0.005 * 299)
    outcome = rechecked(scene)
    assert outcome.checked == 150
    assert len(set(_looked_up(platform)) - looked) == 150
    assert len(scene.stored("x")) == 449


def test_run_again_at_once_nothing_is_paid_for_twice(scene):
    scene.serve_some("x", 40)
    scene.run()
    said = []
    assert (rechecked(scene, on_estimate=said.append).checked, rechecked(scene, on_estimate=said.append).checked) == (
        40,
        0,
    )
    assert said == ["X: up to 40 posts are looked up, at most $0.20"]
    scene.clock.forward(days=1)
    assert rechecked(scene).checked == 40


def test_a_spent_budget_is_no_success(scene):
    platform = scene.serve_some("x", 40, max_usd_per_month=0.3)
    scene.run()
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.exit_code) == (20, 75)
    assert "20 of 40 posts that are due wait" in outcome.error
    assert "max_usd_per_month in [sources.x] is reached" in outcome.error
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.exit_code) == (0, 75)
    assert "max_usd_per_month" in outcome.error
    assert len(_looked_up(platform)) == 20


@pytest.mark.parametrize("source", ["x", "bluesky"])
def test_posts_that_are_due_and_left_are_told_and_left_to_the_nextrechecked(scene, source):
    platform = scene.serve_some(source, 50, recheck_posts=20)
    scene.run()
    platform.deleted = set(sorted(platform.keys())[::4])
    for checked, left in ((20, 30), (20, 10)):
        outcome = rechecked(scene)
        assert (outcome.checked, outcome.exit_code) == (checked, 75)
        assert f"{left} of {left + 20} posts that are due wait for the next recheck: recheck_posts in" in outcome.error
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.exit_code, outcome.error) == (10, 0, None)


def test_the_budget_of_a_run_is_named_where_it_is_what_was_reached(scene):
    scene.serve_some("x", 40)
    scene.run()
    outcome = rechecked(scene, budget=10)
    assert (outcome.checked, outcome.exit_code) == (10, 75)
    assert outcome.error == "30 of 40 posts that are due wait for the next recheck: the budget of this run is reached"


def test_a_deadline_tells_what_it_leaves(scene):
    platform = scene.serve_some("x", 250)
    scene.run()
    truth = platform.answer

    def answer(request):
        scene.clock.forward(minutes=31)
        return truth(request)

    platform.answer = answer
    outcome = rechecked(scene, deadline=dt.timedelta(minutes=60))
    assert (outcome.checked, outcome.exit_code) == (200, 75)
    assert "50 of 250 posts that are due wait for the next recheck: the run's deadline was reached" in outcome.error


def test_a_source_whose_posts_are_not_to_be_looked_up_is_left_alone(scene):
    scene.serve_some("x", 40, recheck_posts=0)
    scene.run()
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.exit_code, outcome.error) == (0, 0, None)


def test_how_the_last_collect_ended_is_shown_after_a_recheck_too(scene):
    platform = scene.serve_some("x", 250)
    platform.next_faults = [None, "server_error", "server_error", "server_error"]
    scene.run()
    scene.clock.forward(minutes=5)
    assert rechecked(scene).exit_code == 0
    [x] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (x.last_status, x.backlog, x.last_run) == ("partial", 1, scene.clock.now() - dt.timedelta(minutes=5))
    assert "503" in x.error

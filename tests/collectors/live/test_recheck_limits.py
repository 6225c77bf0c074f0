"""What `recheck` makes of kills, of a spent budget and of more posts than it may look up."""

from __future__ import annotations

import datetime as dt
import sys

import polars as pl
import pytest

from collectors import status
from collectors.engine.budget import cost_of_month
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
    assert said == ["X: up to 40 posts are looked up, at most $0.40: one edited meanwhile is read twice"]
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


def _edit(platform, count):
    """New versions of the first posts, under ids of their own."""
    for old in platform.posts[:count]:
        old["edit_history_tweet_ids"] = [old["id"], str(int(old["id"]) + 1)]
        platform.posts.append({**old, "id": old["edit_history_tweet_ids"][1], "text": "edited: they kept me after all"})


def test_an_edited_post_is_read_twice_once_and_by_its_newest_version_from_then_on(scene):
    platform = scene.serve_some("x", 40)
    scene.run()
    _edit(platform, 5)
    scene.clock.forward(days=1)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.changed) == (40, 5)
    assert outcome.cost_usd == pytest.approx(0.005 * 45)
    assert scene.store.scan("posts").collect()["text"].str.contains("they kept me").sum() == 5
    scene.clock.forward(days=1)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.changed) == (40, 0)
    assert outcome.cost_usd == pytest.approx(0.005 * 40)


def test_reading_edited_posts_twice_does_not_exceed_the_month(scene):
    platform = scene.serve_some("x", 60, max_usd_per_month=0.60)
    scene.run()
    _edit(platform, 60)
    scene.clock.forward(days=1)
    said = []
    outcome = rechecked(scene, on_estimate=said.append)
    assert cost_of_month(scene.store.scan("runs"), "x", now=scene.clock.now()) <= 0.60 + 1e-9
    assert "at most $0.30" in said[0]
    assert outcome.exit_code == 75
    assert "max_usd_per_month in [sources.x] is reached" in outcome.error
    assert len(scene.stored("x")) == 60


@pytest.mark.parametrize("shown", [True, False])
def test_a_link_to_another_post_does_not_decide_about_the_post(scene, shown):
    platform = scene.serve_some("x", 12)
    scene.run()
    other, *_, post = (one["id"] for one in platform.posts)
    row = scene.store.scan("posts").filter(pl.col("post_id") == post).collect()
    collected = row["collected_at"] + dt.timedelta(hours=1)
    scene.store.upsert("posts", row.with_columns(collected, url=pl.lit(f"https://x.com/i/status/{other}")))
    platform.deleted = set() if shown else {other}
    assert rechecked(scene).purged == (0 if shown else 1)
    assert post in scene.stored("x")


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

"""What is known to be missing stays known, and nothing that is stored is called missing."""

from __future__ import annotations

import datetime as dt

import pytest

from collectors import status
from tests.servers.reddit import Reddit


@pytest.mark.parametrize("ends_it", ["outage", "deadline"])
def test_a_gap_of_the_window_in_flight_outlives_the_failure_of_the_one_after_it(scene, ends_it):
    platform = Reddit(subreddits=("Layoffs",), posts_each=1_500, comments_each=0, **scene.times)
    scene.serve(platform, subreddits=["Layoffs"], comments=False, search=False)
    platform.next_faults = [None] * 5 + ["server_error"] * 3
    assert scene.run().exit_code == 75
    scene.clock.forward(hours=1)
    last_page = platform.posts_requests + 5
    if ends_it == "outage":
        platform.next_faults = [None] * 5 + ["server_error"] * 3
    else:
        platform.after_reply = lambda number: scene.clock.forward(hours=number == last_page)
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].queries[0].state.pages) == (75, 5)
    assert summary.sources[0].gaps == 1
    platform.after_reply = lambda _number: None
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    [reddit] = status(scene.store, scene.settings, now=scene.clock.now())
    oldest_shown = dt.datetime.fromtimestamp(platform.items["new:Layoffs"][999]["data"]["created_utc"], dt.UTC)
    assert [gap.end for gap in reddit.gaps if "1000 items" in gap.reason][:1] == [oldest_shown]

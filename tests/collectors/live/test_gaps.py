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


def test_what_the_overlap_goes_back_over_is_no_gap(scene):
    """A listing ends after 1,000 comments, eight hours of a busy subreddit; the overlap of a day reaches behind that in every run."""
    platform = Reddit(subreddits=("Layoffs",), posts_each=0, comments_each=0, **scene.times)
    scene.serve(platform, subreddits=["Layoffs"], comments=True, search=False)

    def talk(since, until, count):
        first = 500_000 + len(platform.by_name)
        moments = [since + (until - since) * n / count for n in range(count)]
        said = [platform.comment(first + n, moment, "Layoffs", "zz") for n, moment in enumerate(moments)]
        platform.items["comments:Layoffs"][:0] = reversed(said)

    talk(scene.clock.now() - dt.timedelta(hours=8), scene.clock.now(), 1_000)
    assert scene.run().sources[0].gaps == 1  # older ones are not shown
    for hours, gaps in ((1, 0), (1, 0), (12, 1)):
        since = scene.clock.now()
        scene.clock.forward(hours=hours)
        talk(since, scene.clock.now(), 125 * hours)
        mark = scene.last_run("reddit", "comments:Layoffs")["high_water"]
        assert scene.run().sources[0].gaps == gaps
    [gap] = scene.last_run("reddit", "comments:Layoffs")["gaps"]
    oldest_shown = dt.datetime.fromtimestamp(platform.items["comments:Layoffs"][999]["data"]["created_utc"], dt.UTC)
    assert (gap["start"], gap["end"]) == (mark, oldest_shown)

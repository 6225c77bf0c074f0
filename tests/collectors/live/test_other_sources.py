"""Bluesky, Mastodon, Hacker News and the watched folder: what is particular to each."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import polars as pl
import pytest

from collectors import Credentials
from tests.collectors.live.conftest import rechecked
from tests.servers.core import Reply, iso
from tests.servers.everything import CREDENTIALS
from tests.servers.hackernews import HackerNews
from tests.servers.mastodon import Mastodon


def test_bluesky_keeps_its_session_between_runs_readable_by_the_owner_alone(scene):
    platform = scene.serve_some("bluesky")
    scene.run()
    scene.clock.forward(hours=1)
    scene.run()
    assert platform.log_ins == 1
    [file] = [path for path in scene.store.journal("x").path.parent.iterdir() if path.suffix == ".session"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("damaged", encoding="utf-8")
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    assert platform.log_ins == 2


def test_what_is_kept_beside_the_journals_is_never_taken_for_one(scene, monkeypatch):
    """A purge goes through all journals at any moment, and removes drafts that a killed one left."""
    scene.serve_some("bluesky", 40)
    nothing = pl.DataFrame(schema={"source": pl.String, "post_id": pl.String})
    replace, kept = Path.replace, []

    def while_purging(path, target):
        if path.parent.name == "journals":
            kept.append(Path(target).name)
            assert {journal.name for journal in scene.store.journals()} <= {"bluesky"}
            for name in ("bluesky", "x", *(journal.name for journal in scene.store.journals())):
                scene.store.journal(name).drop(nothing)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", while_purging)
    assert scene.run().exit_code == 0
    assert rechecked(scene).exit_code == 0
    assert set(kept) == {"bluesky.session", "recheck-bluesky.parquet"}


@pytest.mark.parametrize("change", [{"BLUESKY_HANDLE": "someone.else"}, {"BLUESKY_APP_PASSWORD": "wrong-password"}])
def test_bluesky_credentials_that_have_changed_are_used_and_checked(scene, change):
    """The kept session is still good: without a look at the credentials the old account would go on being used."""
    platform = scene.serve_some("bluesky", 20)
    scene.run()
    right = scene.credentials
    scene.credentials = Credentials({**CREDENTIALS, **change})
    scene.clock.forward(hours=1)
    summary = scene.run()
    assert (summary.exit_code, platform.log_ins) == (2, 1)
    assert "refuses the handle or app password" in summary.sources[0].error
    platform.account = tuple({**CREDENTIALS, **change}[name] for name in ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"))
    assert (scene.run().exit_code, platform.log_ins) == (0, 2)
    scene.credentials = right
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 2


def test_a_bluesky_session_is_not_shown_to_another_server(scene):
    scene.serve_some("bluesky", 20)
    scene.run()
    other = scene.serve_some("bluesky", 20)
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    assert other.log_ins == 1


def test_a_bluesky_session_that_can_t_be_refreshed_is_followed_by_a_log_in(scene):
    """Kept for long, or ended at Bluesky: 401, as for a wrong password, but the password is right."""
    platform = scene.serve_some("bluesky", 20)
    platform.session_lasts = -dt.timedelta(days=1)
    scene.run()
    truth = platform.answer
    platform.session_lasts = dt.timedelta(days=2)
    platform.answer = lambda request: (
        Reply({"error": "AuthMissing", "message": "Authentication Required"}, status=401)
        if request.path.endswith("refreshSession")
        else truth(request)
    )
    scene.clock.forward(hours=1)
    assert (scene.run().exit_code, platform.log_ins) == (0, 2)


def test_bluesky_posts_deleted_between_two_runs_hide_no_others(scene):
    """Its cursor counts results: 40 fewer above it, and 40 below would be passed by."""
    platform = scene.serve_some("bluesky", 600)
    platform.next_faults = [None, None, None, *["server_error"] * 3]
    assert scene.run().exit_code == 75
    del platform.posts[50:90], platform._order[50:90]
    scene.clock.forward(hours=1)
    asked = platform.posts_requests
    assert scene.run().exit_code == 0
    assert platform.posts_requests == asked + 5  # 301 posts in pages of 100, and a look for news
    assert platform.keys() <= set(scene.stored("bluesky"))


@pytest.mark.parametrize("place", [250, 299])
def test_a_bluesky_post_dated_a_day_before_its_place_hides_no_others_from_the_next_run(scene, place):
    """On the last page that was read, in its middle or at its end: the next run goes on from where that page ends."""
    platform = scene.serve_some("bluesky", 600)
    straggler = platform.posts[place]
    dated = dt.datetime.fromisoformat(straggler["indexedAt"]) - dt.timedelta(hours=23)
    straggler["record"]["createdAt"] = iso(dated)
    platform.next_faults = [None, None, None, *["server_error"] * 3]
    assert scene.run().exit_code == 75
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("bluesky")) == sorted(platform.keys())


def test_bluesky_posts_that_only_members_are_shown_are_left_out_and_purged(scene):
    """An account can ask that nobody sees its posts who is not logged in; the search, which needs a log-in, shows them with that label."""
    platform = scene.serve_some("bluesky", 20)
    *shown, later, first = [post["uri"] for post in platform.posts]
    _label(platform.posts[-1])
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("bluesky")) == sorted([*shown, later])
    _label(platform.posts[-2])
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.purged) == (19, 1)
    assert sorted(scene.stored("bluesky")) == sorted(shown)
    assert first not in scene.stored("bluesky")


def _label(post):
    did = post["author"]["did"]
    label = {"val": "!no-unauthenticated", "src": did, "uri": f"at://{did}/app.bsky.actor.profile/self"}
    post["author"]["labels"] = [label]


def test_bluesky_dates_that_are_forged_give_way_to_the_network_s(scene):
    platform = scene.serve_some("bluesky", 5)
    indexed = scene.clock.now() - dt.timedelta(hours=5)
    platform.posts[0]["indexedAt"] = iso(indexed)
    platform.posts[0]["record"]["createdAt"] = "2019-01-01T00:00:00Z"
    platform.posts[1]["record"]["createdAt"] = iso(
        dt.datetime.fromisoformat(platform.posts[1]["indexedAt"]) - dt.timedelta(hours=3)
    )
    scene.run()
    posts = scene.store.scan("posts").collect()
    dates = dict(posts.select("post_id", "created_at").iter_rows())
    assert dates[platform.posts[0]["uri"]] == indexed
    assert iso(dates[platform.posts[1]["uri"]]) == platform.posts[1]["record"]["createdAt"]


def test_mastodon_s_token_is_shown_to_its_own_instance_alone(scene):
    ours = scene.serve_some("mastodon", 50)
    ours.open_to_all = False
    other = scene.serve(Mastodon(count=50, **scene.times))
    scene.sections["mastodon"]["instances"] = [_url_of(scene, ours), _url_of(scene, other)]
    assert scene.run().exit_code == 0
    assert all("authorization" in request.headers for request in ours.requests)
    assert not any("authorization" in request.headers for request in other.requests)


def test_a_mastodon_instance_that_has_moved_is_followed_and_keeps_its_name(scene):
    """It stands in tables under the address that the settings give, wherever it leads."""
    moved = scene.serve(Mastodon(count=50, **scene.times))
    old = scene.serve(Mastodon(count=0, **scene.times), tags=["layoffs"])
    truth = old.answer
    old.answer = lambda request: (
        Reply(
            b"", status=301, headers={"Location": f"{_url_of(scene, moved)}{request.path}?{urlencode(request.params)}"}
        )
        if old.is_for_posts(request)
        else truth(request)
    )
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("mastodon")) == sorted(moved.keys())
    assert "authorization" not in moved.requests[0].headers
    posts = scene.store.scan("posts").collect()
    assert posts["query"].unique().to_list() == [f"{_url_of(scene, old)}#layoffs"]
    assert posts["community"].unique().to_list() == [urlsplit(_url_of(scene, old)).netloc]


def test_a_mastodon_instance_that_refuses_does_not_stop_the_others(scene):
    closed = scene.serve_some("mastodon", 50)
    closed.open_to_all, closed.token = False, "another"
    open_one = scene.serve(Mastodon(count=50, **scene.times))
    scene.sections["mastodon"]["instances"] = [_url_of(scene, closed), _url_of(scene, open_one)]
    scene.sections["mastodon"]["tags"] = ["layoffs", "layoff"]
    summary = scene.run()
    assert summary.exit_code == 2
    assert sorted(scene.stored("mastodon")) == sorted(open_one.keys())
    assert closed.posts_requests == 1


def test_the_end_of_a_mastodon_timeline_is_checked_against_its_newest_status(scene):
    platform = scene.serve_some("mastodon", 50)
    platform.next_faults = [None, *["empty_page"] * 5]
    scene.run()
    assert len(scene.stored("mastodon")) == 40
    platform.next_faults = []
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("mastodon")) == sorted(platform.keys())
    asked = platform.posts_requests
    scene.clock.forward(hours=30)
    scene.run()
    assert platform.posts_requests <= asked + 4


def test_mastodon_texts_lose_their_markup_and_boosts_are_left_out(scene):
    platform = scene.serve(Mastodon(count=0, **scene.times))
    moment = scene.clock.now() - dt.timedelta(hours=1)
    platform.add(
        1,
        moment,
        content="<p>Gone after 12 years.</p><p>Thanks &amp; <a href='#'>bye</a><br>all</p>",
        spoiler_text="layoff",
    )
    platform.add(2, moment, reblog={"id": "1"})
    scene.run()
    assert scene.store.scan("posts").collect()["text"].to_list() == [
        "layoff\n\nGone after 12 years.\nThanks & bye\nall"
    ]


def test_hacker_news_windows_with_more_than_a_thousand_hits_are_halved(scene):
    platform = scene.serve(HackerNews(count=2_500, threads=0, **scene.times))
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("hackernews")) == sorted(platform.keys())
    assert platform.posts_requests <= 12


def test_a_hacker_news_index_that_stalls_for_days_loses_nothing(scene):
    platform = scene.serve(HackerNews(count=300, threads=0, **scene.times))
    platform.stalled_at = scene.clock.now() - dt.timedelta(days=4)
    scene.run()
    scene.clock.forward(days=3)
    scene.run()
    assert len(scene.stored("hackernews")) < 300
    platform.stalled_at = None
    scene.clock.forward(hours=1)
    scene.run()
    assert sorted(scene.stored("hackernews")) == sorted(platform.keys())


def test_hacker_news_comments_know_their_thread(scene):
    platform = scene.serve_some("hackernews", 300)
    scene.run()
    thread, comments = next(iter(platform.threads.items()))
    posts = scene.store.scan("posts").collect()
    assert posts.filter(posts["thread_id"] == thread).height == len(comments) + 1


def _url_of(scene, platform):
    return scene.urls[id(platform)]

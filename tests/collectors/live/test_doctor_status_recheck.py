"""What is asked about the sources, and what becomes of posts that are deleted or edited where they were written."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from collectors import Credentials, SourcesSettings, doctor, recheck, status
from store import Store
from tests.collectors.live.conftest import EMPLOYERS, START
from tests.servers.core import Server
from tests.servers.everything import SERVERS
from tests.servers.mastodon import Mastodon
from tests.stored_files import holders_of

SOURCES = list(SERVERS)


def _doctor(scene):
    found = doctor(scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock)
    return {health.source: health for health in found}


def _recheck(scene, **options):
    summary = recheck(
        scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock, **options
    )
    return summary.sources[0]


def test_doctor_without_any_credentials_says_what_each_source_needs(tmp_path):
    sections = {name: {} for name in ("x", "reddit", "bluesky")}
    found = doctor(
        Store.open(tmp_path / "data"),
        SourcesSettings.model_validate(sections),
        employers=EMPLOYERS,
        credentials=Credentials({}),
        only=["x", "reddit", "bluesky", "folder"],
    )
    by_name = {health.source: health for health in found}
    assert by_name["x"].missing == ("X_BEARER_TOKEN",)
    assert "Set REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET" in by_name["reddit"].advice
    assert "approves" in by_name["reddit"].advice
    assert [health.well for health in found] == [False, False, False, True]
    assert "[sources.folder]" in by_name["folder"].advice
    assert all(health.reachable is None for health in found)
    assert not (tmp_path / "data").exists()


def test_doctor_asks_nobody_with_a_credential_that_no_request_can_carry(scene):
    platform = scene.serve_some("x", 30)
    scene.credentials = Credentials({"X_BEARER_TOKEN": "\u201ctoken\u201d"})
    health = _doctor(scene)["x"]
    assert (health.reachable, health.authorised, health.exit_code) == (None, None, 2)
    assert "Copy it again" in health.advice
    assert "token\u201d" not in health.advice
    assert not platform.requests


@pytest.mark.parametrize("source", SOURCES)
def test_doctor_says_that_all_is_well_and_what_quota_is_left(scene, source):
    scene.serve_some(source, 30)
    health = _doctor(scene)[source]
    assert (health.well, health.reachable, health.authorised, health.advice) == (True, True, True, "")
    assert health.quota


def test_doctor_names_the_damaged_table_that_holds_what_the_month_cost(scene):
    scene.serve_some("x", 30, max_usd_per_month=5)
    scene.run()
    for file in Path(scene.store.root, "runs").glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:100])
    health = _doctor(scene)["x"]
    assert (health.reachable, health.authorised, health.exit_code) == (True, True, 1)
    assert "/runs is damaged" in health.advice


def test_doctor_tells_refused_access_from_an_outage(scene):
    scene.serve_some("x", 30).token = "another"
    scene.serve_some("hackernews", 30).choose_fault = lambda _number: "server_error"
    scene.serve_some("mastodon", 30).choose_fault = lambda _number: "rate_limit"
    found = _doctor(scene)
    assert (found["x"].reachable, found["x"].authorised) == (True, False)
    assert "console.x.com" in found["x"].advice
    assert (found["hackernews"].reachable, found["hackernews"].well) == (False, False)
    assert (found["mastodon"].authorised, found["mastodon"].quota) == (True, "spent")
    assert [found[name].exit_code for name in ("x", "hackernews", "mastodon", "bluesky")] == [2, 75, 0, 0]


def test_doctor_does_not_call_an_inbox_reachable_that_is_not_there_or_is_no_folder(scene, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name, said in (("nowhere", "does not exist"), ("file", "can't be read")):
        scene.sections["folder"] = {"path": str(tmp_path / name)}
        inbox = _doctor(scene)["folder"]
        assert (inbox.reachable, inbox.well, inbox.exit_code) == (False, False, 2)
        assert said in inbox.advice


def test_doctor_names_a_source_that_has_nothing_to_ask_for(scene):
    scene.serve_some("reddit", 10, subreddits=[], search=False)
    health = _doctor(scene)["reddit"]
    assert health.exit_code == 2
    assert "[sources.reddit]" in health.advice


def test_doctor_says_as_collect_that_there_is_no_hashtag_to_ask_for(scene):
    scene.serve_some("mastodon", 10, tags=[])
    health = _doctor(scene)["mastodon"]
    assert (health.exit_code, scene.run().exit_code) == (2, 2)
    assert "[sources.mastodon] leaves nothing to ask for" in health.advice


def _one_more_instance(scene, **as_it_is):
    """Of Mastodon, after those there are. Returns its host and port."""
    url = scene.stack.enter_context(Server(Mastodon(count=5, **as_it_is, **scene.times))).url
    scene.sections["mastodon"]["instances"].append(url)
    return url.removeprefix("http://")


def test_doctor_asks_each_instance_and_names_the_one_that_refuses(scene):
    scene.serve_some("mastodon", 20)
    scene.sections["mastodon"]["instances"].insert(0, "http://127.0.0.1:9")
    assert (_doctor(scene)["mastodon"].exit_code, "127.0.0.1:9" in _doctor(scene)["mastodon"].advice) == (75, True)
    refuses = _one_more_instance(scene, open_to_all=False)
    health = _doctor(scene)["mastodon"]
    assert (health.exit_code, health.authorised) == (2, False)
    assert f"{refuses} refused access (401" in health.advice
    assert refuses in next(query.state.error for query in scene.run().sources[0].queries if query.exit_code == 2)


def test_the_token_goes_to_its_instance_however_that_is_written(scene):
    scene.serve_some("mastodon", 20)
    host = _one_more_instance(scene, open_to_all=False)
    scene.sections["mastodon"]["token_instance"] = f"http://{host}/"
    assert (_doctor(scene)["mastodon"].exit_code, scene.run().exit_code) == (0, 0)


def test_status_shows_runs_newest_post_gaps_backlog_and_cost(scene):
    platform = scene.serve_some("x", 250)
    platform.next_faults = [None, "server_error", "server_error", "server_error"]
    scene.run()
    [x] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (x.title, x.last_status, x.backlog, x.posts) == ("X", "partial", 1, 100)
    assert x.cost_this_month_usd == pytest.approx(0.5)
    assert "503" in x.error
    scene.run()
    scene.clock.forward(days=10)
    scene.run()
    [x] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (x.last_status, x.backlog, x.posts, len(x.gaps)) == ("done", 0, 250, 1)
    assert x.newest_post == scene.store.scan("posts").collect()["created_at"].max()
    assert x.last_run == scene.clock.now()
    assert x.cost_this_month_usd == 0.0  # a new month


def _status(scene):
    return {one.source: one for one in status(scene.store, scene.settings, now=scene.clock.now())}


def test_status_knows_a_source_that_could_not_be_opened_and_forgets_it_once_it_could(scene):
    scene.serve_some("x", 30)
    known, scene.credentials = scene.credentials, Credentials({})
    assert scene.run().exit_code == 2
    x = _status(scene)["x"]
    assert (x.last_status, x.last_run, x.backlog) == ("failed", scene.clock.now(), 0)
    assert "X_BEARER_TOKEN" in x.error
    scene.credentials = known
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    assert (_status(scene)["x"].last_status, _status(scene)["x"].error) == ("done", None)


def test_status_after_a_kill_counts_what_waits_in_the_journal(scene, tmp_path):
    platform = scene.serve_some("x", 250)

    def as_a_kill_would_leave_it(number):
        if number == 2:
            shutil.copytree(scene.store.root, tmp_path / "killed")

    platform.choose_fault = as_a_kill_would_leave_it
    scene.run()
    scene.store = Store.open(tmp_path / "killed")
    x = _status(scene)["x"]
    assert (x.last_status, x.last_run, x.posts, x.journalled_pages, x.backlog) == ("running", START, 0, 2, 1)
    assert x.newest_post is not None
    assert x.cost_this_month_usd == pytest.approx(1.0)
    scene.run()
    x = _status(scene)["x"]
    assert (x.last_status, x.posts, x.journalled_pages, x.backlog) == ("done", 250, 0, 0)


def test_a_recheck_does_not_hide_how_the_last_collect_ended(scene):
    platform = scene.serve_some("x", 250)
    platform.next_faults = [None, "server_error", "server_error", "server_error"]
    assert scene.run().exit_code == 75
    before = _status(scene)["x"]
    scene.clock.forward(hours=1)
    assert _recheck(scene).checked == 100
    x = _status(scene)["x"]
    assert (x.last_status, x.last_run, x.backlog, x.error) == ("partial", before.last_run, 1, before.error)
    assert (x.last_recheck, x.recheck_error) == (scene.clock.now(), None)
    assert x.cost_this_month_usd > before.cost_this_month_usd


def test_a_query_that_the_settings_no_longer_name_is_no_backlog(scene):
    platform = scene.serve_some("bluesky", 250, words=["layoffs", "laid off"])
    platform.next_faults = ["server_error"] * 3
    assert scene.run().exit_code == 75
    assert _status(scene)["bluesky"].backlog == 2
    scene.sections["bluesky"]["words"] = ["layoffs"]
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 0
    assert _status(scene)["bluesky"].backlog == 0


def test_status_of_an_empty_folder(scene):
    assert status(scene.store, scene.settings, now=scene.clock.now()) == []


def test_posts_that_x_says_are_deleted_go_at_once_for_good_and_never_return(scene):
    platform = scene.serve_some("x", 40)
    scene.run()
    gone = {post["id"] for post in platform.posts[:5]}
    folder = scene.store.journal("x").path.parent.parent
    texts = scene.store.scan("posts").filter(pl.col("post_id").is_in(list(gone))).collect()["text"].to_list()
    assert all(holders_of(text, folder) for text in texts)
    platform.deleted = gone
    outcome = _recheck(scene)
    assert (outcome.checked, outcome.purged, outcome.exit_code) == (40, 5, 0)
    assert not gone & set(scene.stored("x"))
    assert gone == set(scene.store.scan("tombstones").collect()["post_id"])
    assert not any(holders_of(text, folder) for text in texts)
    scene.clock.forward(hours=1)
    scene.run()  # the search still shows them
    assert not gone & set(scene.stored("x"))


def test_posts_that_are_merely_absent_go_when_two_rechecks_do_not_find_them(scene):
    platform = scene.serve_some("bluesky", 40)
    scene.run()
    platform.deleted = {platform.posts[0]["uri"]}
    assert (_recheck(scene).absent, len(scene.stored("bluesky"))) == (1, 40)
    scene.clock.forward(minutes=10)
    _recheck(scene)
    assert len(scene.stored("bluesky")) == 40  # too soon to count as another look
    scene.clock.forward(days=1)
    assert _recheck(scene).purged == 1
    assert len(scene.stored("bluesky")) == 39


def test_an_answer_without_any_post_is_an_outage_not_forty_deletions(scene):
    platform = scene.serve_some("bluesky", 40)
    scene.run()
    platform.deleted = platform.keys()
    for _ in range(3):
        outcome = _recheck(scene)
        scene.clock.forward(days=1)
    assert outcome.purged == 0
    assert len(scene.stored("bluesky")) == 40


def test_removed_reddit_posts_go_and_edited_ones_take_their_new_text(scene):
    platform = scene.serve_some("reddit", 200)
    scene.run()
    shown = platform.items["new:Layoffs1"]
    shown[0]["data"]["selftext"] = "[removed]"
    shown[1]["data"]["selftext"] = "edited: they kept me after all"
    scene.clock.forward(hours=3)
    outcome = _recheck(scene, budget=10_000)
    assert (outcome.purged, outcome.changed) == (1, 1)
    posts = scene.store.scan("posts").collect()
    assert shown[0]["data"]["id"] not in posts["post_id"].to_list()
    assert posts["text"].str.contains("they kept me after all").sum() == 1


def test_young_posts_come_first_and_older_ones_take_their_turn(scene):
    scene.serve_some("x", 200, recheck_posts=100)
    scene.run()
    posts = scene.store.scan("posts").collect()
    young = posts.filter(posts["created_at"] > scene.clock.now() - dt.timedelta(hours=48)).height
    assert 0 < young < 100
    assert _recheck(scene).checked == 100
    looked_up = [request for request in scene.platforms["x"].requests if request.path == "/2/tweets"]
    first = {one for request in looked_up for one in request.params["ids"].split(",")}
    scene.clock.forward(hours=2)  # the young ones are due once a day
    _recheck(scene)
    looked_up = [request for request in scene.platforms["x"].requests if request.path == "/2/tweets"][len(looked_up) :]
    second = {one for request in looked_up for one in request.params["ids"].split(",")}
    assert len(first | second) == 200


def test_what_a_recheck_costs_counts_towards_the_month(scene):
    scene.serve_some("x", 40)
    scene.run()
    assert _recheck(scene).cost_usd == pytest.approx(0.2)
    [x] = status(scene.store, scene.settings, now=scene.clock.now())
    assert x.cost_this_month_usd == pytest.approx(0.4)


def test_a_mastodon_server_that_says_gone_is_believed(scene):
    platform = scene.serve_some("mastodon", 0)
    platform.base = next(iter(scene.urls.values()))
    moment = scene.clock.now() - dt.timedelta(hours=2)
    statuses = [platform.add(number, moment + dt.timedelta(minutes=number)) for number in range(3)]
    scene.run()
    platform.gone = {statuses[1]["uri"]}
    assert _recheck(scene).purged == 1
    assert len(scene.stored("mastodon")) == 2

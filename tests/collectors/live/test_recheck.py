"""What `recheck` makes of outages, of refusals and of servers that are gone."""

from __future__ import annotations

import datetime as dt
import logging

import polars as pl
import pytest

from collectors import recheck
from tests.collectors.live.conftest import EMPLOYERS, own_server, rechecked, with_ids
from tests.servers.core import Reply


def _looked_up(platform, path="/2/tweets"):
    return [one for request in platform.requests if request.path == path for one in request.params["ids"].split(",")]


@pytest.mark.parametrize("source", ["hackernews", "mastodon"])
def test_a_platform_asked_one_by_one_that_finds_nothing_is_out_of_order(scene, source):
    platform = scene.serve_some(source, 40)
    if source == "mastodon":
        platform.move(scene.urls[id(platform)])
    scene.run()
    nothing, not_found = Reply({"hits": [], "nbHits": 0}), Reply({"error": "Not found"}, status=404)
    platform.answer = lambda request: nothing if request.path == "/api/v1/search" else not_found
    for _ in range(12):
        outcome = rechecked(scene)
        scene.clock.forward(days=1)
    assert (outcome.purged, outcome.exit_code) == (0, 75)
    assert outcome.held_back == outcome.checked
    assert len(scene.stored(source)) == len(platform.keys())


def test_a_whole_portion_that_is_gone_is_believed_where_other_posts_are_there(scene):
    platform = scene.serve_some("bluesky", 60, recheck_posts=15)
    scene.run()
    platform.deleted = set(sorted(platform.keys())[:15])
    scene.clock.forward(days=4)  # none is young
    assert (rechecked(scene).absent, len(scene.stored("bluesky"))) == (15, 60)
    scene.clock.forward(hours=2)
    assert (rechecked(scene).purged, len(scene.stored("bluesky"))) == (15, 45)


def test_a_look_during_an_outage_is_none_of_the_two_that_purge(scene):
    platform = scene.serve_some("bluesky", 40)
    scene.run()
    platform.deleted = platform.keys()
    assert rechecked(scene).held_back == 40
    platform.deleted = set(sorted(platform.keys())[:15])  # the platform comes back bit by bit
    scene.clock.forward(days=1)
    outcome = rechecked(scene)
    assert (outcome.purged, outcome.absent, len(scene.stored("bluesky"))) == (0, 15, 40)
    scene.clock.forward(minutes=59)
    assert rechecked(scene).purged == 0
    scene.clock.forward(minutes=1)
    assert rechecked(scene).purged == 15


def test_a_look_that_nobody_vouches_for_is_none_of_the_two_that_purge(scene):
    platform = scene.serve_some("bluesky", 3)
    scene.run()
    platform.deleted = platform.keys()
    rechecked(scene)
    platform.deleted = {min(platform.keys())}
    scene.clock.forward(days=1)
    assert (rechecked(scene).purged, len(scene.stored("bluesky"))) == (0, 3)
    scene.clock.forward(hours=1)
    assert (rechecked(scene).purged, len(scene.stored("bluesky"))) == (1, 2)


def test_an_outage_between_two_believed_looks_does_not_undo_the_first(scene):
    platform = scene.serve_some("bluesky", 40)
    scene.run()
    gone = set(sorted(platform.keys())[:15])
    for deleted, purged in ((gone, 0), (platform.keys(), 0), (gone, 15)):
        platform.deleted = deleted
        assert rechecked(scene).purged == purged
        scene.clock.forward(days=1)


def test_what_nobody_can_vouch_for_goes_after_a_week(scene):
    platform = scene.serve_some("bluesky", 3)
    scene.run()
    platform.deleted = platform.keys()
    for day in range(9):
        assert len(scene.stored("bluesky")) == (3 if day <= 7 else 0)
        rechecked(scene)
        scene.clock.forward(days=1)


def test_all_posts_of_a_server_that_says_deleted_go_at_once(scene):
    platform = own_server(scene, 12)
    platform.gone = {one["uri"] for one in platform.statuses}
    assert (rechecked(scene).purged, scene.stored("mastodon")) == (12, [])


def test_many_posts_that_nobody_can_vouch_for_go_after_a_month(scene):
    platform = own_server(scene, 12)
    truth, platform.answer = platform.answer, lambda _request: Reply({"error": "Not found"}, status=404)
    for days in (0, 3, 8, 15, 3):
        scene.clock.forward(days=days)
        assert (rechecked(scene).held_back, len(scene.stored("mastodon"))) == (12, 12)
    platform.answer = truth  # once seen again, the days before no longer count
    scene.clock.forward(days=1)
    assert rechecked(scene).held_back == 0
    platform.answer = lambda _request: Reply({"error": "Not found"}, status=404)
    for days in (1, 29, 1):
        assert len(scene.stored("mastodon")) == 12
        scene.clock.forward(days=days)
        outcome = rechecked(scene)
    assert (outcome.purged, outcome.held_back, scene.stored("mastodon")) == (12, 0, [])


def test_posts_held_back_do_not_keep_the_others_from_being_looked_up(scene):
    platform = own_server(scene, 40)
    scene.sections["mastodon"]["recheck_posts"] = 15
    asked = []

    def not_found(request):
        asked.append(request.path)
        return Reply({"error": "Not found"}, status=404)

    platform.answer = not_found
    for _ in range(5):
        scene.clock.forward(days=3)
        rechecked(scene)
    assert len(set(asked)) == 40


def test_posts_from_files_without_ids_are_never_looked_up(scene):
    platform = scene.serve_some("x", 20)
    scene.run()
    known = scene.store.scan("posts").head(1).collect()
    scene.store.upsert("posts", known.with_columns(pl.lit("h-0123456789abcdef0123").alias("post_id")))
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.absent) == (20, 0)
    assert not any(one.startswith("h-") for one in _looked_up(platform))


def test_a_hacker_news_comment_whose_thread_is_unknown_or_wrong_is_asked_for_by_itself(scene):
    platform = scene.serve_some("hackernews", 125)
    scene.run()
    comments = sorted(next(iter(platform.threads.values())), key=lambda hit: hit["objectID"])[:5]
    ids = [hit["objectID"] for hit in comments]
    threads = pl.DataFrame(
        {"post_id": ids, "thread_id": [None, ids[1], "h-0123456789abcdef0123", None, None]},
        schema={"post_id": pl.String, "thread_id": pl.String},
    )
    stored = scene.store.scan("posts").collect()
    from_a_dump = stored.filter(pl.col("post_id").is_in(ids)).drop("thread_id").join(threads, on="post_id")
    scene.store = type(scene.store).open(scene.store.root + "-2")
    scene.store.upsert("posts", from_a_dump.select(stored.columns))
    platform.deleted = set(ids[3:])
    del platform._all[ids[4]]
    assert (rechecked(scene).absent, len(scene.stored("hackernews"))) == (2, 5)
    scene.clock.forward(days=1)
    assert rechecked(scene).purged == 2
    assert sorted(scene.stored("hackernews")) == ids[:3]
    assert not any("h-" in request.params.get("tags", "") for request in platform.requests)


def test_a_hacker_news_thread_of_a_thousand_with_an_unreadable_comment_says_nothing_of_the_others(scene):
    platform = scene.serve_some("hackernews", 5)
    scene.run()
    truth = platform.answer

    def answer(request):
        if request.path != "/api/v1/search":
            return truth(request)
        others = [platform.hit(50_000_000 + n, scene.clock.now(), thread="1") for n in range(999)]
        return Reply({"hits": [*others, {"objectID": None, "_tags": ["comment"]}], "nbHits": 2_000})

    platform.answer = answer
    assert (rechecked(scene).absent, len(scene.stored("hackernews"))) == (0, 5)


def test_a_server_that_is_gone_does_not_stop_the_others(scene):
    platform, dead = own_server(scene, 15), "http://127.0.0.1:1"
    url = scene.urls[id(platform)]
    with_ids(scene, *(f"{dead}/api/v1/statuses/{number}" for number in range(5)))
    scene.sections["mastodon"]["instances"] = [url, dead]
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.unreachable, outcome.exit_code) == (15, 5, 0)
    assert "1 servers could not be asked, such as: 127.0.0.1:1" in outcome.error
    assert scene.clock.slept == []
    assert len(scene.stored("mastodon")) == 20
    assert scene.last_run("mastodon", "recheck")["status"] == "done"


_REFUSED = {
    "x": ("9999999999999999999", Reply({"title": "Invalid Request", "detail": "not valid"}, status=400)),
    "bluesky": (
        "at://did:plc:abc/app.bsky.feed.post/..",
        Reply({"error": "InvalidRequest", "message": "must have valid at-uri"}, status=400),
    ),
}


@pytest.mark.parametrize("source", list(_REFUSED))
def test_an_id_that_is_refused_keeps_no_other_from_being_looked_up(scene, source):
    platform = scene.serve_some(source, 250)
    scene.run()
    refused, said = _REFUSED[source]
    with_ids(scene, refused)
    truth = platform.answer
    platform.answer = lambda request: (
        said if any(refused in value.split(",") for _, value in request.items) else truth(request)
    )
    platform.deleted = set(sorted(platform.keys())[:20])
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.unreachable, outcome.exit_code) == (250, 1, 0)
    assert (outcome.purged, outcome.absent) == ((20, 0) if source == "x" else (0, 20))
    assert f"1 ids are refused, such as: {refused.replace('did:plc:abc', '@user')}" in outcome.error
    assert outcome.cost_usd == pytest.approx(0.005 * 230 if source == "x" else 0)
    assert refused in scene.stored(source)


def test_no_message_holds_the_account_that_an_id_is_made_of(scene, caplog):
    platform = scene.serve_some("bluesky", 12)
    scene.run()
    refused = [f"at://did:plc:some-person/app.bsky.feed.post/{n}" for n in range(5)]
    with_ids(scene, *refused)
    said = Reply({"error": "InvalidRequest", "message": f"{refused[0]} of did:plc:some-person"}, status=400)
    truth = platform.answer
    platform.answer = lambda request: said if "some-person" in str(request.items) else truth(request)
    with caplog.at_level(logging.INFO):
        outcome = rechecked(scene)
    shown = caplog.text + repr(outcome) + str(scene.store.scan("runs").collect().rows())
    assert "bsky.feed.post" in outcome.error
    assert "some-person" not in shown


@pytest.mark.parametrize("padding", [0, 9, 18, 27, 36, 45])
def test_an_account_goes_where_a_message_is_shortened_too(scene, padding):
    platform = scene.serve_some("bluesky", 12)
    scene.run()
    said = " at://did:plc:some-person-some-person/app.bsky.feed.post/1" * 20 + " " + "z" * padding
    platform.answer = lambda _request: Reply({"error": "InvalidRequest", "message": said}, status=400)
    outcome = rechecked(scene)
    assert len(outcome.error) < 700
    for part in ("did:", "some", "person"):
        assert part not in outcome.error


def test_a_platform_that_refuses_whatever_is_asked_is_not_asked_for_each_post(scene):
    platform = scene.serve_some("x", 250)
    scene.run()
    before = len(platform.requests)
    platform.answer = lambda _request: Reply({"title": "Invalid Request", "detail": "ids is unknown"}, status=400)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.exit_code, len(scene.stored("x"))) == (0, 1, 250)
    assert "ids is unknown" in outcome.error
    assert len(platform.requests) - before < 20


def test_ids_that_cannot_be_the_platform_s_are_never_asked_for(scene):
    for source, odd in (
        ("x", "18234567890123456789012"),
        ("bluesky", "at://did:plc:abc/app.bsky.feed.post/0 bad"),
        ("bluesky", "at://did:plc:abc"),
    ):
        scene.serve_some(source, 30)
        scene.run(only=[source])
        with_ids(scene, odd)
        summary = recheck(
            scene.store,
            scene.settings,
            employers=EMPLOYERS,
            credentials=scene.credentials,
            clock=scene.clock,
            only=[source],
        )
        assert not any(odd in str(request.items) for request in scene.platforms[source].requests)
        assert summary.exit_code == 0


@pytest.mark.parametrize("odd", [{"data": [5, None], "errors": [7]}, {"data": 5}, {"errors": ["oops"], "data": []}])
def test_whatever_goes_wrong_what_was_found_before_is_stored_and_its_cost_counted(scene, odd):
    platform = scene.serve_some("x", 250)
    scene.run()
    platform.deleted = set(sorted(platform.keys())[:20])
    truth, asked = platform.answer, []

    def answer(request):
        asked.append(request)
        return truth(request) if len(asked) == 1 else Reply(odd)

    platform.answer = answer
    outcome = rechecked(scene)
    assert (outcome.exit_code, len(asked)) == (75, 4)
    assert "no look-up" in outcome.error
    assert (outcome.checked, len(scene.stored("x"))) == (100, 250 - outcome.purged)
    assert outcome.purged > 0
    assert scene.last_run("x", "recheck")["cost_usd"] == pytest.approx(0.005 * (100 - outcome.purged))
    platform.answer = truth
    assert rechecked(scene).checked == 150


def test_posts_behind_a_server_s_rate_limit_are_looked_up_next_time(scene):
    platform = own_server(scene, 30)
    truth, asked = platform.answer, []
    wait = {"X-RateLimit-Reset": "2026-01-01T00:00:00Z"}

    def answer(request):
        asked.append(request.path)
        return truth(request) if len(asked) <= 10 else Reply({"error": "slow down"}, status=429, headers=wait)

    platform.answer = answer
    seen = set()
    for checked in (10, 10, 10):
        outcome = rechecked(scene)
        seen |= set(asked[:10])
        assert (outcome.checked, outcome.unreachable) == (checked, 0)
        asked.clear()
    assert len(seen) == 30
    assert scene.clock.slept == []


def test_a_server_s_rate_limit_leaves_something_to_do(scene):
    platform = own_server(scene, 12)
    platform.answer = lambda _request: Reply({"error": "slow down"}, status=429)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.unreachable, outcome.exit_code) == (0, 0, 75)
    assert "12 of 12 posts that are due wait" in outcome.error
    assert "429" in outcome.error
    assert len(scene.clock.slept) == 1


def test_a_server_s_rate_limit_is_waited_for(scene):
    platform = own_server(scene, 12)
    truth, asked = platform.answer, []

    def answer(request):
        asked.append(request.path)
        reset = (scene.clock.now() + dt.timedelta(minutes=5)).isoformat()
        limited = Reply({"error": "slow down"}, status=429, headers={"X-RateLimit-Reset": reset})
        return limited if len(asked) == 6 else truth(request)

    platform.answer = answer
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.exit_code, outcome.error) == (12, 0, None)
    assert [300 < seconds < 306 for seconds in scene.clock.slept] == [True]


def test_a_server_that_is_gone_is_tried_again_next_day_and_keeps_what_it_missed_before(scene):
    platform = own_server(scene, 12)
    truth = platform.answer
    gone = platform.nameless(platform.statuses[0]["uri"])
    platform.answer = lambda request: (
        Reply({"error": "Not found"}, status=404) if gone.endswith(request.path) else truth(request)
    )
    assert rechecked(scene).absent == 1
    absent, platform.answer = platform.answer, lambda _request: Reply({}, status=503)
    scene.clock.forward(days=1)
    assert rechecked(scene).unreachable == 12
    scene.clock.forward(hours=2)
    assert rechecked(scene).unreachable == 0
    platform.answer = absent
    scene.clock.forward(days=1)
    assert rechecked(scene).purged == 1

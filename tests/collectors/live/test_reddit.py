"""Reddit: listings that end early, old posts among new ones, subreddits that refuse, threads found by searching."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import polars as pl
import pytest

from collectors import recheck
from collectors.reddit_pages import kind_of, read_thing
from collectors.source import StoredKey
from store import NOBODY
from tests.collectors.live.conftest import EMPLOYERS
from tests.servers.core import Reply
from tests.servers.reddit import Reddit


def _server(scene, *, subreddits=("Layoffs",), posts=30, comments=30, **settings):
    platform = Reddit(subreddits=subreddits, posts_each=posts, comments_each=comments, **scene.times)
    return scene.serve(platform, subreddits=list(subreddits), **settings)


def test_a_listing_that_ends_before_the_floor_is_a_gap(scene):
    platform = _server(scene, posts=1_200, comments=5)
    scene.run()
    [gap] = scene.last_run("reddit", "new:Layoffs")["gaps"]
    oldest_shown = dt.datetime.fromtimestamp(platform.items["new:Layoffs"][999]["data"]["created_utc"], dt.UTC)
    assert gap["end"] == oldest_shown
    assert "1000 items" in gap["reason"]
    assert scene.last_run("reddit", "comments:Layoffs")["gaps"] == []


@pytest.mark.parametrize("at", [-1, -50, 120])
def test_an_old_post_among_new_ones_hides_no_gap(scene, at):
    platform = _server(scene, posts=1_200, comments=0)
    shown = platform.items["new:Layoffs"][:1_000]
    end = min(item["data"]["created_utc"] for item in shown if item is not shown[at])
    shown[at]["data"]["created_utc"] = (scene.clock.now() - dt.timedelta(days=90)).timestamp()
    scene.run()
    [gap] = scene.last_run("reddit", "new:Layoffs")["gaps"]
    assert gap["end"] == dt.datetime.fromtimestamp(end, dt.UTC)


def test_a_listing_that_goes_beyond_the_floor_is_no_gap(scene):
    platform = _server(scene, posts=1_200, comments=0)
    for n, item in enumerate(platform.items["new:Layoffs"][980:1_000]):
        item["data"]["created_utc"] = (scene.clock.now() - dt.timedelta(days=8, minutes=n)).timestamp()
    scene.run()
    assert scene.last_run("reddit", "new:Layoffs")["gaps"] == []


def test_a_listing_that_ends_with_an_empty_page_is_a_gap_too(scene):
    platform = _server(scene, posts=1_200, comments=5)
    truth = platform.answer

    def answer(request):
        reply = truth(request)
        if request.path == "/r/Layoffs/new" and not reply.body["data"]["after"] and reply.body["data"]["children"]:
            reply.body["data"]["after"] = "t3_behind"  # as Reddit gives it on a full page, though nothing follows
        return Reply({"data": {"children": []}}) if request.params.get("after") == "t3_behind" else reply

    platform.answer = answer
    scene.run()
    [gap] = scene.last_run("reddit", "new:Layoffs")["gaps"]
    assert "1000 items" in gap["reason"]


def test_a_stored_comment_is_never_looked_up_as_a_submission():
    """The two number by themselves: t3_abc is not t1_abc."""
    stored = {
        StoredKey("abc", "abc"): None,  # in some dumps a comment says so too
        StoredKey("abc", "abc", "https://www.reddit.com/r/Layoffs/comments/zz/title/"): None,
        StoredKey("abc", "abc", "https://www.reddit.com/r/Layoffs/comments/abc/title/"): "t3",
        StoredKey("abc", "abc", "https://redd.it/abc"): "t3",
        StoredKey("abc", "h-0123456789abcdef0123"): None,
        StoredKey("abc", "zz"): "t1",
        StoredKey("abc", None, "https://www.reddit.com/r/Layoffs/comments/abc/title/"): "t3",
        StoredKey("abc", None, "https://www.reddit.com/r/Layoffs/comments/zz/title/abc/"): "t1",
        StoredKey("abc", None, "https://www.reddit.com/r/Layoffs/comments/abc/"): "t3",
        StoredKey("abc", None, "https://www.reddit.com/r/Layoffs/comments/zz/_/abc/"): "t1",
        StoredKey("abc"): None,
    }
    assert {post: kind_of(post) for post in stored} == stored


@pytest.mark.parametrize(
    ("permalink", "url"),
    [
        ("/r/Layoffs/comments/1a/ujanedoe99_fired_me_her_mail_is_janedoecorpcom/", "https://www.reddit.com/r/Layoffs/comments/1a/"),
        ("/r/Layoffs/comments/1a/", "https://www.reddit.com/r/Layoffs/comments/1a/"),
        ("/r/Layoffs/comments/zz/jane_doe/1a/", "https://www.reddit.com/r/Layoffs/comments/zz/_/1a/"),
        ("/user/jane-doe/comments/1a/title/", "https://www.reddit.com/user/jane-doe/comments/1a/"),  # masked before it is stored
        ("/jane_doe", None),
        (None, None),
    ],
)  # fmt: skip
def test_a_link_does_not_repeat_the_title(permalink, url):
    data = {"id": "1a", "created_utc": 1761652800, "title": "Cut", "selftext": "", "permalink": permalink}
    found = read_thing({"kind": "t3", "data": data})
    assert found.url == url


def test_old_posts_at_the_top_do_not_end_a_listing(scene):
    platform = _server(scene, posts=250, comments=5)
    scene.run()
    new = [platform.post(900_000 + n, scene.clock.now() + dt.timedelta(minutes=n), "Layoffs") for n in range(150)]
    old = platform.items["new:Layoffs"]
    platform.items["new:Layoffs"] = [*old[-100:], *reversed(new), *old[:-100]]  # a whole page of old ones first
    scene.clock.forward(days=5)
    scene.run()
    assert {post["data"]["id"] for post in new} <= set(scene.stored("reddit"))


def test_a_private_subreddit_fails_alone(scene):
    _server(scene, subreddits=("Layoffs",))
    scene.sections["reddit"]["subreddits"] = ["Secret", "Layoffs"]
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].status) == (1, "failed")
    assert "private" in summary.sources[0].error
    assert len(scene.stored("reddit")) == 60


def test_posts_found_by_searching_bring_their_threads(scene):
    platform = _server(scene, search=True)
    found = platform.post(700_000, scene.clock.now() - dt.timedelta(hours=3), "technology", num_comments=2)
    platform.items["search"] = [found]
    thread = found["data"]["id"]
    platform.threads[thread] = [
        platform.comment(700_001 + n, scene.clock.now(), "technology", thread) for n in range(2)
    ]
    platform.threads[thread].append({"kind": "more", "data": {"id": "abc", "children": ["x"]}})
    assert scene.run().exit_code == 0
    posts = scene.store.scan("posts").collect()
    assert posts.filter(posts["thread_id"] == thread).height == 3
    assert sorted(scene.stored("reddit")) == sorted(platform.keys())


@pytest.mark.parametrize("pause_days", [10, 45, 500])
def test_a_search_reaches_as_far_back_as_its_window(scene, pause_days):
    """Reddit's search shows the posts of a span that is asked for by name: a month, a year, all."""
    platform = _server(scene, posts=1, comments=0, search=True, search_comments=False)
    moments = [scene.clock.now() + dt.timedelta(days=day) for day in (-1, 2, pause_days - 1)]
    written = [platform.post(700_000 + n, moment, "technology") for n, moment in enumerate(moments)]
    spans, truth = {"month": 30, "year": 365, "all": 100_000}, platform.answer

    def answer(request):
        if request.path == "/r/all/search/":
            since = scene.clock.now() - dt.timedelta(days=spans[request.params["t"]])
            times = [(dt.datetime.fromtimestamp(post["data"]["created_utc"], dt.UTC), post) for post in written]
            platform.items["search"] = [post for at, post in reversed(times) if since <= at <= scene.clock.now()]
        return truth(request)

    platform.answer = answer
    scene.run()
    scene.clock.forward(days=pause_days)
    assert scene.run().exit_code == 0
    assert {post["data"]["id"] for post in written} <= set(scene.stored("reddit"))
    asked = [request.params["t"] for request in platform.requests if request.path == "/r/all/search/"]
    assert asked[-1] == {10: "month", 45: "year", 500: "all"}[pause_days]


def _threads(scene, count, comments=2):
    """Posts found by searching, with comments below each."""
    platform = _server(scene, posts=1, comments=0, search=True)
    platform.items["search"] = [
        platform.post(700_000 + n * 100, scene.clock.now() - dt.timedelta(hours=n + 1), "technology", num_comments=2)
        for n in range(count)
    ]
    names = [found["data"]["id"] for found in platform.items["search"]]
    for n, thread in enumerate(names):
        platform.threads[thread] = [
            platform.comment(700_001 + n * 100 + k, scene.clock.now(), "technology", thread) for k in range(comments)
        ]
    return platform, names


def test_threads_that_are_not_shown_stop_nothing(scene):
    platform, names = _threads(scene, 12)
    truth = platform.answer
    replies = {
        names[0]: Reply({"message": "Forbidden", "error": 403, "reason": "quarantined"}, status=403),
        names[1]: Reply({"message": "Forbidden", "error": 403}, status=403),
        names[2]: Reply({"message": "Not Found", "error": 404}, status=404),
        names[3]: Reply({"odd": 1}),
        names[4]: Reply([{}, {"data": 5}]),
    }
    platform.answer = lambda request: (
        replies.get(request.path.split("/")[2]) or truth(request)
        if request.path.startswith("/comments/")
        else truth(request)
    )
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("rejected")) == (0, 5)
    posts = scene.store.scan("posts").collect()
    assert all(posts.filter(posts["thread_id"] == name).height == 3 for name in names[5:])
    assert all(posts.filter(posts["thread_id"] == name).height == 1 for name in names[:5])


def test_a_comment_of_another_thread_is_put_aside_and_counted(scene):
    platform, [thread] = _threads(scene, 1)
    platform.threads[thread][0]["data"]["link_id"] = "t3_other"
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("rejected")) == (0, 1)
    assert platform.threads[thread][1]["data"]["id"] in scene.stored("reddit")
    assert platform.threads[thread][0]["data"]["id"] not in scene.stored("reddit")


def test_comments_that_reddit_folds_away_are_unfolded(scene):
    platform, names = _threads(scene, 2)
    hidden = [platform.comment(800_000 + n, scene.clock.now(), "technology", names[0])["data"] for n in range(250)]
    children = [data["id"] for data in hidden]
    platform.threads[names[0]].append({"kind": "more", "data": {"id": "abc", "children": children}})
    platform.threads[names[0]].append({"kind": "more", "data": {"id": "_", "children": []}})
    assert scene.run().exit_code == 0
    posts = scene.store.scan("posts").collect()
    assert posts.filter(posts["thread_id"] == names[0]).height == 1 + 2 + 250
    assert posts.filter(posts["thread_id"] == names[1]).height == 1 + 2
    assert sum(request.path == "/api/info/" for request in platform.requests) == 3


def test_ids_are_those_of_dumps_so_that_importing_one_doubles_nothing(scene):
    platform = _server(scene)
    scene.run()
    posts = scene.store.scan("posts").collect()
    assert not posts["post_id"].str.contains("^t[13]_").any()
    comment = platform.items["comments:Layoffs"][0]["data"]
    row = posts.row(by_predicate=pl.col("post_id") == comment["id"], named=True)
    assert f"t3_{row['thread_id']}" == comment["link_id"]


def test_removed_posts_are_not_stored(scene):
    platform = _server(scene, posts=0, comments=0)
    now = scene.clock.now()
    platform.items["new:Layoffs"] = [
        platform.post(1, now, "Layoffs", selftext="[removed]"),
        platform.post(2, now, "Layoffs", selftext=""),
        platform.post(3, now, "Layoffs", selftext="[ Removed by Reddit ]"),
        platform.post(4, now, "Layoffs", selftext="", title="[deleted by user]"),
        platform.comment(5, now, "Layoffs", "2", body="[ Removed by Reddit ]"),
    ]
    scene.run()
    posts = scene.store.scan("posts").collect()
    assert posts["text"].to_list() == [platform.items["new:Layoffs"][1]["data"]["title"]]


def test_what_reddit_removed_is_purged_by_recheck_and_a_deleted_account_leaves_no_pseudonym(scene):
    platform = _server(scene)
    scene.run()
    removed, orphan = (item["data"] for item in platform.items["comments:Layoffs"][:2])
    assert _author(scene, orphan["id"])
    removed["body"], orphan["author"] = "[ Removed by Reddit ]", "[deleted]"
    scene.clock.forward(hours=1)
    outcome = recheck(
        scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock
    ).sources[0]
    assert (outcome.purged, outcome.changed) == (1, 1)
    assert removed["id"] not in scene.stored("reddit")
    assert _author(scene, orphan["id"]) is None
    scene.store.compact(keep_hours=0)
    raw = pl.concat([pl.read_parquet(path) for path in Path(scene.store.root, "posts").rglob("week=*/*.parquet")])
    assert raw.filter(pl.col("post_id") == orphan["id"])["author"].to_list() == [NOBODY]


def _author(scene, post_id):
    return scene.store.scan("posts").filter(pl.col("post_id") == post_id).collect()["author"].item()


def _spending(platform, *, reset_seconds):
    """Every answer says that it was the last of its quota."""
    honest = platform.answer
    spent = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "100", "x-ratelimit-reset": str(reset_seconds)}
    platform.answer = lambda request: (
        _with(honest(request), spent) if platform.is_for_posts(request) else honest(request)
    )


def test_a_spent_quota_is_waited_for_by_the_run_and_not_inside_the_client(scene):
    """prawcore's limiter would sleep for the 540 s in earnest, whatever the deadline."""
    platform = _server(scene)
    _spending(platform, reset_seconds=540)
    started = time.monotonic()
    summary = scene.run()
    assert time.monotonic() - started < 500
    assert (summary.exit_code, summary.sources[0].requests, platform.posts_requests) == (0, 2, 2)
    assert [540 < seconds < 550 for seconds in scene.clock.slept] == [True]


def test_a_quota_that_is_spent_beyond_the_deadline_leaves_the_rest_in_its_turn(scene):
    platform = _server(scene)
    _spending(platform, reset_seconds=540)
    assert scene.run(deadline=dt.timedelta(minutes=5)).exit_code == 75
    assert (platform.posts_requests, scene.clock.slept) == (1, [])
    scene.clock.forward(minutes=8)
    assert scene.run().exit_code == 75
    assert platform.posts_requests == 1
    scene.clock.forward(minutes=2)
    scene.run_until_done()
    assert [request.path for request in platform.requests if platform.is_for_posts(request)] == [
        "/r/Layoffs/new",
        "/r/Layoffs/comments",
    ]
    assert sorted(scene.stored("reddit")) == sorted(platform.keys())


@pytest.mark.parametrize("figure", ["", "-1", "soon", "1e400", "9" * 400])
def test_a_quota_in_figures_that_are_none_is_not_believed(scene, figure):
    platform = _server(scene)
    _spending(platform, reset_seconds=figure)
    assert scene.run().exit_code == 0
    assert scene.clock.slept == []


def test_a_token_that_is_no_longer_valid_is_replaced_once(scene):
    platform = _server(scene)
    platform.next_faults = [None, "expired_token"]
    assert scene.run().exit_code == 0
    assert platform.log_ins == 2


def test_wrong_credentials_stop_the_source_and_say_what_to_do(scene):
    platform = _server(scene)
    platform.client = ("someone", "else")
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].status) == (2, "failed")
    assert "REDDIT_CLIENT_SECRET" in summary.sources[0].error
    assert platform.posts_requests == 0


def _with(reply: Reply, headers: dict[str, str]) -> Reply:
    return Reply(reply.body, reply.status, {**reply.headers, **headers}, reply.content_type)

"""X: what is asked for, what it costs, and what an edit, a repost and a long post become."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from collectors import LAYOFF_WORDS, Employer, status
from collectors.terms import SearchTerms, quoted
from collectors.x_queries import ARCHIVE_LENGTH, RECENT_LENGTH, build
from store import ConfigError
from tests.collectors.live.conftest import START
from tests.servers.core import Reply
from tests.servers.x import X


def _many(count):
    return SearchTerms(
        tuple(Employer(f"Company Number {n}", aliases=(f"Alias{n}",), handles=(f"company{n}",)) for n in range(count)),
        LAYOFF_WORDS,
    )


@pytest.mark.parametrize("length", [RECENT_LENGTH, ARCHIVE_LENGTH])
def test_queries_are_split_below_the_limit_and_name_every_employer_in_every_language(length):
    terms = _many(60)
    queries = build(terms, max_length=length)
    assert max(map(len, queries)) <= length
    for language in LAYOFF_WORDS:
        own = [query for query in queries if f"lang:{language} " in query]
        assert own
        for employer in terms.employers:
            for term in (f'"{employer.name}"', employer.aliases[0], f"@{employer.handles[0]}"):
                assert any(f"{term} " in query.replace(")", " ") for query in own), (language, term)
    assert all(query.endswith("-is:retweet") for query in queries)


def test_an_employer_added_at_the_end_changes_the_last_query_of_each_language_only():
    before, after = build(_many(60), max_length=RECENT_LENGTH), build(_many(61), max_length=RECENT_LENGTH)
    assert len(set(before) - set(after)) <= len(LAYOFF_WORDS)


def test_words_too_long_for_any_query_are_a_config_error_that_names_them():
    terms = SearchTerms((Employer("Amazon"),), {"de": tuple("x" * 60 + str(n) for n in range(9))})
    with pytest.raises(ConfigError, match=r"sources\.layoff_words\.de"):
        build(terms, max_length=RECENT_LENGTH)


def test_operators_and_punctuation_are_quoted():
    terms = ("Amazon", "OR", "AT&T", 'a "b"')
    assert [quoted(term, strict=True) for term in terms] == ["Amazon", '"OR"', '"AT&T"', '"a  b"']


def test_the_post_budget_is_reserved_before_each_request_and_the_next_run_goes_on(scene):
    platform = scene.serve_some("x", 250, max_posts_per_run=120)
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("seen")) == (75, 120)
    assert summary.sources[0].cost_usd == pytest.approx(0.60)
    assert summary.sources[0].error == "max_posts_per_run in [sources.x] is used up; the rest waits for a later run"
    scene.run_until_done()
    assert sorted(scene.stored("x")) == sorted(platform.keys())
    # 100 + 20, 100 + 20, the last 10, and a look for news (twice if there are none).
    assert platform.posts_requests in {6, 7}


@pytest.mark.parametrize("options", [{"max_posts_per_run": 50}, {}])
def test_the_post_budget_holds_where_posts_are_free(scene, options):
    scene.serve_some("x", 250, usd_per_post=0, **options)
    summary = scene.run(budget=None if options else 50)
    assert (summary.exit_code, summary.sources[0].total("seen")) == (75, 50)


def test_a_budget_means_nothing_to_a_source_without_one(scene):
    scene.serve_some("hackernews", 250)
    assert scene.run(budget=50).exit_code == 0


def test_what_a_run_may_cost_is_said_before_its_first_page(scene):
    scene.serve_some("x", 250, max_posts_per_run=120)
    notes = []
    scene.run(on_progress=lambda progress: notes.append((progress.pages, progress.note)))
    assert notes[0] == (0, "a run may read up to 120 posts, at most $0.60")


def test_the_budget_of_the_month_counts_all_its_runs(scene):
    scene.serve_some("x", 250, max_usd_per_month=0.5)
    assert scene.run().sources[0].total("seen") == 100
    assert scene.run().sources[0].total("seen") == 0
    scene.clock.forward(days=3)  # a new month
    assert scene.run().sources[0].total("seen") > 0


def test_a_quiet_query_is_not_paid_for_twice(scene):
    scene.serve_some("x", 250)
    scene.run()
    scene.clock.forward(hours=3)
    overlap = scene.run().sources[0]
    assert overlap.total("seen") <= 5  # of the hour before the first run
    scene.clock.forward(hours=3)
    assert scene.run().sources[0].cost_usd == 0


@pytest.mark.parametrize(("archive", "pauses"), [(True, 4), (False, 0)])
def test_the_full_archive_is_asked_once_a_second_and_not_faster(scene, archive, pauses):
    platform = scene.serve_some("x", 2_500 if archive else 250, archive=archive)
    truth, asked = platform.answer, []

    def answer(request):
        asked.append(scene.clock.now())
        early = archive and len(asked) > 1 and asked[-1] - asked[-2] < dt.timedelta(seconds=1)
        return Reply({"title": "Too Many Requests"}, status=429) if early else truth(request)

    platform.answer = answer
    assert scene.run().exit_code == 0
    assert scene.clock.slept == [1.0] * pauses
    assert sorted(scene.stored("x")) == sorted(platform.keys())


def test_an_edit_replaces_the_post_and_keeps_its_first_id(scene):
    platform = scene.serve(X(count=0, **scene.times))
    posted = scene.clock.now() - dt.timedelta(minutes=10)
    first = platform.add(posted, 1, text="Amazon layoffs, 1,400 jobs")
    scene.run()
    platform.posts.clear()
    platform._order.clear()
    edited = platform.add(posted + dt.timedelta(minutes=20), 2, text="Amazon layoffs, 14,000 jobs")
    edited["edit_history_tweet_ids"] = [first["id"], edited["id"]]
    scene.clock.forward(hours=1)
    assert scene.run().sources[0].total("changed") == 1
    posts = scene.store.scan("posts").collect()
    assert posts.select("post_id", "text").rows() == [(first["id"], "Amazon layoffs, 14,000 jobs")]


def test_a_repost_is_counted_with_the_original_and_not_stored(scene):
    platform = scene.serve(X(count=0, **scene.times))
    moment = scene.clock.now() - dt.timedelta(hours=2)
    original = platform.add(
        moment, 1, public_metrics={"retweet_count": 40, "quote_count": 2, "like_count": 7, "reply_count": 1}
    )
    platform.add(moment, 2, referenced_tweets=[{"type": "retweeted", "id": original["id"]}])
    scene.run()
    posts = scene.store.scan("posts").collect()
    assert posts.select("post_id", "reposts", "likes").rows() == [(original["id"], 42, 7)]


def test_long_posts_threads_and_languages_are_kept(scene):
    platform = scene.serve(X(count=0, **scene.times))
    platform.add(
        scene.clock.now() - dt.timedelta(hours=2),
        1,
        note_tweet={"text": "long " * 200},
        conversation_id="77",
        lang="de",
        referenced_tweets=[{"type": "replied_to", "id": "78"}],
    )
    scene.run()
    [post] = scene.store.scan("posts").collect().iter_rows(named=True)
    assert len(post["text"]) > 900
    assert (post["thread_id"], post["parent_id"], post["lang_hint"]) == ("77", "78", "de")
    assert len(post["author"]) == 16  # a pseudonym


def test_a_clock_that_is_behind_is_told_by_the_platform_s_own(scene):
    """X refuses a start older than seven days by its clock; its answer carries the right time."""
    platform = scene.serve_some("x")
    platform.now = lambda: scene.clock.now() + dt.timedelta(hours=2)
    assert scene.run().exit_code == 0
    reachable = scene.clock.now() + dt.timedelta(hours=2) - dt.timedelta(days=7)
    assert len(scene.stored("x")) == sum(
        dt.datetime.fromisoformat(post["created_at"]) >= reachable for post in platform.posts
    )


def test_a_window_that_goes_on_is_told_the_time_too(scene):
    """Its first request has a token already; refused, the window was read, and billed, from its top again."""
    platform = scene.serve_some("x", 600)
    platform.now = lambda: scene.clock.now() + dt.timedelta(hours=2)
    platform.next_faults = [None, None, None, *["server_error"] * 3]
    assert scene.run().exit_code == 75
    scene.clock.forward(hours=24)
    asked = platform.posts_requests
    assert scene.run().exit_code == 0
    stored = len(scene.stored("x"))
    # A refusal, the rest of the posts, and a look for what is new, all at X's time.
    assert platform.posts_requests - asked == 1 + math.ceil((stored - 200) / 100) + 1
    assert scene.store.scan("runs").collect()["cost_usd"].sum() < 0.005 * (stored + 10)  # an hour's overlap


def test_time_beyond_the_platform_s_reach_is_a_gap(scene):
    scene.serve_some("x")
    scene.run()
    drained_to = scene.clock.now()
    scene.clock.forward(days=10)
    summary = scene.run()
    [gap] = summary.sources[0].queries[0].state.gaps
    assert gap.start == drained_to
    assert abs(gap.end - (scene.clock.now() - dt.timedelta(days=7))) < dt.timedelta(hours=1)


def test_a_window_that_only_waits_is_one_gap_and_not_one_an_hour(scene):
    """The month's budget is spent: nothing is read for days, and what falls out of reach meanwhile is told once, by the run that goes on."""
    scene.serve_some("x", 600, max_usd_per_month=0.5)
    scene.run()
    [window] = [state.window for state in (query.state for query in scene.run().sources[0].queries)]
    scene.clock.moment = START + dt.timedelta(hours=35)  # the month's last hour
    for _ in range(3):
        assert (scene.run().exit_code, scene.last_run("x")["gaps"]) == (75, [])
        scene.clock.forward(minutes=10)
    lost = []
    for day in (2, 3):
        scene.clock.moment = START + dt.timedelta(days=day)
        scene.sections["x"]["max_usd_per_month"] = 0.5 * (day - 1)
        scene.run()
        lost += scene.last_run("x")["gaps"]
    reach = dt.timedelta(days=7) - dt.timedelta(minutes=1)
    edges = [START + dt.timedelta(days=day) - reach for day in (2, 3)]
    assert [(gap["start"], gap["end"]) for gap in lost] == [(window.floor, edges[0]), (edges[0], edges[1])]
    [x] = status(scene.store, scene.settings, now=scene.clock.now())
    assert [(gap.start, gap.end) for gap in x.gaps] == [(window.floor, edges[1])]


def test_a_refused_query_fails_alone(scene):
    """A 400 is about one query; the others are still asked."""
    platform = scene.serve_some("x", 50)
    platform.reach = dt.timedelta(days=1)  # less than is asked for
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].status) == (1, "failed")
    assert "start_time" in summary.sources[0].error

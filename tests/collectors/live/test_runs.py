"""What holds for a run as a whole: sources side by side, one run at a time, recovery, what is reported."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from pydantic import ValidationError

from collectors import SOURCES, Credentials, Progress, SourcesSettings, collect, status
from collectors.engine.recorder import Recorder
from collectors.hackernews import HackerNews
from store import StoreBusy, UsageError
from tests.servers.core import Reply
from tests.servers.everything import CREDENTIALS
from tests.servers.hackernews import HackerNews as HackerNewsServer


def test_a_source_that_fails_does_not_stop_the_others(scene):
    scene.serve_some("x").choose_fault = lambda _number: "revoked"
    scene.serve_some("bluesky").choose_fault = lambda _number: "server_error"
    fine = scene.serve_some("hackernews")
    summary = scene.run()
    codes = {outcome.source: outcome.exit_code for outcome in summary.sources}
    assert codes == {"x": 2, "bluesky": 75, "hackernews": 0}
    assert summary.exit_code == 2
    assert sorted(scene.stored("hackernews")) == sorted(fine.keys())


def test_after_access_is_refused_the_other_queries_are_left_and_a_later_run_goes_on(scene):
    platform = scene.serve_some("reddit", 200)
    platform.next_faults = [None, None, "revoked"]
    assert scene.run().exit_code == 2
    assert platform.posts_requests == 3
    scene.clock.forward(days=2)
    scene.run_until_done()
    assert sorted(scene.stored("reddit")) == sorted(platform.keys())


def test_missing_credentials_are_a_matter_of_configuration(scene):
    platform = scene.serve_some("x")
    scene.credentials = Credentials({})
    summary = scene.run()
    assert summary.exit_code == 2
    assert "X_BEARER_TOKEN is not set" in summary.sources[0].error
    assert platform.requests == []


def test_sources_without_a_section_or_switched_off_are_not_asked(scene):
    scene.serve_some("x", enabled=False)
    assert scene.run().sources == ()
    assert [outcome.source for outcome in scene.run(only=["x"]).sources] == ["x"]
    with pytest.raises(UsageError, match=", ".join(SOURCES)):
        scene.run(only=["twitter"])


def test_x_without_companies_is_a_matter_of_configuration(scene):
    platform = scene.serve_some("x")
    summary = collect(scene.store, scene.settings, employers=[], credentials=scene.credentials, clock=scene.clock)
    assert (summary.exit_code, platform.requests) == (2, [])
    assert "[[companies]]" in summary.sources[0].error


@pytest.mark.parametrize(
    ("source", "settings"), [("mastodon", {"tags": []}), ("reddit", {"subreddits": [], "search": False})]
)
def test_a_source_that_has_nothing_to_ask_for_does_not_end_as_done(scene, source, settings):
    platform = scene.serve_some(source)
    scene.sections[source] |= settings
    summary = scene.run()
    assert (summary.exit_code, platform.requests) == (2, [])
    assert f"[sources.{source}]" in summary.sources[0].error


def test_a_run_of_no_minutes_asks_nothing(scene):
    platform = scene.serve_some("x")
    assert scene.run(deadline=dt.timedelta(0)).exit_code == 75
    assert platform.requests == []


def test_a_budget_below_the_smallest_page_is_wrong_use(scene):
    platform = scene.serve_some("x")
    summary = scene.run(budget=5)
    assert (summary.exit_code, platform.requests) == (2, [])
    assert "10 posts at a time" in summary.sources[0].error


def test_a_source_named_twice_is_asked_once(scene):
    platform = scene.serve_some("x", 50)
    assert len(scene.run(only=["x", "x"]).sources) == 1
    assert platform.posts_requests == 1


def test_two_runs_at_once_do_not_share_a_data_folder(scene):
    platform = scene.serve_some("hackernews")
    refused = []

    def start_another(_number):
        platform.after_reply = lambda _n: None
        try:
            scene.run()
        except StoreBusy as error:
            refused.append(error.exit_code)

    platform.after_reply = start_another
    assert scene.run().exit_code == 0
    assert refused == [75]


def test_pages_of_a_killed_run_are_brought_in_by_the_next(scene, monkeypatch):
    """As if the process had ended between the last page and the merge: the journal is all that is left of it."""
    platform = scene.serve_some("x")
    journal = scene.store.journal("x")

    class Killed(BaseException):
        pass

    def die(self):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("collectors.engine.recorder.Recorder.merge", die)
        with pytest.raises(Killed):
            scene.run()
    assert scene.stored("x") == []
    assert sum(1 for _ in journal.replay()) == 3
    asked = platform.posts_requests
    scene.clock.forward(hours=1)
    summary = scene.run()
    assert summary.recovered == len(platform.keys())
    assert sorted(scene.stored("x")) == sorted(platform.keys())
    assert platform.posts_requests - asked <= 2
    assert list(journal.replay()) == []


def test_progress_is_told_per_page_and_wait_and_logged_per_page(scene, caplog):
    platform = scene.serve_some("x")
    platform.next_faults = [None, "rate_limit"]
    told: list[Progress] = []
    with caplog.at_level(logging.INFO, logger="collectors"):
        scene.run(on_progress=told.append)
    estimate, *pages = [progress for progress in told if progress.waiting_until is None]
    assert (estimate.posts, estimate.pages) == (0, 0)
    assert "at most $" in estimate.note
    assert [progress.posts for progress in pages] == [100, 200, 250]
    assert [progress.reached for progress in pages] == sorted(progress.reached for progress in pages)
    assert pages[-1].reached == 1.0
    assert all(progress.queries == 1 and progress.query_number == 1 for progress in told)
    assert [progress.note for progress in told if progress.waiting_until] == ["X answered 429, too many requests"]
    lines = [record.getMessage() for record in caplog.records if " page=" in record.getMessage()]
    assert len(lines) == 3
    assert "source=x" in lines[0]
    assert "posts=100" in lines[0]
    assert "status=done" in lines[-1]


def test_malformed_posts_are_counted_with_their_reasons(scene, caplog):
    platform = scene.serve_some("bluesky")
    platform.next_faults = ["malformed_post"]
    summary = scene.run()
    assert summary.sources[0].total("rejected") == 1
    assert "refused a post: author is missing" in caplog.text
    assert sorted(scene.stored("bluesky")) == sorted(platform.keys())


@pytest.mark.parametrize("source", ["x", "bluesky", "reddit"])
def test_pages_that_go_round_in_circles_end_the_run(scene, source):
    platform = scene.serve_one_stream(source)
    platform.choose_fault = lambda number: "repeated_page" if number else None
    summary = scene.run()
    assert summary.exit_code == 75
    assert "same pages" in summary.sources[0].error
    assert platform.posts_requests < 20


def test_threads_that_hold_what_the_search_has_found_are_no_circle(scene):
    """Ten stories with a comment each, all of which hold the word: their threads show nothing that is new."""
    platform = scene.serve(HackerNewsServer(count=10, threads=0, **scene.times), thread_comments=True)
    for story in list(platform.hits):
        moment = dt.datetime.fromisoformat(story["created_at"])
        comment = platform.hit(int(story["objectID"]) + 100, moment, thread=story["objectID"])
        story["num_comments"] = 1
        platform.threads[story["objectID"]] = [comment]
        platform.hits.insert(platform.hits.index(story), comment)
    platform._order = [-hit["created_at_i"] for hit in platform.hits]
    assert scene.run().exit_code == 0
    assert platform.posts_requests == 11
    assert len(scene.stored("hackernews")) == 20


def test_an_unknown_language_names_the_setting():
    with pytest.raises(ValidationError, match=r"sources\.layoff_words\.xx"):
        SourcesSettings.model_validate({"languages": ["en", "xx"], "x": {}})
    assert SourcesSettings.model_validate({"languages": ["xx"], "layoff_words": {"xx": ["w"]}}).words() == {
        "xx": ("w",)
    }


def test_env_files_are_read_and_the_environment_wins(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(
        "X_BEARER_TOKEN=from-the-file\nREDDIT_CLIENT_ID='quoted'\nEMPTY=\n", encoding="utf-8"
    )
    monkeypatch.delenv("REDDIT_CLIENT_ID", raising=False)
    monkeypatch.setenv("X_BEARER_TOKEN", "from-the-environment")
    credentials = Credentials.from_environment(tmp_path / ".env")
    assert (credentials.get("X_BEARER_TOKEN"), credentials.get("REDDIT_CLIENT_ID")) == (
        "from-the-environment",
        "quoted",
    )
    assert credentials.missing(("EMPTY", "X_BEARER_TOKEN")) == ("EMPTY",)
    assert Credentials.from_environment(tmp_path / "nothing").get("X_BEARER_TOKEN") == "from-the-environment"
    assert "from-the" not in repr(Credentials(CREDENTIALS)) + str(credentials)


def test_queries_take_turns_where_the_budget_covers_one_of_them(scene):
    """Each run covers one page. Those that were left keep their place, so none starves."""
    platform = scene.serve_some("x", 400, max_posts_per_run=100)
    scene.sections["languages"] = ["en", "de", "fr"]
    for _ in range(6):
        scene.run()
        scene.clock.forward(hours=1)
    asked = [request.params["query"].split("lang:")[1][:2] for request in platform.requests]
    assert asked == ["en", "de", "fr"] * 2


def test_a_query_that_always_fails_does_not_keep_the_others_from_being_asked(scene):
    platform = scene.serve_some("bluesky", 50, words=["broken", "layoffs", "layoff"])
    truth = platform.answer
    platform.answer = lambda request: Reply({}, status=503) if request.params.get("q") == "broken" else truth(request)
    scene.run()
    scene.clock.forward(hours=1)
    assert scene.run().exit_code == 75
    assert scene.last_run("bluesky", "layoffs")["status"] == "done"
    assert scene.last_run("bluesky", "layoff")["status"] == "done"
    assert sorted(scene.stored("bluesky")) == sorted(platform.keys())


@pytest.mark.parametrize("where", ["fetch", "normalise"])
def test_a_query_that_breaks_unexpectedly_fails_alone_and_keeps_no_other_from_its_turn(scene, monkeypatch, where):
    """Without a row it would be the one that has waited longest, and break every later run at its first request."""
    platform = scene.serve_some("hackernews", 40, words=["layoffs", "broken", "layoff"])
    owner = {"fetch": HackerNews, "normalise": Recorder}[where]
    truth = getattr(owner, where)

    def surprising(self, first, *args, **options):
        if "broken" in {getattr(first, "name", None), *args}:
            raise KeyError("surprise")
        return truth(self, first, *args, **options)

    monkeypatch.setattr(owner, where, surprising)
    for _ in range(2):
        summary = scene.run()
        assert summary.exit_code == 1
        assert [query.state.status for query in summary.sources[0].queries].count("done") == 2
        scene.clock.forward(hours=1)
    row = scene.last_run("hackernews", "broken")
    assert (row["status"], row["error"][:19]) == ("failed", "unexpected KeyError")
    assert platform.keys() <= set(scene.stored("hackernews"))
    [hackernews] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (hackernews.last_status, hackernews.backlog) == ("failed", 1)

"""Bluesky, Mastodon, Hacker News and the watched folder: what is particular to each."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from collectors import Credentials, ImportSettings, doctor, status
from collectors.folder import Folder
from collectors.mastodon_pages import read_status
from collectors.source import Opening
from collectors.terms import SearchTerms
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


CSV = "id,text,created_at,source\n1,Laid off at Amazon today,2025-10-28T10:00:00Z,linkedin\n2,Me too,2025-10-28T11:00:00Z,linkedin\n"


def _inbox(scene, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    scene.sections["folder"] = {"path": str(folder)}
    return folder


def _put(folder, name, text, *, age_seconds, now):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (now.timestamp() - age_seconds,) * 2)


def test_files_in_the_watched_folder_are_imported_once_per_version(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    assert scene.run().sources[0].total("new") == 2
    assert scene.run().sources[0].queries == ()
    _put(folder, "posts.csv", CSV + "3,And me,2025-10-28T12:00:00Z,linkedin\n", age_seconds=30, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("new"), summary.sources[0].total("duplicate")) == (0, 1, 2)


def test_names_of_people_in_file_names_are_not_stored_and_each_file_is_taken_once(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "@janedoe jane.doe@gmail.com.csv", CSV, age_seconds=60, now=scene.clock.now())
    _put(folder, "jane.doe@gmail.com.json", '{"broken', age_seconds=60, now=scene.clock.now())
    assert scene.run().sources[0].total("new") == 2
    assert scene.run().sources[0].queries == ()
    for table in ("runs", "posts"):
        assert "jane" not in f"{scene.store.scan(table).collect().to_dicts()}"


def test_a_file_name_that_is_no_utf8_is_taken_and_stops_no_other(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    odd = os.fsdecode(b"Entlassungen-\xfc.csv")
    _put(folder, odd, CSV, age_seconds=60, now=scene.clock.now())
    _put(folder, "good.csv", CSV.replace("\n1,", "\n7,"), age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("new")) == (0, 3)
    assert {query.name for query in summary.sources[0].queries} == {r"Entlassungen-\udcfc.csv", "good.csv"}
    assert scene.run().sources[0].queries == ()


def test_a_file_that_is_still_being_copied_waits_for_the_next_run(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "posts.csv", CSV, age_seconds=1, now=scene.clock.now())
    assert scene.run().exit_code == 75
    scene.clock.forward(minutes=5)
    assert scene.run().exit_code == 0
    assert len(scene.stored("linkedin")) == 2


def test_a_file_that_failed_is_taken_again_once_its_settings_have_changed_and_a_file_that_was_taken_is_not(
    scene, tmp_path
):
    folder = _inbox(scene, tmp_path)
    _put(folder, "agency.csv", "Beitrag,Tag\nEntlassen,2025-10-28\n", age_seconds=60, now=scene.clock.now())
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    assert scene.run().exit_code == 1
    again = scene.run()
    assert (again.exit_code, again.sources[0].queries, again.sources[0].still_failed) == (1, (), ("agency.csv",))
    mapping = {"files": "agency*", "source": "xing", "columns": {"text": "Beitrag", "created_at": "Tag"}}
    mended = ImportSettings.model_validate({"mapping": {"agency": mapping}})
    [query] = scene.run(imports=mended).sources[0].queries
    assert (query.name, query.exit_code, query.state.new) == ("agency.csv", 0, 1)
    assert scene.run(imports=mended).sources[0].queries == ()


def test_a_file_that_waited_or_failed_and_was_taken_away_is_no_backlog(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "broken.json", '{"broken', age_seconds=60, now=scene.clock.now())
    _put(folder, "copied.csv", CSV, age_seconds=1, now=scene.clock.now())
    assert scene.run().exit_code == 1
    assert status(scene.store, scene.settings, now=scene.clock.now())[0].backlog == 2
    (folder / "broken.json").unlink()
    (folder / "copied.csv").unlink()
    assert scene.run().exit_code == 0
    [inbox] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (inbox.backlog, inbox.last_status, inbox.error) == (0, "done", None)


def test_files_that_failed_stay_a_failure_until_they_are_moved_away(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    (folder / "sub").mkdir()
    for name in ("a.csv", "b.csv", "sub/c.csv"):
        _put(folder, name, "text,created_at\nLaid off,2025-10-28\n", age_seconds=60, now=scene.clock.now())
    assert scene.run().exit_code == 1
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    taken = scene.run()
    assert (taken.exit_code, taken.sources[0].status, taken.sources[0].total("new")) == (1, "failed", 2)
    [inbox] = status(scene.store, scene.settings, now=scene.clock.now())
    assert (inbox.last_status, inbox.backlog, list(inbox.errors)) == ("failed", 3, ["a.csv", "b.csv", "sub/c.csv"])
    assert inbox.error == inbox.errors["a.csv"]
    for name in ("a.csv", "b.csv", "sub/c.csv"):
        assert inbox.errors[name].startswith(f"{name} doesn't say")
        (folder / name).unlink()
    assert (scene.run().exit_code, scene.run().sources[0].still_failed) == (0, ())
    assert status(scene.store, scene.settings, now=scene.clock.now())[0].last_status == "done"


def test_of_a_file_without_a_platform_the_advice_is_a_setting_of_the_watched_folder(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "a.csv", "text,created_at\nLaid off,2025-10-28\n", age_seconds=60, now=scene.clock.now())
    error = scene.run().sources[0].error
    assert "Say it with platform in [sources.folder] (x, reddit" in error
    assert "--source" not in error
    scene.sections["folder"]["platform"] = "reddit"
    assert scene.run().exit_code == 0


@pytest.mark.parametrize("below", ["data", "data/journals", "data/posts", "", "data/../data"])
def test_the_data_folder_is_not_watched_nor_what_holds_it_or_lies_in_it(scene, tmp_path, below):
    scene.sections["folder"] = {"path": str(tmp_path / below)}
    [outcome] = scene.run().sources
    assert (outcome.exit_code, outcome.queries) == (2, ())
    assert "where the tables are" in outcome.error
    settings = scene.settings
    found = doctor(scene.store, settings, employers=[], credentials=scene.credentials, only=["folder"])
    assert found[0].exit_code == 2
    assert "path in [sources.folder]" in found[0].advice


def test_what_is_left_aside_in_the_watched_folder_is_counted(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    (folder / "sub").mkdir()

    def said():
        found = doctor(scene.store, scene.settings, employers=[], credentials=scene.credentials, only=["folder"])
        return found[0].quota

    _put(folder, "sub/posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    assert said() == f"1 files in {folder}"
    for name in ("sub/photo.jpg", ".hidden.csv"):
        _put(folder, name, CSV, age_seconds=60, now=scene.clock.now())
    (folder / "gone.csv").symlink_to(folder / "nowhere.csv")
    os.mkfifo(folder / "pipe.csv")
    assert said().startswith(f"1 files in {folder}; 4 left aside: hidden")


def test_a_file_that_grows_while_it_is_read_is_taken_again(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "posts.csv", CSV, age_seconds=60, now=scene.clock.now())
    terms = SearchTerms((), {})
    source = Folder(
        scene.settings.folder,
        Opening(
            terms,
            scene.credentials,
            scene.clock,
            tmp_path / "data" / "journals",
            tmp_path / "rejects",
            ImportSettings(),
        ),
    )
    [delivery] = source.deliveries()
    with (folder / "posts.csv").open("a", encoding="utf-8") as file:
        file.write("3,And me,2025-10-28T12:00:00Z,linkedin\n")
    assert source.take(delivery, scene.store, why_stop=lambda: None).grew
    _put(folder, "from-tomorrow.csv", CSV, age_seconds=-86_400, now=scene.clock.now())
    assert [one.ready for one in source.deliveries() if one.name == "from-tomorrow.csv"] == [True]


def test_a_broken_file_does_not_stop_the_others_and_a_missing_folder_is_named(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    _put(folder, "a.json", '{"broken', age_seconds=60, now=scene.clock.now())
    _put(folder, "b.csv", CSV, age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("new")) == (1, 2)
    scene.sections["folder"]["path"] = str(tmp_path / "nowhere")
    summary = scene.run()
    assert summary.exit_code == 2
    assert "nowhere" in summary.sources[0].error


LINKEDIN_EXPORT = {
    "Shares.csv": "Date,ShareLink,ShareCommentary,Visibility\n2025-10-28 10:00:00,https://l/activity-7123456,Laid off,PUBLIC\n",
    "Profile.csv": "First Name,Last Name\nAda,L\n",
    "messages.csv": (
        "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
        "2-1,,Ada,https://l/ada,Bob,https://l/bob,2025-10-28 09:00:00 UTC,,Between us: I am next,INBOX\n"
    ),
}


@pytest.mark.parametrize("below", ["", "Basic_LinkedInDataExport"])
def test_the_watched_folder_takes_of_an_unpacked_linkedin_export_what_an_import_takes(scene, tmp_path, below):
    folder = _inbox(scene, tmp_path)
    scene.sections["folder"]["platform"] = "linkedin"
    (folder / below).mkdir(exist_ok=True)
    for name, text in LINKEDIN_EXPORT.items():
        _put(folder / below, name, text, age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert (summary.exit_code, [Path(query.name).name for query in summary.sources[0].queries]) == (0, ["Shares.csv"])
    assert scene.store.scan("posts").collect()["text"].to_list() == ["Laid off"]


def test_private_messages_under_another_name_are_refused_in_the_watched_folder_too(scene, tmp_path):
    folder = _inbox(scene, tmp_path)
    scene.sections["folder"]["platform"] = "linkedin"
    _put(folder, "posts.csv", LINKEDIN_EXPORT["messages.csv"], age_seconds=60, now=scene.clock.now())
    summary = scene.run()
    assert summary.exit_code == 1
    assert "private messages" in summary.sources[0].error
    assert scene.store.scan("posts").collect().is_empty()


def _url_of(scene, platform):
    return scene.urls[id(platform)]


@pytest.mark.parametrize(
    "link",
    [
        "https://m.example/@jane/1142",
        "https://m.example/@jane@other.example/1142",
        "https://gts.example/@jane/statuses/01JABCDEFGHJKMNPQRSTVWXYZ1",
        "https://m.example/users/jane/statuses/1142",
        "https://misskey.example/notes/9abc",
        "https://pleroma.example/objects/6c1b1f0e-0000-4000-8000-000000000001",
        "https://pleroma.example/notice/AbC12",
    ],
)
def test_a_link_that_is_masked_or_names_nobody_is_kept(link):
    assert _status(link).url == link


@pytest.mark.parametrize(
    "link",
    [
        "https://pixelfed.social/p/janedoe/712345678901234567",
        "https://bookwyrm.social/user/jane/comment/12",
        "https://write.as/jane-doe/my-layoff",
        "https://jane.micro.blog/2025/10/28/laid-off.html",
        "https://jane@m.example/notes/1",
        "https://m.example/notes/1?by=jane",
        12,
        None,
    ],
)
def test_a_link_of_other_software_that_may_name_its_author_is_not_kept(link):
    assert _status(link).url is None


def _status(link):
    said = {"uri": "https://m.example/notes/1", "url": link, "created_at": "2025-10-28T12:00:00Z", "content": "cuts"}
    return read_status({**said, "account": {"acct": "jane"}}, community="layoffs")

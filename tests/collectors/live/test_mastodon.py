"""What Mastodon's timelines show beyond plain statuses: broken ones, other software's, and such as are not for everyone."""

from __future__ import annotations

import datetime as dt

import pytest

from collectors import doctor
from collectors.mastodon_pages import read_status
from tests.collectors.live.conftest import EMPLOYERS, own_server, rechecked
from tests.servers.core import Reply
from tests.servers.mastodon import Mastodon

ULID = "01JB6Z8K3V9W2X4Y5Z6A7B8C9D"


def _with_items(platform, *items):
    """Each page holds these too."""
    truth = platform.answer
    platform.answer = lambda request: (
        Reply([*truth(request).body, *items]) if platform.is_for_posts(request) else truth(request)
    )


@pytest.mark.parametrize("broken", ["\u00b2", "9" * 5_000, "9" * 30, None, 5.5])
def test_a_status_with_a_broken_id_costs_only_itself(scene, broken):
    platform = scene.serve_some("mastodon", 50)
    _with_items(platform, {"id": broken})
    assert scene.run().exit_code == 0
    assert sorted(scene.stored("mastodon")) == sorted(platform.keys())
    assert scene.last_run("mastodon")["rejected"] > 0


def test_a_page_that_holds_nothing_but_a_broken_status_is_no_repeated_one(scene):
    platform = scene.serve_some("mastodon", 0)
    _with_items(platform, {"id": "\u00b2"})
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].error) == (0, None)
    assert scene.last_run("mastodon")["rejected"] == 1


@pytest.mark.parametrize("own_id", [ULID, "AnXhDdOxVQSuTd5EKG"])
def test_a_server_whose_ids_are_of_another_kind_is_named_once_and_for_all(scene, own_id):
    platform = scene.serve_some("mastodon", 5)
    for status in platform.statuses:
        status["id"] = own_id
    summary = scene.run()
    assert summary.exit_code == 1
    assert "127.0.0.1" in summary.sources[0].error
    assert "does not number statuses as Mastodon does" in summary.sources[0].error
    assert platform.posts_requests == 1


def test_doctor_names_a_server_whose_ids_are_of_another_kind(scene):
    platform = scene.serve_some("mastodon", 5)
    for status in platform.statuses:
        status["id"] = ULID
    [health] = doctor(
        scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, only=["mastodon"]
    )
    assert (health.reachable, health.well, health.exit_code) == (True, False, 2)
    assert "does not number statuses" in health.advice


@pytest.mark.parametrize(
    "uri",
    [
        "https://pixelfed.test/p/ada/123456789012345678",
        "https://books.test/user/ada/status/12",
        "https://write.test/api/posts/abcdefghij",
        "http://plain.test/users/ada/statuses/1",
    ],
)
def test_a_status_that_nobody_could_be_asked_about_is_left_out_and_counted(scene, uri):
    platform = scene.serve_some("mastodon", 5)
    kept = sorted(platform.keys())
    platform.add(900, scene.clock.now() - dt.timedelta(hours=1), uri=uri)
    summary = scene.run()
    assert (summary.exit_code, summary.sources[0].total("rejected")) == (0, 1)
    assert sorted(scene.stored("mastodon")) == kept


NOT_FOR_EVERYONE = [
    {"visibility": "private"},
    {"visibility": "direct"},
    {"visibility": ["public"]},
    {"account": {"acct": "ada", "noindex": True}},
]


@pytest.mark.parametrize("fields", NOT_FOR_EVERYONE)
def test_a_status_that_is_not_for_everyone_is_not_stored(scene, fields):
    platform = scene.serve(Mastodon(count=0, **scene.times))
    platform.add(1, scene.clock.now() - dt.timedelta(hours=1), **fields)
    scene.run()
    assert scene.stored("mastodon") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": "unlisted"},
        {"visibility": None},
        {"account": {"acct": "ada", "noindex": False, "indexable": False}},
    ],
)
def test_one_that_everyone_may_see_is_stored(scene, fields):
    platform = scene.serve(Mastodon(count=0, **scene.times))
    platform.add(1, scene.clock.now() - dt.timedelta(hours=1), **fields)
    scene.run()
    assert scene.stored("mastodon") == list(platform.keys())


@pytest.mark.parametrize("fields", NOT_FOR_EVERYONE)
def test_a_status_that_is_no_longer_for_everyone_is_purged_by_recheck(scene, fields):
    platform = own_server(scene, 5)
    platform.statuses[0].update(fields)
    outcome = rechecked(scene)
    assert (outcome.checked, outcome.purged) == (5, 1)
    assert platform.nameless(platform.statuses[0]["uri"]) not in scene.stored("mastodon")


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

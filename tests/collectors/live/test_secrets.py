"""Planted tokens turn up nowhere: not in logs at DEBUG, not in errors, reprs, tables or journals. Nor do authors' names."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from urllib.parse import urlsplit

import polars as pl
import pytest

from collectors import Credentials, doctor
from tests.collectors.live.conftest import EMPLOYERS, Scene, rechecked
from tests.servers.core import Reply
from tests.servers.everything import CREDENTIALS, SERVERS
from tests.stored_files import holders_of

PLANTED = {name: value for name, value in CREDENTIALS.items() if name not in {"BLUESKY_HANDLE", "REDDIT_CLIENT_ID"}}


def _learned(platform) -> list[str]:
    """Tokens that the servers handed out."""
    return [*getattr(platform, "tokens", ()), *getattr(platform, "valid", ())]


@pytest.mark.parametrize("fault", [None, "revoked", "expired_token", "server_error", "html", "timeout", "rate_limit"])
@pytest.mark.parametrize("source", list(SERVERS))
def test_nothing_shows_a_secret(scene, caplog, capfd, source, fault):
    platform = scene.serve_some(source, 60, read_seconds=0.3)
    platform.next_faults = [fault, fault, fault, fault]
    with caplog.at_level(logging.DEBUG):
        parents = ("tweepy", "prawcore", "urllib3", "atproto", "mastodon", "requests")
        for name in (*parents, "tweepy.client", "urllib3.connectionpool"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        summary = scene.run()
        health = doctor(
            scene.store, scene.settings, employers=EMPLOYERS, credentials=scene.credentials, clock=scene.clock
        )
    shown = [
        caplog.text,
        repr(summary),
        repr(health),
        repr(scene.credentials),
        repr(scene.settings),
        *capfd.readouterr(),
    ]
    shown += ["".join(traceback.format_exception(record.exc_info[1])) for record in caplog.records if record.exc_info]
    for name in ("posts", "runs"):
        shown.append(str(scene.store.scan(name).collect().rows()))
    folder = scene.store.journal("x").path.parent.parent
    if fault is None:
        assert holders_of(scene.stored(source)[0], folder)
    for secret in [*PLANTED.values(), *_learned(platform)]:
        assert not any(secret in text for text in shown), secret
        assert [name for name in holders_of(secret, folder) if not name.endswith(".session")] == [], secret


def test_a_platform_that_echoes_the_token_in_its_error_is_masked(scene, caplog):
    """This server puts the Authorization header into its message."""
    platform = scene.serve_some("x", 10)
    platform.token = "another"
    summary = scene.run()
    secret = CREDENTIALS["X_BEARER_TOKEN"]
    assert "Unauthorized: Bearer •••" in summary.sources[0].error
    assert secret not in caplog.text + repr(summary) + str(scene.store.scan("runs").collect().rows())


@pytest.mark.parametrize("padding", [170, 180, 195, 380, 395])
@pytest.mark.parametrize("source", ["x", "bluesky", "reddit"])
def test_no_part_of_a_token_is_left_where_a_message_is_shortened(scene, caplog, source, padding):
    platform = scene.serve_some(source, 10)
    truth, sent = platform.answer, []

    def echo(request):
        if not platform.is_for_posts(request):
            return truth(request)
        sent.append(request.headers["authorization"].split()[1])
        said = "y" * padding + request.headers["authorization"] + "z" * 600
        return Reply({"message": said, "detail": said, "error": "Odd"}, status=400)

    platform.answer = echo
    summary = scene.run()
    shown = caplog.text + repr(summary) + str(scene.store.scan("runs").collect().rows())
    assert summary.exit_code == 1
    assert sent
    assert not any(secret[:8] in shown for secret in sent)
    assert all(len(row["error"]) < 700 for row in scene.store.scan("runs").collect().iter_rows(named=True))


def test_the_token_that_reddit_hands_out_is_masked(scene):
    platform = scene.serve_some("reddit", 10)
    scene.run()
    [token] = platform.tokens
    assert scene.credentials.redact(f"Bearer {token}", names=()) == "Bearer •••"


@pytest.mark.parametrize("client_id", ["reddit-test-id-01", "reddit-test-id-1", "reddit-test-id"])
def test_a_log_in_at_reddit_that_is_said_back_is_masked(scene, caplog, client_id):
    """It carries id and secret in base64, which ends in none, one or two signs that only fill it up."""
    platform = scene.serve_some("reddit", 10)
    scene.credentials = Credentials({**CREDENTIALS, "REDDIT_CLIENT_ID": client_id})
    sent = []

    def echo(request):
        sent.append(request.headers["authorization"].split()[1])
        return Reply({"error": "invalid_client", "error_description": f"bad {sent[-1]} or {sent[-1].rstrip('=')}!"})

    platform.answer = echo
    summary = scene.run()
    shown = caplog.text + repr(summary) + str(scene.store.scan("runs").collect().rows())
    assert base64.b64decode(sent[0]).decode() == f"{client_id}:{CREDENTIALS['REDDIT_CLIENT_SECRET']}"
    assert "(bad ••• or •••!)" in summary.sources[0].error
    assert sent[0].rstrip("=") not in shown


@pytest.mark.parametrize("password", [CREDENTIALS["BLUESKY_APP_PASSWORD"], 'quote"and\\back slash'])
def test_a_log_in_at_bluesky_that_is_said_back_is_masked(scene, caplog, password):
    """It carries the password in JSON, where some characters are written otherwise."""
    platform = scene.serve_some("bluesky", 10)
    scene.credentials = Credentials({**CREDENTIALS, "BLUESKY_APP_PASSWORD": password})
    platform.answer = lambda request: Reply({"error": "Odd", "message": request.body.decode()}, status=400)
    summary = scene.run()
    shown = caplog.text + repr(summary) + str(scene.store.scan("runs").collect().rows())
    assert "•••" in summary.sources[0].error
    assert json.dumps(password)[1:-1] not in shown
    assert password not in shown


def test_a_session_at_bluesky_that_is_said_back_is_masked(scene, caplog):
    """Also in a later run, which has it from a file."""
    platform = scene.serve_some("bluesky", 10)
    scene.run()
    scene.credentials = Credentials(CREDENTIALS)
    platform.answer = lambda request: Reply({"error": "Odd", "message": request.headers["authorization"]}, status=400)
    scene.clock.forward(hours=1)
    summary = scene.run()
    assert "Bearer •••" in summary.sources[0].error
    assert not any(token in caplog.text + repr(summary) for token in platform.valid)


@pytest.mark.parametrize("shown", ["a b&c+d/e", "a%20b%26c%2Bd%2Fe", "a+b%26c%2Bd%2Fe"])
def test_a_secret_is_masked_as_links_and_forms_hold_it(shown):
    assert Credentials({"TOKEN": "a b&c+d/e"}).redact(f"got {shown}.", names=("TOKEN",)) == "got •••."


@pytest.mark.parametrize("ends", ["done", "cut short", "killed"])
def test_no_file_holds_the_name_of_an_author_of_a_mastodon_status(scene, monkeypatch, ends):
    """Its address, which is its id, has it: also that of the newest one, in `runs` or in a journal."""
    platform = scene.serve_some("mastodon", 100)
    if ends == "cut short":
        platform.next_faults = [None, *["server_error"] * 3]
    with monkeypatch.context() as patched:
        if ends == "killed":
            patched.setattr("collectors.engine.recorder.Recorder.merge", lambda _self: None)
        scene.run()
    folder = scene.store.journal("x").path.parent.parent
    assert holders_of(urlsplit(platform.base).netloc, folder)
    assert _named(platform, folder) == []


@pytest.mark.parametrize("again", [Scene.run, rechecked])
def test_names_that_earlier_versions_left_in_runs_go_with_the_next_one(scene, again):
    platform = scene.serve_some("mastodon", 20)
    platform.next_faults = [None, *["empty_page"] * 5]
    scene.run()
    folder = scene.store.journal("x").path.parent.parent
    newest = platform.statuses[-1]["uri"]
    last = scene.store.scan("runs").collect()
    token = json.loads(last["page_token"].item())
    scene.store.upsert(
        "runs",
        last.with_columns(
            high_water_id=pl.lit(newest),
            page_token=pl.lit(json.dumps({**token, "newest_id": newest})),
        ),
    )
    assert _named(platform, folder)
    scene.clock.forward(hours=1)
    again(scene)
    assert _named(platform, folder) == []
    assert (
        scene.store.scan("runs")
        .filter(run_id=last["run_id"].item())
        .collect()
        .drop("high_water_id", "page_token")
        .equals(last.drop("high_water_id", "page_token"))
    )
    scene.run_until_done()
    assert sorted(scene.stored("mastodon")) == sorted(platform.keys())


def _named(platform, folder):
    """Files that hold an author's name."""
    names = {status["account"]["acct"] for status in platform.statuses}
    return sorted({file for name in names for file in holders_of(name, folder)})

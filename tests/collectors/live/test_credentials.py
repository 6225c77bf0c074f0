"""Credentials that can't work are told from outages, and found wherever they were put."""

from __future__ import annotations

import pytest

from collectors import Credentials, doctor
from store import ConfigError
from tests.collectors.live.conftest import EMPLOYERS
from tests.servers.everything import CREDENTIALS


@pytest.mark.parametrize("value", ["\u201cquoted-secret\u201d", "ab\ncdefgh", "secret\u200b-value", "secr\x00et-value"])
@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("x", "X_BEARER_TOKEN"),
        ("mastodon", "MASTODON_ACCESS_TOKEN"),
        ("reddit", "REDDIT_CLIENT_SECRET"),
        ("bluesky", "BLUESKY_APP_PASSWORD"),
    ],
)
def test_a_value_that_no_request_can_carry_needs_someone(scene, source, name, value):
    platform = scene.serve_some(source, 20)
    scene.credentials = Credentials({**CREDENTIALS, name: value})
    summary = scene.run()
    assert (summary.exit_code, platform.requests, scene.clock.slept) == (2, [], [])
    assert name in summary.sources[0].error
    [health] = doctor(
        scene.store,
        scene.settings,
        employers=EMPLOYERS,
        credentials=scene.credentials,
        clock=scene.clock,
        only=[source],
    )
    assert (health.exit_code, name in health.advice) == (2, True)
    assert value not in repr(summary) + repr(health)


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_variable_that_is_set_to_nothing_does_not_hide_the_file(tmp_path, monkeypatch, empty):
    (tmp_path / ".env").write_text("X_BEARER_TOKEN=from-the-file\n", encoding="utf-8")
    monkeypatch.setenv("X_BEARER_TOKEN", empty)
    assert Credentials.from_environment(tmp_path / ".env").get("X_BEARER_TOKEN") == "from-the-file"


def test_what_stands_in_the_file_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.delenv("X_BEARER_TOKEN", raising=False)
    (tmp_path / ".env").write_text("X_BEARER_TOKEN=pa${HOME}ss$$x\n", encoding="utf-8")
    assert Credentials.from_environment(tmp_path / ".env").get("X_BEARER_TOKEN") == "pa${HOME}ss$$x"


def test_a_line_of_env_that_sets_nothing_is_named_without_what_it_holds(tmp_path, caplog):
    (tmp_path / ".env").write_text(
        "# mine\nREDDIT_CLIENT_ID=abc\nREDDIT_CLIENT_SECRET: hunter2hunter2\n", encoding="utf-8"
    )
    credentials = Credentials.from_environment(tmp_path / ".env")
    assert credentials.missing(("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")) == ("REDDIT_CLIENT_SECRET",)
    assert "line 3 is passed over: it is not NAME=value" in caplog.text
    assert "hunter2" not in caplog.text


def test_an_env_file_that_is_no_text_is_a_fault_of_the_settings(tmp_path):
    (tmp_path / ".env").write_bytes(b"X_BEARER_TOKEN=\xff\xfe")
    with pytest.raises(ConfigError, match="no UTF-8 text"):
        Credentials.from_environment(tmp_path / ".env")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        Credentials.from_environment(tmp_path / "folder")

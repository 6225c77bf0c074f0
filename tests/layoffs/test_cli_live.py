"""The commands about live sources, without any account."""

import re
from pathlib import Path

import pytest


def test_doctor_needs_no_credentials_and_shows_what_to_do(project, tmp_path):
    (tmp_path / "e.csv").write_text("company,date\nAcme,10/28/2025\nSmith,10/28/2025\nAmazon,10/28/2025\n")
    project("events", "e.csv")
    ended = project("doctor")
    assert ended.code == 0
    assert "X_BEARER_TOKEN" in ended.out
    # Amazon's is one of the settings' own too.
    assert re.search(r"settings  fine: companies \d+, announcements \d+\n", ended.out)
    assert "0 posts, 3 announcements from files in" in ended.out


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write into")
def test_doctor_does_not_call_tables_fine_that_can_not_be_written(project, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace('path = "data"', 'path = "/proc/self/data"', 1))
    ended = project("doctor")
    assert ended.code == 2
    assert "/proc/self can't be written" in ended.out
    assert "tables    fine" not in ended.out


def test_collect_without_a_source_says_how_to_switch_one_on(project):
    ended = project("collect")
    assert ended.code == 2
    assert "[sources.hackernews]" in ended.err


def test_a_platform_that_is_down_is_said_once_however_many_queries_it_has(project, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    config = tmp_path / "config.toml"
    config.write_text(config.read_text() + '\n[sources.mastodon]\ninstances = ["http://127.0.0.1:1"]\n')
    ended = project("collect", "--minutes", "0.01")  # too short for another try
    assert ended.code == 75
    said = [line for line in ended.err.splitlines() if line.startswith("Mastodon")]
    assert said == [
        "Mastodon, http://127.0.0.1:1#layoffs and 6 more: 127.0.0.1:1 could not be reached: ConnectionError"
    ]
    assert ended.err.count("could not be reached") == 2  # and once in the log


def test_recheck_without_a_source_says_the_same(project):
    ended = project("recheck")
    assert ended.code == 2
    assert "[sources.hackernews]" in ended.err


def test_a_source_that_never_ran_is_in_the_status_without_a_warning(project, tmp_path, recwarn):
    config = tmp_path / "config.toml"
    config.write_text(config.read_text() + "\n[sources.hackernews]\n")
    ended = project("status")
    assert ended.code == 0
    assert "never ran" in ended.out
    assert not [w for w in recwarn if "None" in str(w.message)]
    assert "Warning" not in ended.err


@pytest.mark.parametrize("minutes", ["inf", "1e12"])
@pytest.mark.parametrize("command", ["collect", "recheck"])
def test_minutes_that_no_clock_can_reach_are_wrong_use(project, command, minutes):
    ended = project(command, "--source", "hackernews", "--minutes", minutes)
    assert ended.code == 2
    assert "minutes is none" in ended.err


@pytest.mark.parametrize("setting", ["deadline_minutes = 1e12", "[sources.hackernews]\nfirst_days = 1e7"])
def test_spans_that_no_date_can_hold_are_refused_with_the_settings(project, tmp_path, setting):
    config = tmp_path / "config.toml"
    config.write_text("[sources]\n" + setting + "\n")
    assert project("collect").code == 2


def test_files_that_failed_before_are_told_in_one_line_each_run(project, tmp_path):
    with (tmp_path / "config.toml").open("a") as config:
        config.write("\n[sources.folder]\nsettle_seconds = 0\n")
    (tmp_path / "inbox").mkdir()
    for number in range(9):
        (tmp_path / "inbox" / f"{number}.csv").write_text("text,created_at\nLaid off,2025-10-28\n")
    first = project("collect")
    assert first.code == 1
    assert "Watched folder: 3.csv doesn't say" in first.err
    again = project("collect")
    assert again.code == 1
    named = ", ".join(f"{number}.csv" for number in range(5))
    assert f"Watched folder: 9 files failed before and are unchanged: {named} and 4 more" in again.err
    assert "and 8 more" in project("status").out
    assert len(project("status", "--json").json["sources"][0]["errors"]) == 9

"""Ctrl-C, or a scheduler's SIGTERM, while a run waits for a rate limit: it ends at once, as a run that left something."""

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store import Store
from tests.servers.core import Server
from tests.servers.hackernews import HackerNews

CONFIG = """
[[companies]]
name = "Amazon"
[sources]
languages = ["en"]
[sources.hackernews]
base_url = "{url}"
words = ["layoffs"]
"""


@pytest.mark.parametrize(
    ("command", "number"), [("collect", signal.SIGINT), ("collect", signal.SIGTERM), ("run", signal.SIGINT)]
)
def test_a_signal_ends_a_run_that_waits(layoffs, tmp_path, monkeypatch, command, number):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    now = dt.datetime.now(dt.UTC)
    platform = HackerNews(count=0, threads=0, start=now, end=now)
    platform.next_faults, platform.rate_limit_seconds = ["rate_limit"], 800
    platform.after_reply = lambda _number: os.kill(os.getpid(), number)
    before = signal.getsignal(number)
    with Server(platform) as server:
        (tmp_path / "config.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
        ended = layoffs(command)
    assert ended.code == 75
    assert platform.posts_requests == 1
    assert "Stopping after the page in hand" in ended.err
    assert "the run was stopped" in ended.err
    assert signal.getsignal(number) is before


def started(*arguments, folder, stdout=subprocess.DEVNULL):
    """The command as a process of its own: what it does with a signal or a closed pipe is the whole process's business.

    With Ctrl-C as on a terminal: a shell makes what it runs in the background deaf to it, these tests too, and their children inherit that.
    """
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from layoffs.cli import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_ctrl_c_ends_any_other_command_with_a_word_about_what_is_kept(tmp_path):
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "e.csv").write_text("company,date\nAmazon,2025-10-28\n")
    # The lock is held so that the command waits.
    with Store.open(tmp_path / "data").writing(), started("events", "e.csv", folder=tmp_path) as running:
        assert "waiting up to" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "What was stored is kept; run the same command again" in said


@pytest.mark.parametrize("command", ["model", "events"])
def test_a_reader_that_goes_away_ends_the_command_without_a_word(tmp_path, command):
    (tmp_path / "config.toml").write_text("")
    reading, writing = os.pipe()
    os.close(reading)
    ended = started(command, folder=tmp_path, stdout=writing)
    _, said = ended.communicate()
    os.close(writing)
    assert (ended.returncode, said) == (141, "")

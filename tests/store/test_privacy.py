"""Pseudonyms, and the secret they are made with."""

from __future__ import annotations

import datetime as dt
import os
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import store as package
from store import ConfigError, Privacy, StoreError

WEEK = dt.date(2025, 10, 27)
privacy = Privacy(b"0123456789abcdef")


@pytest.fixture(autouse=True)
def _no_secret_in_the_environment(monkeypatch):
    monkeypatch.delenv("LAYOFFS_SECRET", raising=False)


def test_a_pseudonym_is_the_same_within_the_week_and_another_the_next():
    name = privacy.pseudonym("x", "jane", WEEK)
    assert len(name) == 16
    assert int(name, 16) >= 0
    assert name == privacy.pseudonym("x", "@Jane ", WEEK + dt.timedelta(days=6))
    others = [
        privacy.pseudonym("x", "jane", WEEK + dt.timedelta(days=7)),
        privacy.pseudonym("reddit", "jane", WEEK),
        privacy.pseudonym("x", "joan", WEEK),
        Privacy(b"another secret 16").pseudonym("x", "jane", WEEK),
    ]
    assert name not in others
    assert len(set(others)) == 4


def test_a_frame_gets_the_same_pseudonyms_in_its_own_order():
    frame = pl.DataFrame(
        {"source": ["x", "x", "reddit", "x"], "author": ["jane", None, "jane", " "], "week": [WEEK] * 4},
        schema_overrides={"author": pl.String},
    )
    made = privacy.pseudonyms(frame)
    assert made.name == "author"
    assert made.to_list() == [
        privacy.pseudonym("x", "jane", WEEK),
        None,
        privacy.pseudonym("reddit", "jane", WEEK),
        None,
    ]
    assert privacy.pseudonyms(frame.clear()).dtype == pl.String


def test_the_secret_is_made_once_for_its_owner_only(tmp_path):
    first = Privacy.load(tmp_path / "new" / "data")
    path = tmp_path / "new" / "data" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    again = Privacy.load(tmp_path / "new" / "data")
    assert again.pseudonym("x", "jane", WEEK) == first.pseudonym("x", "jane", WEEK)
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_at_once_share_one_secret(tmp_path):
    code = "import sys, datetime; from store import Privacy; print(Privacy.load(sys.argv[1]).pseudonym('x', 'a', datetime.date(2025, 1, 6)))"
    environment = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in processes}) == 1


def test_nothing_shows_the_secret(tmp_path):
    loaded = Privacy.load(tmp_path)
    secret = (tmp_path / "secret").read_bytes()
    assert repr(loaded) == "Privacy(secret=***)"
    assert secret.hex() not in repr(loaded)


def test_an_object_store_takes_it_from_the_environment(monkeypatch):
    with pytest.raises(ConfigError, match="LAYOFFS_SECRET"):
        Privacy.load("s3://bucket/data")
    monkeypatch.setenv("LAYOFFS_SECRET", "short")
    with pytest.raises(ConfigError, match="5 bytes") as caught:
        Privacy.load("s3://bucket/data")
    assert "short" not in str(caught.value)
    monkeypatch.setenv("LAYOFFS_SECRET", "0123456789abcdef")
    assert Privacy.load("s3://bucket/data").pseudonym("x", "a", WEEK) == privacy.pseudonym("x", "a", WEEK)


def test_a_damaged_secret_or_a_folder_that_refuses_is_explained(tmp_path):
    (tmp_path / "secret").write_bytes(b"cut")
    with pytest.raises(StoreError, match="3 bytes instead of 32"):
        Privacy.load(tmp_path)
    with pytest.raises(StoreError, match="writable"):
        Privacy.load(tmp_path / "secret" / "below")

"""The page journal: whole pages or none."""

from __future__ import annotations

import errno
import io
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import polars as pl
import pytest

import store as package
from store import POSTS, Journal, Store, StoreError, UsageError


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journals", "reddit")


def pages(journal: Journal) -> list[tuple[int, dict]]:
    return [(frame.height, state) for frame, state in journal.replay()]


def test_pages_come_back_in_order_with_their_state(journal, many_posts):
    first, second = many_posts(3), many_posts(2, first=3)
    journal.append(first, {"page": "a"})
    journal.append(second, {"page": "b", "n": 2})
    (one, _), (two, state) = Journal(journal.path.parent, "reddit").replay()
    assert one.equals(first)
    assert two.equals(second)
    assert two.schema == POSTS
    assert state == {"page": "b", "n": 2}


def test_pages_that_come_slowly_are_put_on_the_disk_one_by_one(journal, many_posts, monkeypatch):
    now, synced, fsync = [100.0], [], os.fsync
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: (synced.append(os.fstat(descriptor).st_size), fsync(descriptor))
    )
    sizes = []
    for seconds in (0.0, 0.3, 0.3, 1.2, 1.5):
        now[0] += seconds
        synced.clear()
        journal.append(many_posts(2), {})
        sizes.append(journal.path.stat().st_size in synced)
    assert sizes == [True, False, False, True, True]


def test_a_page_that_the_disk_refuses_is_not_there(journal, many_posts, monkeypatch):
    journal.append(many_posts(1), {"page": 1})
    refusing = Journal(journal.path.parent, "reddit")

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StoreError, match="can't be written"):
            refusing.append(many_posts(2), {"page": 2})
    assert pages(journal) == [(1, {"page": 1})]


def test_a_journal_that_an_earlier_version_left_is_read(journal, many_posts):
    rows = io.BytesIO()
    many_posts(3).write_ipc(rows, compression="zstd")
    state, data = b'{"page": "a"}', rows.getvalue()
    journal.path.parent.mkdir()
    head = struct.pack("<4sIII", b"LPJ1", len(state), len(data), zlib.crc32(state + data))
    journal.path.write_bytes(head + state + data)
    journal.append(many_posts(2, first=3), {"page": "b"})
    assert pages(journal) == [(3, {"page": "a"}), (2, {"page": "b"})]


def test_an_empty_or_absent_journal_has_no_pages(journal, many_posts):
    assert pages(journal) == []
    journal.truncate()
    assert not journal.path.exists()
    journal.append(many_posts(1), {"page": 1})
    journal.truncate()
    assert pages(journal) == []
    assert Journal.all(journal.path.parent) == []


def test_a_page_without_posts_keeps_its_state(journal):
    journal.append(pl.DataFrame(schema=POSTS), {"page": "empty"})
    assert pages(journal) == [(0, {"page": "empty"})]


def test_a_torn_tail_is_dropped_whatever_its_length(journal, many_posts):
    journal.append(many_posts(2), {"page": 1})
    whole = journal.path.stat().st_size
    journal.append(many_posts(2, first=2), {"page": 2})
    data = journal.path.read_bytes()
    for length in [*range(whole, whole + 20), *range(whole + 20, len(data), 61), len(data) - 1]:
        journal.path.write_bytes(data[:length])
        assert pages(Journal(journal.path.parent, "reddit")) == [(2, {"page": 1})]
    torn = Journal(journal.path.parent, "reddit")
    torn.append(many_posts(1, first=9), {"page": 3})
    assert [state["page"] for _, state in torn.replay()] == [1, 3]


def test_a_flipped_byte_is_detected(journal, many_posts):
    journal.append(many_posts(2), {"page": 1})
    whole = journal.path.stat().st_size
    journal.append(many_posts(2), {"page": 2})
    data = bytearray(journal.path.read_bytes())
    data[whole + 40] ^= 1
    journal.path.write_bytes(data)
    assert pages(journal) == [(2, {"page": 1})]


def test_only_rows_of_posts_go_in(journal):
    with pytest.raises(StoreError, match="author_name"):
        journal.append(pl.DataFrame({"author_name": ["Jane"]}), {})
    assert not journal.path.exists()


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "x" * 101])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="letters"):
        Journal(tmp_path, name)


def test_a_folder_that_refuses_says_what_to_do(tmp_path, many_posts):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="run again"):
        Journal(tmp_path / "file" / "journals", "x").append(many_posts(1), {})


FULL = """
import resource, signal, sys
import polars as pl
from store import Journal, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
rows = pl.read_parquet(sys.argv[2])
journal = Journal(sys.argv[1], "reddit")
journal.append(rows.head(1), {"page": 1})
size = journal.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 500, size + 500))
try:
    journal.append(rows, {"page": 2})
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 500, resource.RLIM_INFINITY))
"""


def test_a_full_disk_keeps_the_pages_before(journal, many_posts, tmp_path):
    many_posts(500).write_parquet(tmp_path / "rows.parquet")
    environment = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    command = [sys.executable, "-c", FULL.rsplit("resource.setrlimit", 1)[0]]
    done = subprocess.run(
        [*command, str(journal.path.parent), str(tmp_path / "rows.parquet")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "unharmed" in done.stdout
    assert pages(journal) == [(1, {"page": 1})]
    journal.append(many_posts(3), {"page": 2})
    assert pages(journal) == [(1, {"page": 1}), (3, {"page": 2})]


WRITE = """
import sys
import polars as pl
from store import Journal
rows = pl.read_parquet(sys.argv[2])
journal = Journal(sys.argv[1], "reddit")
stored = [state["page"] for _, state in journal.replay()]
page = stored[-1] + 1 if stored else 0
while True:
    journal.append(rows.slice(page % 100, 50), {"page": page})
    print(page, flush=True)
    page += 1
"""


def test_every_confirmed_page_survives_a_kill(journal, many_posts, tmp_path):
    many_posts(200).write_parquet(tmp_path / "rows.parquet")
    environment = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    dice = random.Random(3)
    for _ in range(4):
        command = [sys.executable, "-c", WRITE, str(journal.path.parent), str(tmp_path / "rows.parquet")]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(dice.randint(1, 40)):
            confirmed = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        confirmed = max([confirmed, *(int(line) for line in rest.split() if line.isdigit())])
        numbers = [state["page"] for _, state in journal.replay()]
        assert numbers == list(range(len(numbers)))
        assert numbers[-1] >= confirmed


def test_a_store_lists_the_journals_that_hold_something(tmp_path, many_posts):
    store = Store.open(tmp_path)
    assert store.journals() == []
    store.journal("x").append(many_posts(3), {"page": 1})
    store.journal("reddit").append(many_posts(3), {"page": 1})
    assert [journal.name for journal in store.journals()] == ["reddit", "x"]
    store.journal("x").truncate()
    assert [journal.name for journal in store.journals()] == ["reddit"]


def test_a_purge_may_rewrite_the_journal_between_two_appends(journal, many_posts):
    """As when `forget` runs while a collector is at work."""
    journal.append(many_posts(3), {"page": 1})
    Journal(journal.path.parent, "reddit").drop(many_posts(1).select("source", "post_id"))
    journal.append(many_posts(2, first=5), {"page": 2})
    assert pages(journal) == [(2, {"page": 1}), (2, {"page": 2})]
    Journal(journal.path.parent, "reddit").truncate()
    journal.append(many_posts(1), {"page": 3})
    assert pages(journal) == [(1, {"page": 3})]


def test_what_was_masked_or_dropped_is_nowhere_in_the_file(journal, many_posts):
    """Values are views of buffers that hold what they were made from, and rows filtered out stay in them."""
    spoken = many_posts(3).with_columns(text=pl.concat_str(pl.lit("Laid off like jane.doe, number "), "post_id"))
    masked = spoken.with_columns(
        text=pl.when(pl.col("post_id") == spoken["post_id"][0])
        .then("text")
        .otherwise(pl.lit("Laid off like many others"))
    )
    journal.append(masked, {"page": 1})
    assert journal.path.read_bytes().count(b"jane.doe") == 1
    journal.drop(spoken[:1].select("source", "post_id"))
    assert b"jane.doe" not in journal.path.read_bytes()
    assert pages(journal) == [(2, {"page": 1})]


def test_dropping_removes_the_draft_of_a_killed_drop_and_a_torn_tail(journal, many_posts):
    journal.append(many_posts(2), {"page": 1})
    whole = journal.path.stat().st_size
    with journal.path.open("ab") as file:
        file.write(b"torn")
    draft = journal.path.with_suffix(".draft")
    draft.write_bytes(b"texts")
    (found,) = Journal.all(journal.path.parent)
    found.drop(many_posts(1, first=50).select("source", "post_id"))
    assert not draft.exists()
    assert journal.path.stat().st_size == whole
    draft.write_bytes(b"texts")
    journal.path.unlink()
    assert [other.name for other in Journal.all(journal.path.parent)] == ["reddit"]


def test_a_journal_that_can_not_be_rewritten_says_so(journal, many_posts):
    journal.append(many_posts(2), {"page": 1})
    (journal.path.with_suffix(".draft")).mkdir()
    with pytest.raises(StoreError, match="run again"):
        journal.drop(many_posts(1).select("source", "post_id"))


def test_a_draft_that_is_gone_between_two_looks_is_passed_over(journal, many_posts, monkeypatch):
    """As when another process ends rewriting a journal while `status` lists them."""
    journal.append(many_posts(1), {"page": 1})
    journal.path.with_name("x.draft").write_bytes(b"texts")
    stat = Path.stat

    def vanishing(path, **options):
        if path.suffix == ".draft":
            path.unlink(missing_ok=True)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", vanishing)
    assert [found.name for found in Journal.all(journal.path.parent)] == ["reddit"]

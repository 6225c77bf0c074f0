"""What a killed process, a second writer, a full disk and a read-only folder leave behind: tables that open, whole."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

import store as package
from store import Store, StoreBusy, StoreError, Upserted

ROOT = str(Path(package.__file__).parents[1])


def python(code: str, *args: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        env={**os.environ, "PYTHONPATH": ROOT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


IMPORT = """
import sys
import polars as pl
from store import Store
rows = pl.read_parquet(sys.argv[2])
store = Store.open(sys.argv[1])
print("ready", flush=True)
for start in range(0, rows.height, 300):
    store.upsert("posts", rows.slice(start, 300))
"""


def test_an_upsert_killed_at_any_moment_is_completed_by_the_next(folder, tmp_path, many_posts, content):
    """New, changed and moved posts in every batch; after each kill the table opens, holds no post twice and no half batch row."""
    first = many_posts(1200)
    changed = many_posts(1500, first=600, text="edited").with_columns(pl.col("collected_at").dt.offset_by("1d"))
    moved = changed["created_at"].dt.offset_by("7d")
    changed = changed.with_columns(created_at=moved, week=pl.col("week").dt.offset_by("7d"))
    rows = pl.concat([first, changed])
    rows.write_parquet(tmp_path / "rows.parquet")
    whole = Store.open(tmp_path / "whole")
    whole.upsert("posts", rows)
    dice = random.Random(7)
    survived = 0
    for _ in range(9):
        process = python(IMPORT, folder, tmp_path / "rows.parquet")
        assert process.stdout.readline() == "ready\n"
        delay = time.monotonic() + dice.uniform(0, 0.9)
        while time.monotonic() < delay and process.poll() is None:
            pass
        survived += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = Store.open(folder).scan("posts").collect()
        assert found.select("source", "post_id").is_unique().all()
        assert found.join(rows, on=["post_id", "text", "created_at"], how="anti").is_empty()
    assert survived >= 3, "the process has to be killed while it works, or this test shows nothing"
    resumed = Store.open(folder)
    resumed.upsert("posts", rows)
    assert content(resumed) == content(whole)


@pytest.fixture
def synced(monkeypatch):
    """Paths of what the system was asked to put on the disk; it is asked all the same."""
    paths: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        paths.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return paths


NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


def written(table: Path) -> set[str]:
    return {str(path.resolve()) for path in (table, *table.rglob("*"))}


@NEEDS_PROC
def test_a_table_is_on_the_disk_after_each_write(folder, store, many_posts, synced):
    store.upsert("posts", many_posts(50))
    assert written(folder / "posts") <= set(synced)
    before = written(folder / "posts")
    store.upsert("posts", many_posts(20, text="edited").with_columns(pl.col("collected_at").dt.offset_by("1d")))
    made = written(folder / "posts") - before
    assert any(path.endswith(".parquet") for path in made)
    assert made <= set(synced)


@NEEDS_PROC
def test_what_a_killed_writer_left_is_put_on_the_disk_by_a_write_that_changes_nothing(folder, many_posts, synced):
    Store.open(folder).upsert("posts", many_posts(50))
    synced.clear()
    assert Store.open(folder).upsert("posts", many_posts(50)).duplicate == 50
    assert written(folder / "posts") <= set(synced)


@NEEDS_PROC
def test_a_checkpoint_of_the_log_is_put_on_the_disk_too(folder, store, make_posts, synced):
    for number in range(100):
        store.upsert("posts", make_posts({"post_id": f"t3_{number}"}))
    checkpoints = {str(path.resolve()) for path in (folder / "posts" / "_delta_log").glob("*checkpoint*")}
    assert checkpoints
    assert checkpoints <= set(synced)


@NEEDS_PROC
def test_old_files_go_only_once_the_new_ones_are_on_the_disk(folder, store, many_posts, synced):
    store.upsert("posts", many_posts(50, weeks=1))
    store.upsert("posts", many_posts(50, first=50, weeks=1))
    before = set((folder / "posts").rglob("*.parquet"))
    gone: list[bool] = []
    fsync = os.fsync  # the fixture's: from here on it also notes whether the old files are there still
    os.fsync = lambda descriptor: (gone.append(not all(path.exists() for path in before)), fsync(descriptor))
    try:
        store.compact(keep_hours=0)
    finally:
        os.fsync = fsync
    made = set((folder / "posts").rglob("*.parquet")) - before
    assert made
    assert not any(path.exists() for path in before)
    assert {str(path.resolve()) for path in made} <= set(synced)
    assert gone
    assert not any(gone)


def test_a_file_system_that_syncs_no_folders_can_be_written(folder, store, many_posts, monkeypatch):
    fsync = os.fsync

    def refusing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    assert store.upsert("posts", many_posts(5)).new == 5


def test_threads_of_one_process_wait_for_each_other_without_giving_up(folder, many_posts):
    store = Store.open(folder, wait_seconds=0.1)
    with ThreadPoolExecutor(2) as pool, store.writing():
        other = pool.submit(store.upsert, "posts", many_posts(5))
        with pytest.raises(TimeoutError):
            other.result(timeout=0.5)
        store.upsert("posts", many_posts(5, first=5))
    assert other.result().new == 5


def test_two_processes_writing_at_once_both_get_through(folder, tmp_path, many_posts):
    many_posts(900).write_parquet(tmp_path / "a.parquet")
    many_posts(900, first=450).write_parquet(tmp_path / "b.parquet")
    both = [python(IMPORT, folder, tmp_path / name) for name in ("a.parquet", "b.parquet")]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    found = Store.open(folder).scan("posts").collect()
    assert found.height == 1350
    assert found["post_id"].is_unique().all()


def test_writers_without_a_lock_repeat_what_others_overtook(folder, tmp_path, many_posts):
    """On an object store nothing locks: conflicting commits are worked out anew, and no post is lost or stored twice."""
    many_posts(900, weeks=2).write_parquet(tmp_path / "a.parquet")
    many_posts(900, first=300, weeks=2).write_parquet(tmp_path / "b.parquet")
    uri = f"file://{folder}"
    both = [python(IMPORT, uri, tmp_path / name) for name in ("a.parquet", "b.parquet")]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert not (folder / ".writer.lock").exists()
    found = Store.open(uri).scan("posts").collect()
    assert found.height == 1200
    assert found["post_id"].is_unique().all()


HOLD = """
import sys
from store import Store
with Store.open(sys.argv[1]).writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_gives_up_naming_the_first_and_readers_go_on(folder, store, make_posts):
    store.upsert("posts", make_posts({}))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        env={**os.environ, "PYTHONPATH": ROOT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    hasty = Store.open(folder, wait_seconds=0)
    with pytest.raises(StoreBusy, match=rf"process {process.pid} on .+ since 2.*try again") as caught:
        hasty.upsert("posts", make_posts({"post_id": "2"}))
    assert caught.value.exit_code == 75
    assert hasty.scan("posts").collect().height == 1
    process.kill()
    process.communicate()
    assert hasty.upsert("posts", make_posts({"post_id": "2"})) == Upserted(new=1)


FULL = """
import resource, signal, sys
import polars as pl
from store import Store, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
rows = pl.read_parquet(sys.argv[2])
try:
    Store.open(sys.argv[1]).upsert("posts", rows)
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 200, 5_000, 20_000])
def test_a_write_that_finds_no_space_says_so_and_harms_nothing(store, tmp_path, many_posts, content, limit):
    """A limit on file size stands in for a full disk: the same failed writes, without needing root."""
    store.upsert("posts", many_posts(300, weeks=2))
    before = content(store)
    more = many_posts(5000, weeks=2)
    more.write_parquet(tmp_path / "rows.parquet")
    output, errors = python(FULL, store.root, tmp_path / "rows.parquet", limit).communicate(timeout=60)
    assert "no space left" in output, output + errors
    assert "run again" in output
    assert content(store) == before
    assert store.upsert("posts", more).new == 4700


def test_a_full_file_system_on_the_first_write(tmp_path, many_posts):
    """A real one, where this user may mount one."""
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        small = Store.open(mount / "data")
        small.upsert("posts", many_posts(10, weeks=1))
        with pytest.raises(StoreError, match="no space left"):
            small.upsert("posts", many_posts(50_000, first=10, weeks=1, text="longer text"))
        assert Store.open(mount / "data").scan("posts").collect().height == 10
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_a_read_only_folder_says_what_to_do(tmp_path, many_posts):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"can't be (written|read)"):
        Store.open(tmp_path / "file" / "data").upsert("posts", many_posts(1))
    with pytest.raises(StoreError, match=r"is a file.*config\.toml"):
        Store.open(tmp_path / "file")


READ_ONLY = """
import sys
import polars as pl
from store import Privacy, Store, StoreError
rows = pl.read_parquet(sys.argv[2])
store = Store.open(sys.argv[1])
print(store.scan("posts").collect().height)
for write in (
    lambda: store.upsert("posts", rows),
    lambda: store.purge(rows, reason="forgotten"),
    lambda: store.compact(),
    lambda: store.journal("x").append(rows, {}),
    lambda: Privacy.load(sys.argv[1]),
):
    try:
        write()
        print("written")
    except StoreError as error:
        print(error)
"""


def test_a_folder_without_write_permission_can_still_be_read(folder, store, tmp_path, many_posts):
    """Root gives up its right to write anywhere for this."""
    store.upsert("posts", many_posts(10))
    many_posts(5).write_parquet(tmp_path / "rows.parquet")
    powers = "-dac_override,-dac_read_search,-fowner"
    humble = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"] if os.geteuid() == 0 else []
    if humble and not shutil.which("setpriv"):
        pytest.skip("root can't be kept from writing here")
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        done = subprocess.run(
            [*humble, sys.executable, "-c", READ_ONLY, str(folder), str(tmp_path / "rows.parquet")],
            env={**os.environ, "PYTHONPATH": ROOT}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o700)
    height, *complaints = done.stdout.splitlines()
    assert height == "10"
    assert len(complaints) == 5
    assert all("Permission denied" in complaint for complaint in complaints), complaints


def test_proc_refuses_even_root(many_posts):
    """/proc takes no new folders, whoever asks."""
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here")
    with pytest.raises(StoreError, match="can't be written"):
        Store.open("/proc/layoffs").upsert("posts", many_posts(1))

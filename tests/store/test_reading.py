"""Reads beside a purge and over damaged files."""

from __future__ import annotations

import polars as pl
import pytest

from store import Store, StoreError


def purging(store: Store, folder, *ids: str):
    """Reads the posts' ids; while it does so for the first times, another process purges one of `ids` each time."""
    left = list(ids)

    def work() -> list[str]:
        rows = store.scan("posts").select("post_id")
        if left:
            keys = pl.DataFrame({"source": ["x"], "post_id": [left.pop(0)]})
            Store.open(folder).purge(keys, reason="forgotten")
        return rows.collect()["post_id"].sort().to_list()

    return work


@pytest.fixture
def files(folder, store, make_posts):
    """The data files of a table with three posts."""
    store.upsert("posts", make_posts({"post_id": "1"}, {"post_id": "2"}, {"post_id": "3"}))
    return sorted((folder / "posts").rglob("week=*/*.parquet"))


@pytest.mark.parametrize(("purged", "left"), [(("1",), ["2", "3"]), (("1", "2"), ["3"])])
def test_a_read_that_purges_ran_into_starts_afresh(store, folder, files, purged, left):
    assert store.read(purging(store, folder, *purged)) == left


def test_without_it_the_engine_misses_the_file(store, folder, files):
    with pytest.raises(FileNotFoundError):
        purging(store, folder, "1")()


def test_a_cut_file_is_named_with_its_table_and_what_to_do(store, files):
    (file,) = files
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(StoreError, match=rf"table in .*/posts is damaged: .*{file.name}.*backup"):
        store.read(lambda: store.scan("posts").collect())


def test_a_file_that_stays_missing_is_named(store, files):
    (file,) = files
    file.unlink()
    with pytest.raises(StoreError, match=rf"table in .*/posts is damaged: .*{file.name}"):
        store.read(lambda: store.scan("posts").select(pl.len()).collect())


def test_a_mistake_in_what_is_asked_is_no_damage(store, files):
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        store.read(lambda: store.scan("posts").select("mood").collect())


@pytest.mark.parametrize("call", ["tombstoned", "purge", "compact"])
def test_damaged_tombstones_are_named(store, folder, make_posts, call):
    keys = make_posts({}).select("source", "post_id")
    store.purge(keys, reason="forgotten")
    for file in (folder / "tombstones").glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:200])
    calls = {
        "tombstoned": lambda: store.tombstoned(keys),
        "purge": lambda: store.purge(keys, reason="forgotten"),
        "compact": store.compact,
    }
    with pytest.raises(StoreError, match="/tombstones is damaged"):
        calls[call]()

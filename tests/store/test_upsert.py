"""Upserts: which version of a row wins, and that nothing depends on the order of arrival."""

from __future__ import annotations

import datetime as dt
import tempfile

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import EVENTS, LABELS, NOBODY, POSTS, RUNS, Store, StoreError, Upserted, UsageError, week_of

NOON = dt.datetime(2025, 10, 28, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(days=1)


def commits(store: Store, table: str = "posts") -> int:
    return DeltaTable(f"{store.root}/{table}").version()


def test_the_same_rows_again_are_duplicates_and_commit_nothing(store, many_posts):
    rows = many_posts(200)
    assert store.upsert("posts", rows) == Upserted(new=200)
    before = commits(store)
    assert store.upsert("posts", rows) == Upserted(duplicate=200)
    assert store.upsert("posts", rows.reverse().head(77)) == Upserted(duplicate=77)
    assert commits(store) == before


def test_repeats_within_a_batch_count_as_duplicates(store, make_posts):
    assert store.upsert("posts", make_posts({}, {}, {"post_id": "2"})) == Upserted(new=2, duplicate=1)


def test_an_edit_replaces_text_title_and_hash(store, make_posts):
    store.upsert("posts", make_posts({"title": "Old", "text": "old", "likes": 5}))
    edit = make_posts({"title": "New", "text": "new", "collected_at": LATER})
    assert store.upsert("posts", edit) == Upserted(changed=1)
    row = store.scan("posts").collect().row(0, named=True)
    assert (row["title"], row["text"], row["text_hash"], row["likes"]) == ("New", "new", "hash of new", 5)


def test_an_older_version_only_fills_what_is_missing(store, make_posts):
    store.upsert("posts", make_posts({"text": "new", "collected_at": LATER, "likes": 9}))
    old = make_posts({"text": "old", "likes": 1, "url": "https://x.com/i/status/1"})
    assert store.upsert("posts", old) == Upserted(changed=1)
    row = store.scan("posts").collect().row(0, named=True)
    assert (row["text"], row["likes"], row["url"]) == ("new", 9, "https://x.com/i/status/1")


def test_engagement_takes_the_newest_even_where_it_fell(store, make_posts):
    store.upsert("posts", make_posts({"likes": 9}))
    store.upsert("posts", make_posts({"likes": 7, "collected_at": LATER}))
    assert store.scan("posts").collect()["likes"].to_list() == [7]


def test_an_author_that_is_gone_stays_gone_also_when_older_versions_come_later(store, make_posts):
    first = make_posts({"author": "a1", "text": "old"})
    store.upsert("posts", first)
    assert store.upsert("posts", make_posts({"author": NOBODY, "text": "old", "collected_at": LATER})) == Upserted(
        changed=1
    )
    assert store.upsert("posts", first) == Upserted(duplicate=1)
    assert store.scan("posts").collect()["author"].to_list() == [None]
    assert store.scan("posts").filter(pl.col("author").is_null()).collect().height == 1


def test_seen_again_without_a_change_is_a_duplicate_but_its_time_is_kept(store, make_posts):
    """Else a version from between the two sightings, imported later, would win over what is newest."""
    store.upsert("posts", make_posts({"likes": 7}))
    assert store.upsert("posts", make_posts({"likes": 7, "collected_at": LATER})) == Upserted(duplicate=1)
    between = make_posts({"likes": 8, "collected_at": LATER - dt.timedelta(hours=1)})
    assert store.upsert("posts", between) == Upserted(duplicate=1)
    assert store.scan("posts").collect()["likes"].to_list() == [7]


def test_a_post_whose_time_was_corrected_moves_to_its_week(store, make_posts):
    guess = {"created_at": NOON - dt.timedelta(days=70), "created_at_estimated": True}
    store.upsert("posts", make_posts(guess, {"post_id": "2", **guess}))
    assert store.upsert("posts", make_posts({})) == Upserted(changed=1)
    assert store.upsert("posts", make_posts({**guess, "collected_at": LATER})) == Upserted(duplicate=1)
    rows = store.scan("posts").sort("post_id").collect()
    assert rows["week"].to_list() == [dt.date(2025, 10, 27), dt.date(2025, 8, 18)]
    assert rows["created_at_estimated"].to_list() == [False, True]


versions = st.lists(
    st.fixed_dictionaries(
        {
            "post_id": st.sampled_from("12"),
            "collected_at": st.integers(0, 3).map(lambda hours: NOON + dt.timedelta(hours=hours)),
            "created_at": st.sampled_from([NOON, NOON - dt.timedelta(days=9)]),
            "created_at_estimated": st.booleans(),
            "text": st.sampled_from(["a", "b"]),
            "title": st.sampled_from([None, "t"]),
            "likes": st.sampled_from([None, 1, 2]),
            "url": st.sampled_from([None, "u", "v"]),
        }
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions, st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_order_and_any_batches_end_in_the_same_table(make_posts, content, rows, random, size):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        at_once, piecemeal = Store.open(one), Store.open(other)
        at_once.upsert("posts", make_posts(*rows))
        shuffled = random.sample(rows, len(rows))
        total = Upserted()
        for start in range(0, len(rows), size):
            total += piecemeal.upsert("posts", make_posts(*shuffled[start : start + size]))
        assert content(piecemeal) == content(at_once)
        assert total.new == len({row["post_id"] for row in rows})
        assert total.new + total.changed + total.duplicate == len(rows)
        before = commits(piecemeal)
        assert piecemeal.upsert("posts", make_posts(*rows)) == Upserted(duplicate=len(rows))
        assert commits(piecemeal) == before


def test_a_label_is_replaced_by_key_when_anything_differs(store):
    label = {"source": "x", "post_id": "1", "model": "m1", "week": dt.date(2025, 10, 27), "kind": "news"}
    found = [{"company": "Amazon", "found_by": "word"}]
    first = pl.DataFrame([{**label, "companies": found, "themes": ["ai"]}], schema=LABELS)
    assert store.upsert("labels", first) == Upserted(new=1)
    assert store.upsert("labels", first) == Upserted(duplicate=1)
    second = pl.DataFrame([{**label, "companies": [*found, {"company": "SAP", "found_by": "thread"}]}], schema=LABELS)
    assert store.upsert("labels", second) == Upserted(changed=1)
    assert store.scan("labels").select(LABELS.names()).collect().equals(second)


def test_an_event_without_a_location_is_one_event(store):
    event = {"company": "Amazon", "date": dt.date(2025, 10, 28), "jobs": 14_000, "stage": "announced"}
    rows = pl.DataFrame([event], schema=EVENTS)
    assert store.upsert("events", rows) == Upserted(new=1)
    assert store.upsert("events", rows) == Upserted(duplicate=1)
    assert store.upsert("events", rows.with_columns(jobs=pl.lit(30_000, pl.Int64))) == Upserted(changed=1)
    assert store.scan("events").collect().height == 1


def test_a_key_that_is_stored_twice_is_healed(store, make_posts):
    """Two writers on an object store can both think a post new."""
    store.upsert("posts", make_posts({"likes": 1}, {"post_id": "2"}))
    table = DeltaTable(f"{store.root}/posts")
    write_deltalake(table, table.to_pyarrow_table(), mode="append")
    assert store.scan("posts").collect().height == 4
    store.upsert("posts", make_posts({"likes": 1}, {"post_id": "2"}))
    assert store.scan("posts").collect().height == 2


def test_many_small_writes_do_not_pile_up_files(store):
    for page in range(60):
        run = {"run_id": f"run-{page}", "source": "x", "query": "layoffs", "status": "done"}
        store.upsert("runs", pl.DataFrame([run], schema=RUNS))
    assert store.scan("runs").collect().height == 60
    assert len(DeltaTable(f"{store.root}/runs").file_uris()) <= 25


def test_large_changes_are_rewritten_in_several_commits(store, many_posts, monkeypatch, content):
    monkeypatch.setattr("store.upserts.ROWS_PER_COMMIT", 100)
    store.upsert("posts", many_posts(500))
    before = commits(store)
    assert store.upsert("posts", many_posts(500).with_columns(likes=pl.lit(99, pl.Int64))).changed >= 490
    assert commits(store) > before + 3
    assert store.scan("posts").select("likes").collect()["likes"].unique().to_list() == [99]
    assert store.scan("posts").collect().height == 500


def test_a_batch_of_one_post_repeated_is_one_post(store, make_posts):
    rows = pl.concat([make_posts({})] * 200_000)
    assert store.upsert("posts", rows) == Upserted(new=1, duplicate=199_999)
    assert store.upsert("posts", rows) == Upserted(duplicate=200_000)


@pytest.mark.parametrize("text", ["", "a\x00b", "مرحبا \u202ertl", "😀" * 20_000, "\ufdd0", "line\nline\r\n"])
def test_any_text_comes_back_as_it_went_in(store, make_posts, text):
    store.upsert("posts", make_posts({"text": text}))
    store.upsert("posts", make_posts({"text": text, "likes": 1}))
    assert store.scan("posts").collect()["text"].to_list() == [text]


@pytest.mark.parametrize("year", [1970, 2099])
def test_far_years_are_weeks_like_any_other(store, make_posts, year):
    rows = make_posts({"created_at": dt.datetime(year, 1, 1, tzinfo=dt.UTC)})
    store.upsert("posts", rows)
    assert store.upsert("posts", rows) == Upserted(duplicate=1)
    assert store.scan("posts", weeks=rows["week"].to_list()).collect().height == 1


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda frame: frame.drop("likes"), "likes"),
        (lambda frame: frame.with_columns(extra=pl.lit(1)), "extra"),
        (lambda frame: frame.with_columns(text=pl.lit(None, pl.String)), "text"),
        (lambda frame: frame.with_columns(likes=pl.lit("many")), "likes|many"),
        (lambda frame: frame.with_columns(week=pl.lit(dt.date(2020, 1, 6))), "2020-01-06"),
    ],
)
def test_rows_of_another_shape_are_refused_whole(store, make_posts, spoil, word):
    with pytest.raises(StoreError, match=word):
        store.upsert("posts", spoil(make_posts({}, {"post_id": "2"})))
    assert store.scan("posts").collect().is_empty()


def test_an_unknown_table_names_the_known_ones(store):
    with pytest.raises(UsageError, match="posts, labels, runs"):
        store.scan("post")


def test_no_rows_create_nothing(store, folder):
    assert store.upsert("posts", pl.DataFrame(schema=POSTS)) == Upserted()
    assert not folder.exists()


def test_an_absent_table_is_an_empty_frame_with_its_schema(store, folder):
    assert store.scan("posts").collect_schema() == POSTS
    assert store.scan("posts", weeks=[dt.date(2025, 10, 27)]).collect().schema == POSTS
    assert not folder.exists()


def test_a_scan_of_weeks_reads_only_their_files(store, many_posts):
    store.upsert("posts", many_posts(200))
    week = dt.date(2024, 1, 15)
    frame = store.scan("posts", weeks=[week])
    assert frame.collect()["week"].unique().to_list() == [week]
    assert frame.explain().count(".parquet") == 1
    assert store.scan("posts").collect().schema == POSTS


def test_week_of_a_time_is_its_monday():
    times = pl.Series(
        [dt.datetime(2024, 12, 31, 23, 59, tzinfo=dt.UTC), dt.datetime(2025, 1, 5, 23, 59, tzinfo=dt.UTC)]
    )
    assert times.to_frame("at").select(week_of(pl.col("at")))["at"].to_list() == [dt.date(2024, 12, 30)] * 2

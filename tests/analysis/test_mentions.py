import datetime as dt

import polars as pl
import pytest

from analysis import MENTIONS, coverage, mentions, reactions_once, weekly_figures
from analysis.schemas import COVERAGE
from store import LABELS, POSTS, RUNS

MONDAY = dt.date(2025, 10, 27)
NOON = dt.datetime(2025, 10, 28, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def make_labels(make_posts):
    def make(*rows: dict) -> pl.DataFrame:
        base = {
            "source": "x",
            "model": "m1",
            "kind": "reaction",
            "sentiment": "negative",
            "companies": [],
            "themes": [],
            "week": MONDAY,
            "text_hash": make_posts({})["text_hash"].item(),
        }
        return pl.DataFrame([{**base, **row} for row in rows], schema=LABELS)

    return make


def word(*companies: str) -> list[dict]:
    return [{"company": company, "found_by": "word"} for company in companies]


def test_a_post_has_a_row_for_each_company_and_one_where_it_names_none(make_posts, make_labels):
    labels = make_labels({"post_id": "0", "companies": word("Amazon", "Google")}, {"post_id": "1"})
    rows = mentions(make_posts({}, {}).lazy(), labels.lazy(), model="m1").collect()
    assert rows.schema == MENTIONS
    assert sorted(rows.select("post_id", "company").rows(), key=str) == [("0", "Amazon"), ("0", "Google"), ("1", None)]


def test_only_posts_that_this_model_labelled_are_in_it(make_posts, make_labels):
    labels = make_labels({"post_id": "0", "model": "m0"}, {"post_id": "1", "kind": "news"}, {"post_id": "9"})
    rows = mentions(make_posts({}, {}).lazy(), labels.lazy(), model="m1").collect()
    assert rows.select("post_id", "kind").rows() == [("1", "news")]


def test_an_edited_post_counts_as_unlabelled_until_it_is_read_again(make_posts, make_labels):
    posts = make_posts({}, {"text": "Never mind, they took it back"}).lazy()
    labels = make_labels({"post_id": "0"}, {"post_id": "1"}).lazy()
    assert mentions(posts, labels, model="m1").collect()["post_id"].to_list() == ["0"]
    table = coverage(posts, labels, pl.LazyFrame(schema=RUNS), model="m1")
    assert table.select("posts", "labelled", "reactions").rows() == [(2, 1, 1)]


def test_of_reactions_that_say_the_same_of_a_company_the_earliest_counts(make_mentions):
    rows = make_mentions(
        {"kind": "news", "post_id": "a"},
        {"post_id": "c", "duplicate_of": "x:a", "created_at": NOON + HOUR},
        {"post_id": "b", "duplicate_of": "x:a", "created_at": NOON + 2 * HOUR},
        {"post_id": "d", "duplicate_of": "x:a", "company": "Google", "created_at": NOON + 3 * HOUR},
    )
    kept = reactions_once(rows.sample(fraction=1, shuffle=True, seed=2).lazy())
    assert kept.collect_schema() == MENTIONS
    assert kept.collect().select("post_id", "company").rows() == [("c", "Amazon"), ("d", "Google")]


def test_repeats_of_coverage_are_the_reactions_that_figures_leave_out(make_posts, make_labels):
    """Repeated headlines and spam are none: the front page and the last one give one number."""
    labels = make_labels(
        {"post_id": "0"},
        {"post_id": "1", "duplicate_of": "x:0"},
        {"post_id": "2", "kind": "noise"},
        {"post_id": "3", "kind": "noise", "duplicate_of": "x:2"},
    )
    posts = make_posts({}, {}, {}, {}).lazy()
    table = coverage(posts, labels.lazy(), pl.LazyFrame(schema=RUNS), model="m1")
    figures = weekly_figures(mentions(posts, labels.lazy(), model="m1"), by=(), quality=None)
    assert table["duplicates"].to_list() == figures["n_duplicates"].to_list() == [1]


def test_empty_tables_keep_the_columns():
    empty = mentions(pl.LazyFrame(schema=POSTS), pl.LazyFrame(schema=LABELS), model="m1")
    assert empty.collect_schema() == MENTIONS
    assert empty.collect().is_empty()


def test_coverage_counts_posts_kinds_and_holes(make_posts, make_labels):
    labels = make_labels(
        {"post_id": "0", "companies": word("Amazon")},
        {"post_id": "1", "kind": "noise", "duplicate_of": "x:0"},
        {"post_id": "2", "model": "other"},
    )
    hole = {
        "start": dt.datetime(2025, 11, 1, tzinfo=dt.UTC),
        "end": dt.datetime(2025, 11, 10, tzinfo=dt.UTC),
        "reason": "cap",
    }
    runs = pl.DataFrame(
        [{"source": "x", "gaps": [hole]}, {"source": "x", "gaps": []}],
        schema={"source": pl.String, "gaps": RUNS["gaps"]},
    )
    table = coverage(make_posts({}, {}, {}).lazy(), labels.lazy(), runs.lazy(), model="m1")
    assert table.schema == COVERAGE
    assert table.row(0, named=True) == {
        "source": "x", "week": MONDAY, "posts": 3, "labelled": 2, "reactions": 1, "news": 0, "promo": 0, "noise": 1,
        "duplicates": 0, "with_company": 1, "gaps": 1,
    }  # fmt: skip
    assert table.row(1)[:3] == ("x", dt.date(2025, 11, 3), 0), "a week with a hole and no post is told as well"
    assert table.height == 2, "a hole that ends on Monday, 00:00, leaves that week alone"


def test_coverage_of_nothing_keeps_the_columns():
    table = coverage(pl.LazyFrame(schema=POSTS), pl.LazyFrame(schema=LABELS), pl.LazyFrame(schema=RUNS), model="m1")
    assert table.schema == COVERAGE
    assert table.is_empty()

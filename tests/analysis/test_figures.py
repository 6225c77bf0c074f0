import datetime as dt
from itertools import combinations

import polars as pl
import pytest

from analysis import FIGURES, GROUPINGS, MENTIONS, compare_weeks, error_model, quality, weekly_figures
from store import UsageError

MONDAY = dt.date(2025, 10, 27)


def test_reactions_are_counted_once_and_the_rest_is_context(make_mentions):
    rows = make_mentions(
        {"times": 6},
        {"sentiment": "positive", "times": 3},
        {"sentiment": "neutral"},
        {"duplicate_of": "x:0", "times": 4},
        {"kind": "news", "times": 7},
        {"kind": "news", "duplicate_of": "x:11"},
        {"kind": "promo", "times": 2},
        {"kind": "noise"},
    )
    table = weekly_figures(rows, quality=None)
    assert table.columns == ["week", "company", *FIGURES]
    row = table.row(0, named=True)
    counted = {
        name: row[name]
        for name in ("n", "n_negative", "n_neutral", "n_positive", "n_news", "n_promo", "n_noise", "n_duplicates")
    }
    assert counted == {
        "n": 10, "n_negative": 6, "n_neutral": 1, "n_positive": 3, "n_news": 8, "n_promo": 2, "n_noise": 1, "n_duplicates": 4,
    }  # fmt: skip
    assert row["net_sentiment"] == row["net_counted"] == pytest.approx(-30)
    assert row["net_low"] < -30 < row["net_high"]
    assert row["enough"] is False
    assert weekly_figures(rows, quality=None, min_posts=10)["enough"].to_list() == [True]


def test_the_same_words_about_two_companies_count_for_each_and_once_in_all(make_mentions):
    rows = make_mentions({"post_id": "a"}, {"post_id": "b", "company": "Google", "duplicate_of": "x:a"})
    by_company = weekly_figures(rows, quality=None).select("company", "n", "n_duplicates")
    assert by_company.rows() == [("Amazon", 1, 0), ("Google", 1, 0)]
    assert weekly_figures(rows, by=(), quality=None).select("n", "n_duplicates").rows() == [(1, 1)]


@pytest.mark.parametrize("first", [{"kind": "news"}, {"kind": "noise", "company": None}, None])
def test_reactions_that_repeat_a_headline_or_a_post_that_is_gone_count_once(make_mentions, first):
    copies = [
        {"post_id": name, "duplicate_of": "x:a", "emotion": emotion} for name, emotion in (("b", "fear"), ("c", "joy"))
    ]
    rows = make_mentions(*([{"post_id": "a", **first}] if first else []), *copies)
    assert weekly_figures(rows, quality=None).select("company", "n", "n_duplicates").rows() == [("Amazon", 1, 1)]
    assert weekly_figures(rows, by=("emotion",), quality=None).filter(pl.col("n") > 0)["emotion"].to_list() == ["fear"]


def test_a_week_of_news_alone_has_no_sentiment(make_mentions):
    row = weekly_figures(make_mentions({"kind": "news"}), quality=quality()).row(0, named=True)
    assert (row["n"], row["n_news"], row["enough"]) == (0, 1, False)
    assert [row[name] for name in ("share_negative", "net_sentiment", "net_low", "net_high", "net_counted")] == [
        None
    ] * 5


def test_shares_add_to_one_and_the_interval_holds_the_estimate(make_mentions):
    rows = make_mentions(
        *(
            {"company": f"C{n}", "sentiment": s, "source": source, "times": n}
            for n in (1, 5, 30)
            for s in ("negative", "positive")
            for source in ("x", "reddit", "linkedin")
        ),
        {"company": "all negative", "times": 30},
    )
    table = weekly_figures(rows, quality=quality())
    shares = table.select(pl.sum_horizontal("share_negative", "share_neutral", "share_positive"))
    assert shares.to_series().to_list() == pytest.approx([1.0] * 4)
    assert table.select(pl.col("net_sentiment").is_between("net_low", "net_high").all()).item()
    assert table.select(pl.all_horizontal(pl.col("net_low") >= -100, pl.col("net_high") <= 100).all()).item()


def test_without_company_a_post_counts_once(make_mentions):
    both = pl.concat(
        [
            make_mentions({"company": "Amazon"}),
            make_mentions({"company": "Google"}),
            make_mentions({"company": None}).with_columns(post_id=pl.lit("other")),
        ]
    )
    assert weekly_figures(both, by=(), quality=None)["n"].to_list() == [2]
    assert weekly_figures(both, by=("company",), quality=None).select("company", "n").rows() == [
        ("Amazon", 1),
        ("Google", 1),
    ]


def test_a_post_counts_for_each_of_its_themes_and_emotions_are_of_reactions(make_mentions):
    rows = make_mentions(
        {"themes": ["AI", "Visas"]},
        {"themes": ["AI"]},
        {"themes": []},
        {"kind": "news", "themes": ["AI"], "voice": None},
    )
    assert weekly_figures(rows, by=("theme",), quality=None).select("theme", "n", "n_news").rows() == [
        ("AI", 2, 0),
        ("Visas", 1, 0),
    ]
    assert weekly_figures(rows, by=("voice",), quality=None).select("voice", "n").rows() == [("observer", 3)]
    assert weekly_figures(rows, by=("emotion",), quality=None).select("emotion", "n").rows() == [("anger", 3)]


def test_the_running_week_is_left_out(make_mentions):
    rows = make_mentions({}, {"created_at": dt.datetime(2025, 11, 3, tzinfo=dt.UTC)})
    sunday, monday = dt.datetime(2025, 11, 9, 23, 59, tzinfo=dt.UTC), dt.datetime(2025, 11, 10, tzinfo=dt.UTC)
    assert weekly_figures(rows, quality=None, now=sunday)["week"].to_list() == [MONDAY]
    assert weekly_figures(rows, quality=None, now=monday)["week"].to_list() == [MONDAY, dt.date(2025, 11, 3)]


def test_days_around_new_year_fall_into_one_iso_week(make_mentions):
    days = [
        dt.datetime(2024, 12, 30, tzinfo=dt.UTC),
        dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2025, 1, 5, 23, 59, 59, tzinfo=dt.UTC),
    ]
    after = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)
    table = weekly_figures(make_mentions(*({"created_at": day} for day in (*days, after))), quality=None)
    assert table.select("week", "n").rows() == [(dt.date(2024, 12, 30), 3), (dt.date(2025, 1, 6), 1)]


@pytest.mark.parametrize("by", [by for size in range(3) for by in combinations(GROUPINGS, size)])
def test_any_grouping_of_nothing_keeps_the_columns(by):
    table = weekly_figures(pl.LazyFrame(schema=MENTIONS), by=by, quality=None)
    assert table.schema == {"week": pl.Date, **dict.fromkeys(by, pl.String), **FIGURES}
    assert table.is_empty()


def test_an_unknown_grouping_is_refused_with_what_is_known(make_mentions):
    with pytest.raises(UsageError, match=r"'author'.*company, source, lang"):
        weekly_figures(make_mentions({}), by=("author",), quality=None)


def test_a_company_has_the_same_figures_whoever_else_is_in_the_frame(make_mentions):
    one = make_mentions({"times": 20}, {"sentiment": "positive", "times": 5})
    more = make_mentions({"company": "Google", "times": 20}, {"company": "Google", "sentiment": "positive", "times": 5})
    alone = weekly_figures(one, quality=quality())
    together = weekly_figures(pl.concat([more, one]).sample(fraction=1, shuffle=True, seed=1), quality=quality())
    assert together.filter(company="Amazon").equals(alone)


def test_figures_are_those_of_the_measured_errors_in_use(make_mentions):
    rows = make_mentions({"times": 20}, {"sentiment": "positive", "times": 5})
    measured = quality()
    surer = measured.model_copy(
        update={
            "sentiment_confusion": {
                name: tuple(tuple(100 * count for count in row) for row in table)
                for name, table in measured.sentiment_confusion.items()
            }
        }
    )
    first, other, again = (weekly_figures(rows, quality=errors) for errors in (measured, surer, measured))
    assert first.equals(again)
    assert not first.equals(other)


def test_the_shipped_model_was_measured_on_what_its_posts_come_from():
    assert {"x", "reddit", "all"} <= set(quality().sentiment_confusion)
    assert error_model(quality()).estimate({"mastodon": (3, 2, 1)}) is not None


@pytest.mark.parametrize(("by", "groups"), [("emotion", ("anger", "joy")), ("voice", ("affected", "observer"))])
def test_by_emotion_and_voice_only_counts_are_given_since_the_errors_among_them_are_not_those_over_all(
    make_mentions, by, groups
):
    rows = make_mentions({by: groups[1], "sentiment": "positive", "times": 40}, {by: groups[0], "times": 60})
    found = weekly_figures(rows, by=(by,), quality=quality())
    assert found.select(by, "n", "net_counted").rows() == [(groups[0], 60, -100.0), (groups[1], 40, 100.0)]
    measured = ["share_negative", "share_neutral", "share_positive", "net_sentiment", "net_low", "net_high"]
    assert {value for row in found.select(measured).rows() for value in row} == {None}
    assert compare_weeks(rows, week=found["week"][0], by=(by,), quality=quality())["change"].to_list() == [None] * 2

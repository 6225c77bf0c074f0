import datetime as dt

import polars as pl
import pytest

from analysis import (
    CHANGES,
    COMPANY_DIFFERENCES,
    MENTIONS,
    SHARE_CHANGES,
    compare_companies,
    compare_shares,
    compare_weeks,
    holm,
    quality,
)
from store import UsageError

WEEK = dt.date(2025, 10, 27)
BEFORE = dt.datetime(2025, 10, 21, tzinfo=dt.UTC)


def test_a_clear_fall_is_told_from_chance(make_mentions):
    rows = make_mentions(
        {"sentiment": "positive", "created_at": BEFORE, "times": 80},
        {"created_at": BEFORE, "times": 40},
        {"sentiment": "positive", "times": 20},
        {"times": 100},
        {"company": "Google", "created_at": BEFORE, "times": 60},
        {"company": "Google", "sentiment": "neutral", "created_at": BEFORE, "times": 60},
        {"company": "Google", "times": 61},
        {"company": "Google", "sentiment": "neutral", "times": 59},
    )
    amazon, google = compare_weeks(rows, week=WEEK, quality=quality()).rows(named=True)
    assert amazon["change"] < 0
    assert amazon["high"] < 0
    assert amazon["p"] <= amazon["p_holm"] < 0.01
    assert google["low"] < 0 < google["high"]
    assert google["p_holm"] > 0.5
    assert amazon["test"].startswith("Monte Carlo")


def test_equal_weeks_differ_by_nothing_and_that_is_not_certain(make_mentions):
    rows = make_mentions(
        {"times": 50},
        {"created_at": BEFORE, "times": 50},
        {"sentiment": "neutral", "times": 50},
        {"sentiment": "neutral", "created_at": BEFORE, "times": 50},
    )
    row = compare_weeks(rows, week=WEEK, quality=quality()).row(0, named=True)
    assert row["change"] == 0
    assert row["low"] < -5 < 5 < row["high"]


def test_groups_with_few_posts_are_shown_but_not_tested_with_the_others(make_mentions):
    rows = make_mentions(
        {"times": 40},
        {"created_at": BEFORE, "times": 40},
        {"company": "Google", "times": 3},
        {"company": "SAP", "created_at": BEFORE},
    )
    table = compare_weeks(rows, week=WEEK, quality=None)
    assert table.select("company", "n_before", "n", "enough").rows() == [
        ("Amazon", 40, 40, True),
        ("Google", 0, 3, False),
        ("SAP", 1, 0, False),
    ]
    assert table["p_holm"].is_null().to_list() == [False, True, True]
    assert table.filter(company="Google").select("net_before", "change", "p").row(0) == (None, None, None)


def test_all_reactions_together_can_be_compared(make_mentions):
    rows = make_mentions({"times": 40}, {"created_at": BEFORE, "times": 50})
    assert compare_weeks(rows, week=WEEK, by=(), quality=None).select("n_before", "n").rows() == [(50, 40)]


def test_companies_of_a_week_are_compared_in_pairs(make_mentions):
    rows = make_mentions(
        {"times": 60},
        {"company": "Google", "sentiment": "positive", "times": 60},
        {"company": "SAP", "times": 60},
        {"company": "Intel"},
    )
    table = compare_companies(rows, week=WEEK, quality=None)
    assert table.select("company", "other").rows() == [("Amazon", "Google"), ("Amazon", "SAP"), ("Google", "SAP")]
    assert (table["p_holm"] < 0.05).to_list() == [True, False, True]
    assert table.row(0, named=True)["change"] == pytest.approx(-200)
    named = compare_companies(rows, week=WEEK, companies=("Intel", "Amazon"), quality=None)
    assert named.select("company", "other", "n_other", "enough").rows() == [("Amazon", "Intel", 1, False)]


def test_emotions_and_themes_are_compared_as_shares_of_all_reactions(make_mentions):
    rows = make_mentions(
        {"emotion": "fear", "themes": ["AI", "Visas"], "times": 60},
        {"emotion": "anger", "times": 40},
        {"emotion": "fear", "created_at": BEFORE, "themes": ["AI"], "times": 20},
        {"emotion": "anger", "created_at": BEFORE, "times": 80},
    )
    emotions = compare_shares(rows, of="emotion", week=WEEK)
    assert emotions.select("value", "share_before", "share", "change").rows() == [
        ("anger", 0.8, 0.4, pytest.approx(-40)),
        ("fear", 0.2, 0.6, pytest.approx(40)),
    ]
    assert (emotions["p_holm"] < 0.01).all()
    themes = compare_shares(rows, of="theme", week=WEEK, by=())
    assert themes.select("value", "share_before", "share").rows() == [("AI", 0.2, 0.6), ("Visas", 0.0, 0.6)]


def test_other_shares_are_refused(make_mentions):
    with pytest.raises(UsageError, match="emotion, voice or theme"):
        compare_shares(make_mentions({}), of="company", week=WEEK)


def test_nothing_to_compare_keeps_the_columns():
    nothing = pl.LazyFrame(schema=MENTIONS)
    assert compare_weeks(nothing, week=WEEK, quality=None).schema == {"company": pl.String, **CHANGES}
    assert compare_weeks(nothing, week=WEEK, by=(), quality=None).schema == CHANGES
    assert compare_companies(nothing, week=WEEK, quality=None).schema == COMPANY_DIFFERENCES
    assert compare_shares(nothing, of="voice", week=WEEK).schema == {"company": pl.String, **SHARE_CHANGES}


def test_holm_multiplies_the_smallest_by_all_and_never_swaps_ranks():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []

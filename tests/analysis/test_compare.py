import datetime as dt

import numpy as np
import polars as pl
import pytest

from analysis import CHANGES, MENTIONS, clearly_more, compare_weeks, holm, quality

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


def mixed(sources, *, created_at):
    """Two platforms, each always at the same level."""
    level = {"x": ("negative", "neutral"), "linkedin": ("neutral", "positive")}
    return [
        {"source": source, "sentiment": said, "created_at": created_at, "times": times // 2}
        for source, times in sources.items()
        for said in level[source]
    ]


def test_a_change_of_the_mix_of_platforms_is_no_change(make_mentions):
    now = BEFORE + dt.timedelta(days=7)
    rows = make_mentions(
        *mixed({"x": 60, "linkedin": 240}, created_at=BEFORE), *mixed({"x": 240, "linkedin": 60}, created_at=now)
    )
    for errors in (quality(), None):
        row = compare_weeks(rows, week=WEEK, quality=errors).row(0, named=True)
        assert row["net"] < row["net_before"] - 20
        assert abs(row["change"]) < 3
        assert row["p"] > 0.5
        assert row["enough"]


def test_weeks_without_a_common_platform_are_not_compared(make_mentions):
    now = BEFORE + dt.timedelta(days=7)
    rows = make_mentions(*mixed({"linkedin": 200}, created_at=BEFORE), *mixed({"x": 200}, created_at=now))
    row = compare_weeks(rows, week=WEEK, quality=quality()).row(0, named=True)
    assert (row["n_before"], row["n"], row["change"], row["p_holm"], row["enough"]) == (200, 200, None, None, False)


def test_a_platform_of_few_posts_on_one_side_hardly_widens_the_change(make_mentions):
    now = BEFORE + dt.timedelta(days=7)
    plain = [*mixed({"x": 200}, created_at=BEFORE), *mixed({"x": 200}, created_at=now)]
    few = [*mixed({"linkedin": 4}, created_at=BEFORE), *mixed({"linkedin": 200}, created_at=now)]
    alone, both = (
        compare_weeks(make_mentions(*rows), week=WEEK, quality=quality()).row(0, named=True)
        for rows in (plain, plain + few)
    )
    assert both["high"] - both["low"] < 1.2 * (alone["high"] - alone["low"])


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


def test_a_change_beyond_doubt_stays_significant_among_hundreds(make_mentions):
    rows = make_mentions(
        *(
            {"company": f"C{number}", "sentiment": said, "created_at": BEFORE + dt.timedelta(days=days), "times": 30}
            for number in range(150)
            for said, days in (("neutral", 0), ("negative" if number == 0 else "neutral", 7))
        )
    )
    table = compare_weeks(rows, week=WEEK, quality=None)
    assert table.filter(pl.col("p_holm") < 0.05)["company"].to_list() == ["C0"]


def test_p_falls_with_the_change_and_has_no_floor(make_mentions):
    steps = [*range(0, 60, 6), 60]
    rows = make_mentions(
        *(
            {"company": f"C{fallen:02}", "sentiment": said, "created_at": created_at, "times": times}
            for fallen in steps
            for said, created_at, times in (
                ("negative", BEFORE, 5),
                ("neutral", BEFORE, 65),
                ("negative", BEFORE + dt.timedelta(days=7), 5 + fallen),
                ("neutral", BEFORE + dt.timedelta(days=7), 65 - fallen),
            )
        )
    )
    p = compare_weeks(rows, week=WEEK, quality=None).sort("company")["p"].to_list()
    assert p == sorted(p, reverse=True)
    assert p[0] > 0.5
    assert 0 <= p[-1] < 1e-6


def test_nothing_to_compare_keeps_the_columns():
    nothing = pl.LazyFrame(schema=MENTIONS)
    assert compare_weeks(nothing, week=WEEK, quality=None).schema == {"company": pl.String, **CHANGES}
    assert compare_weeks(nothing, week=WEEK, by=(), quality=None).schema == CHANGES


def test_holm_multiplies_the_smallest_by_all_and_never_swaps_ranks():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("more", "less", "of", "clear"),
    [(23, 22, 79, False), (30, 10, 79, True), (5, 0, 40, False), (0, 0, 40, False), (330, 270, 1000, False), (600, 100, 1000, True)],
)  # fmt: skip
def test_a_label_leads_only_where_chance_would_not_explain_it(more, less, of, clear):
    assert clearly_more(more, less, of=of) is clear


def test_of_equally_frequent_labels_one_seems_to_lead_in_at_most_5_of_100_weeks():
    rng = np.random.default_rng(4)
    weeks = np.sort(rng.multinomial(200, [0.3, 0.3, 0.2, 0.1, 0.1], size=1000), axis=1)
    assert np.mean([clearly_more(int(row[-1]), int(row[-2]), of=200) for row in weeks]) <= 0.05

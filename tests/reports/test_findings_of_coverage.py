"""Weeks that were collected or labelled unlike each other are not compared, and holes are named."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from analysis import COVERAGE
from tests.reports.sample import WEEK, figures, frame
from tests.reports.words import data, sentences

BEFORE = WEEK - dt.timedelta(days=7)


def covered(*rows: tuple[str, dt.date, int, int], labelled: dict[dt.date, int] | None = None) -> pl.DataFrame:
    """Coverage: source, week, posts, gaps; all posts labelled but in the weeks given."""
    parts = dict.fromkeys(("reactions", "news", "promo", "noise", "duplicates", "with_company"), 0)
    found = [
        {"source": source, "week": week, "posts": posts, "labelled": (labelled or {}).get(week, posts), "gaps": gaps}
        | parts
        for source, week, posts, gaps in rows
    ]
    return pl.DataFrame(found, schema=COVERAGE)


@pytest.mark.parametrize(
    ("rows", "ending"),
    [
        ([("x", BEFORE, 90, 0), ("x", WEEK, 100, 0)], "; 25 % more than in the week before (400)."),
        ([("x", BEFORE, 90, 5), ("x", WEEK, 100, 0)], "; not compared in number with the week before (400), as X was not collected and labelled alike in both."),
        ([("x", BEFORE, 90, 0), ("x", WEEK, 100, 1)], "; not compared in number with the week before (400), as X was not collected and labelled alike in both."),
        (
            [("x", BEFORE, 0, 1), ("x", WEEK, 9, 0), ("reddit", WEEK, 9, 0), ("linkedin", BEFORE, 9, 0), ("linkedin", WEEK, 1, 0)],
            "; not compared in number with the week before (400), as Reddit and X were not collected and labelled alike in both.",
        ),
    ],
)  # fmt: skip
def test_volume_is_not_compared_where_the_weeks_were_not_collected_alike(rows, ending):
    weeks = [{"week": BEFORE, **figures(400, net=-30)}, {"week": WEEK, **figures(500, net=-30)}]
    report = data(coverage=covered(*rows))
    report = report.__class__(**{**report.__dict__, "overall": frame(weeks, "week")})
    assert sentences(report)["volume"].endswith(ending)


def test_holes_of_the_week_before_are_named_as_well():
    text = sentences(data(coverage=covered(("x", BEFORE, 9, 5), ("reddit", WEEK, 9, 1), ("x", WEEK, 9, 0))))["gap"]
    assert text == (
        "Collection has known holes this week: Reddit (1 gap). Posts are missing from these figures. "
        "Collection has known holes in the week before: X (5 gaps)."
    )


@pytest.mark.parametrize("week", [BEFORE, WEEK])
@pytest.mark.parametrize(("labelled", "compared"), [(588, True), (587, False), (60, False)])
def test_volume_is_not_compared_where_more_than_a_fiftieth_of_a_week_is_not_labelled(week, labelled, compared):
    rows = covered(("x", BEFORE, 600, 0), ("x", WEEK, 600, 0), labelled={week: labelled})
    weeks = [{"week": BEFORE, **figures(400, net=-30)}, {"week": WEEK, **figures(500, net=-30)}]
    text = sentences(replace(data(coverage=rows), overall=frame(weeks, "week")))["volume"]
    assert ("25 % more than" in text) is compared


def test_posts_of_all_weeks_shown_that_are_not_labelled_are_named():
    earlier = BEFORE - dt.timedelta(days=7)
    rows = covered(
        ("x", earlier, 9, 0), ("x", BEFORE, 600, 0), ("x", WEEK, 5, 0), labelled={earlier: 8, BEFORE: 60, WEEK: 3}
    )
    assert sentences(data(coverage=rows))["gap"] == (
        "2 posts of this week, 540 of the week before and 1 of earlier weeks are not labelled yet and missing here."
    )
    rows = covered(("x", BEFORE, 600, 0), ("x", WEEK, 5, 0), labelled={BEFORE: 60})
    assert sentences(data(coverage=rows))["gap"] == (
        "540 posts of the week before are not labelled yet and missing here."
    )

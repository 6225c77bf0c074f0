"""Announcements beside the figures: told once, in the right order of time, and the week's own first."""

import datetime as dt

import polars as pl
import pytest

from analysis import EVENT_STUDY, known_events
from reports.charts.collection import build
from tests.reports.sample import WEEK, figures, sample
from tests.reports.words import SETTINGS, change, data, events, sentences


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"date": dt.date(2025, 10, 24)}, "after cuts of 14,000 jobs were announced on 24 Oct"),
        ({"date": WEEK}, "after cuts of 14,000 jobs were announced on 27 Oct"),
        ({"date": dt.date(2025, 10, 28)}, "in the week in which cuts of 14,000 jobs were announced (28 Oct)"),
        ({"date": dt.date(2025, 11, 2), "stage": "effective"}, "in the week in which cuts of 14,000 jobs took effect (2 Nov)"),
        ({"jobs": None, "share": 0.06, "stage": "reported"}, "after cuts of 6 % of staff were reported on 27 Oct"),
        ({"jobs": None}, "after job cuts were announced on 27 Oct"),
    ],
)  # fmt: skip
def test_a_change_is_told_after_an_event_only_where_the_whole_week_lies_after_it(row, told):
    text = sentences(data(changes=[change("Amazon")], events=events(row)))["change"]
    assert text.endswith(f"), {told}.")
    assert "because" not in text


def test_an_announcement_that_lists_tell_several_times_is_told_once_by_its_largest():
    listed = events(
        {"jobs": 14_000, "stage": "reported"},
        {"jobs": 180, "location": "Seattle"},
        {"jobs": 14_000},
        {"jobs": None, "location": "Austin"},
    )
    listed = listed.drop("own")
    told = known_events(listed.clear(), listed)
    report = data(changes=[change("Amazon")], weekly=[("Amazon", figures(90, net=-50))], events=told)
    assert sentences(report)["change"].endswith("after cuts of 14,000 jobs were announced on 27 Oct.")
    charts = build(report, settings=SETTINGS)
    assert charts.trend.alt.endswith("Announcements in these weeks: Amazon 27\u00a0Oct: 14,000\u00a0jobs.")
    assert charts.company[0].trend.alt.endswith("Announcements in these weeks: 27\u00a0Oct: 14,000\u00a0jobs.")


def test_the_front_chart_marks_the_weeks_own_announcements_before_larger_ones():
    """Neither those before it nor those after it may crowd them out."""
    others = [
        {"date": WEEK + dt.timedelta(days=days), "jobs": 20_000} for days in (-20, -18, -16, -14, -12, -10, 7, 14)
    ]
    rows = [*others, {"date": dt.date(2025, 10, 28), "jobs": 40}]
    report = sample(names=("Amazon",), events=events(*rows))
    marked = (
        build(report, settings=SETTINGS).trend.alt.split("Announcements in these weeks: ")[1].replace("\u00a0", " ")
    )
    assert "Amazon 28 Oct: 40 jobs" in marked
    assert marked.count("20,000 jobs") == 5
    assert "Nov" not in marked


def test_the_front_chart_marks_first_what_befell_the_companies_that_have_a_page():
    larger = [{"company": "UPS", "date": WEEK + dt.timedelta(days=days), "jobs": 48_000} for days in range(6)]
    report = data(
        weekly=[("Amazon", figures(90, net=-50)), ("UPS", figures(5, net=-50))],
        events=events({"date": dt.date(2025, 10, 28), "jobs": 14_000}, *larger),
    )
    marked = (
        build(report, settings=SETTINGS).trend.alt.split("Announcements in these weeks: ")[1].replace("\u00a0", " ")
    )
    assert "Amazon 28 Oct: 14,000 jobs" in marked
    assert marked.count("UPS") == 5


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"jobs": 14_000}, {"jobs": 12, "date": dt.date(2025, 10, 31)}], "after cuts of 14,000 jobs were announced on 27 Oct"),
        ([{"jobs": 600, "own": True}, {"date": dt.date(2025, 10, 31)}], "after cuts of 600 jobs were announced on 27 Oct"),
        ([{"jobs": None, "share": 0.2}, {"jobs": None, "date": dt.date(2025, 10, 31)}], "after cuts of 20 % of staff were announced on 27 Oct"),
        ([{}, {"date": dt.date(2025, 10, 24)}], "after cuts of 14,000 jobs were announced on 27 Oct"),
    ],
)  # fmt: skip
def test_the_foremost_announcement_is_told_not_the_newest(rows, told):
    report = data(changes=[change("Amazon")], weekly=[("Amazon", figures(412, net=-52))], events=events(*rows))
    assert sentences(report)["change"].endswith(f"), {told}.")


def test_sentence_and_study_speak_of_the_same_announcement():
    later = {"jobs": 12, "date": dt.date(2025, 10, 31)}
    rows = [
        {"company": "Amazon", "event_date": date, "window_days": 1, "n_before": 0, "n_after": 0}
        for date in (WEEK, later["date"])
    ]
    report = data(
        weekly=[("Amazon", figures(412, net=-52))],
        events=events({}, later),
        event_study=pl.DataFrame(rows, schema=EVENT_STUDY),
    )
    assert build(report, settings=SETTINGS).company[0].study.title.startswith("Amazon after 27\u00a0Oct")

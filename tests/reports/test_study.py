"""The event study's panel: no figure of very few, and no finding picked for being clear."""

import datetime as dt

import polars as pl
import pytest

from analysis import EVENT_STUDY
from reports.charts.collection import build
from reports.charts.study import recovery
from tests.reports.sample import WEEK, figures
from tests.reports.words import SETTINGS, data, events


def window(days, *, move=-30.0, half=10.0, n=200, n_before=200, back=None, followed=None, **overrides):
    return {
        "company": "Amazon", "event_date": WEEK, "window_days": days, "n_before": n_before, "n_after": n,
        "n_before_compared": n_before, "n_after_compared": n, "days_followed": back or followed,
        "volume_ratio": 2.0, "net_before": -10.0, "net_after": -10.0 + move, "net_change": move,
        "change_low": move - half, "change_high": move + half, "days_to_half_recovery": back,
    } | overrides  # fmt: skip


def panel(*rows, others=()):
    report = data(
        weekly=[("Amazon", figures(400, net=-30))],
        events=events({}, *others),
        event_study=pl.DataFrame(rows, schema=EVENT_STUDY),
    )
    return build(report, settings=SETTINGS).company[0].study


def test_windows_of_under_five_reactions_have_no_figure_in_words_or_values():
    chart = panel(window(1, n=1), window(7, n=4), window(28, n=5))
    hidden = ["net_after", "net_change", "change_low", "change_high", "days_to_half_recovery"]
    assert [set(row) for row in chart.values.select(hidden).rows()[:2]] == [{None}, {None}]
    assert chart.values["net_change"].to_list() == [None, None, -30]
    assert chart.values["n_after"].to_list() == [1, 4, 5]
    assert "1\u00a0day after: too few, volume ×2.0, 1\u00a0reaction against 200 before" in chart.alt
    assert "28\u00a0days after: −30 points (−40 to −20)" in chart.alt


def test_nothing_before_hides_the_change_too():
    assert panel(window(7, n_before=4)).values.select("net_before", "net_change").rows() == [(None, None)]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([window(1), window(7), window(28, move=-12.0)], "Amazon after 27 Oct: −12 points over 28 days"),
        ([window(1), window(7), window(28, half=40.0)], "Amazon after 27 Oct: no clear change over 28 days"),
        ([window(1), window(7), window(28, n=29)], "Amazon after 27 Oct: −30 points over 7 days"),
        ([window(1, n=29)], "Amazon after 27 Oct: too few reactions to compare"),
    ],
)
def test_the_title_is_of_the_longest_window_with_enough_reactions_clear_or_not(rows, title):
    chart = panel(*rows)
    assert chart.title.replace("\u00a0", " ") == title
    assert "each company tested alone" in chart.subtitle


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([window(7, move=-1.0, half=13.0, back=7)], ""),
        ([window(7, n=29, back=7)], ""),
        ([window(7, move=30.0)], ""),
        ([window(7, back=9)], "The fall over 7 days: half-way back after 9 days."),
        ([window(7, back=9), window(28, half=40.0)], "The fall over 7 days: half-way back after 9 days."),
        (
            [window(1, back=9), window(7, followed=21)],
            "The fall over 7 days: not clearly half-way back within 21 days.",
        ),
        ([window(7)], "The fall over 7 days: too few since to say if half-way back."),
    ],
)
def test_recovery_is_told_of_clear_falls_only(rows, sentence):
    assert recovery(rows, min_posts=30).replace("\u00a0", " ") == sentence


def test_numbers_and_greyness_are_of_the_platforms_compared():
    """Two hundred reactions on each side, most of them on a platform that was collected after the event only."""
    chart = panel(window(7, n_before_compared=20, n_after_compared=25))
    assert chart.title.endswith("too few reactions to compare")
    assert "25\u00a0reactions against 20 before" in chart.alt
    assert "n = 45 reactions" in chart.source


def test_a_window_that_is_not_over_and_a_volume_of_too_few_say_so():
    nothing = dict.fromkeys(("net_change", "change_low", "change_high", "volume_ratio"))
    running = window(28, n=40, n_before_compared=None, n_after_compared=None, **nothing)
    chart = panel(window(7, n_before=12, volume_ratio=None), running)
    assert "7\u00a0days after: −30 points (−40 to −20), volume too few" in chart.alt
    assert "28\u00a0days after: not over, 40\u00a0reactions so far" in chart.alt


@pytest.mark.parametrize(("days", "told"), [(1, True), (28, True), (29, False)])
def test_an_announcement_in_the_days_before_is_told(days, told):
    """They are no usual level then: the fall may have begun with it."""
    chart = panel(window(7), others=[{"date": WEEK - dt.timedelta(days=days), "jobs": 600}])
    assert ("also before: " in chart.subtitle) is told
    assert ("In the 28 days before, cuts of 600\u00a0jobs were announced on" in chart.alt) is told

"""Half-way back after a fall: held against worlds in which it is known whether, and when, that came. Seeds are fixed."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from analysis import event_study
from tests.analysis.test_intervals import measured, week

DAY = dt.date(2025, 10, 28)
EVENTS = pl.DataFrame({"company": ["Amazon"], "date": [DAY]})
USUAL, FALLEN = np.array([0.57, 0.33, 0.10]), np.array([0.82, 0.16, 0.02])
WORLDS = 15


def told(make_mentions, *, before, after, volume, followed) -> list[int | None]:
    """Days to half recovery of the clear falls over 7 days, in `WORLDS` worlds.

    `after` gives the true shares of a day, `volume` its expected reactions; there are `before` a day before it.
    """
    found = []
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        rows = [
            {"created_at": dt.datetime(2025, 10, 28, 9, tzinfo=dt.UTC) + dt.timedelta(days=day), "sentiment": name, "times": n}
            for day in range(-28, followed)
            for name, n in zip(
                ("negative", "neutral", "positive"),
                week(rng, USUAL if day < 0 else after(day), rng.poisson(before if day < 0 else volume(day))),
                strict=True,
            )
        ]  # fmt: skip
        now = dt.datetime(2025, 10, 28, tzinfo=dt.UTC) + dt.timedelta(days=followed)
        row = event_study(make_mentions(*rows), EVENTS, quality=measured(rng), now=now, windows=(7,)).row(0, named=True)
        if row["change_high"] < 0:
            assert row["days_followed"] is not None
            found.append(row["days_to_half_recovery"])
    return found


@pytest.mark.parametrize("later", [7, 80])
def test_a_fall_that_lasts_is_not_made_up_by_fewer_posts(make_mentions, later):
    """A small week is drawn towards the usual further than the burst was, which must not look like a recovery."""
    found = told(
        make_mentions, before=25, after=lambda _: FALLEN, volume=lambda day: 80 if day < 7 else later, followed=34
    )
    assert len(found) > WORLDS / 2
    assert set(found) == {None}


def test_a_level_half_way_back_is_hardly_ever_called_more_than_that(make_mentions):
    """Twenty weeks are looked at: the first that seems to be back must not be taken for a recovery."""
    found = told(
        make_mentions,
        before=25,
        after=lambda day: FALLEN if day < 7 else (USUAL + FALLEN) / 2,
        volume=lambda _: 80,
        followed=140,
    )
    assert len(found) - found.count(None) <= 1


def test_a_full_recovery_is_found_where_enough_was_said(make_mentions):
    found = told(
        make_mentions,
        before=80,
        after=lambda day: FALLEN if day < 14 else np.array([0.40, 0.35, 0.25]),
        volume=lambda _: 80,
        followed=70,
    )
    assert None not in found
    assert min(found) > 14

import datetime as dt

import polars as pl
import pytest

from analysis import MENTIONS, event_study
from analysis.schemas import EVENT_STUDY

DAY = dt.date(2025, 10, 28)
LATER = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def at(days: int) -> dt.datetime:
    return dt.datetime(2025, 10, 28, 9, tzinfo=dt.UTC) + dt.timedelta(days=days)


@pytest.fixture
def events():
    return pl.DataFrame({"company": ["Amazon"], "date": [DAY]})


def collected(first=-28, last=40, source="x") -> list[dict]:
    """Something was collected on each of these days, and nobody reacted."""
    return [{"created_at": at(day), "company": None, "kind": "news", "source": source} for day in range(first, last)]


def study(rows: pl.DataFrame, events: pl.DataFrame, *, now: dt.datetime = LATER) -> dict[int, dict]:
    table = event_study(rows, events, quality=None, now=now)
    assert table.schema == EVENT_STUDY
    return {row["window_days"]: row for row in table.rows(named=True)}


def test_volume_and_sentiment_after_are_held_against_the_28_days_before(make_mentions, events):
    rows = make_mentions(
        *collected(),
        *({"created_at": at(-day), "sentiment": "neutral", "times": 2} for day in range(1, 29)),
        {"created_at": at(-29), "times": 50},
        {"created_at": at(0), "times": 20},
        {"created_at": at(6), "times": 8},
        {"created_at": at(7), "times": 12},
        {"created_at": at(0), "company": "Google", "times": 99},
    )
    found = study(rows, events)
    assert {days: row["n_after"] for days, row in found.items()} == {1: 20, 7: 28, 28: 40}
    assert {row["n_before"] for row in found.values()} == {56}
    assert found[1]["volume_ratio"] == pytest.approx(10)
    assert found[7]["volume_ratio"] == pytest.approx(2)
    assert found[7]["net_change"] == pytest.approx(-100)
    assert -200 <= found[7]["change_low"] < -50 < 0
    assert found[7]["change_high"] < 0


@pytest.mark.parametrize(
    "days",
    [range(-14, 28), [*range(-28, -20), *range(-5, 28)], [*range(-28, 7), *range(21, 28)], range(-28, 28, 2)],
    ids=["begun late", "a hole before", "a hole after", "every other day"],
)
def test_holes_of_collection_are_no_change_of_volume(make_mentions, events, days):
    """Ten a day on every day that was collected: nothing rose nor fell."""
    stray = {"created_at": at(-300), "times": 5}
    found = study(make_mentions(stray, *({"created_at": at(day), "times": 10} for day in days)), events)
    assert [row["volume_ratio"] for row in found.values()] == pytest.approx([1] * 3)


def test_days_that_were_collected_and_brought_no_reaction_are_quiet_ones(make_mentions, events):
    daily = [{"created_at": at(day), "times": 10} for day in range(-14, 28)]
    found = study(make_mentions(*collected(), *daily), events)
    assert [row["volume_ratio"] for row in found.values()] == pytest.approx([2] * 3)


@pytest.mark.parametrize(
    "rows",
    [
        [{"created_at": at(day), "times": 10} for day in range(-6, 28)],
        [{"created_at": at(-28), "times": 60}, {"created_at": at(-1), "times": 60}, *collected(first=0)],
    ],
    ids=["collected for six days before", "collected on two days before"],
)
def test_under_a_week_of_collection_before_compares_nothing(make_mentions, events, rows):
    found = study(make_mentions(*rows, {"created_at": at(0), "times": 40}), events)
    assert [(row["n_before_compared"], row["volume_ratio"], row["net_change"]) for row in found.values()] == [
        (0, None, None)
    ] * 3
    assert found[7]["n_before"] >= 60
    assert found[7]["net_before"] is not None


def test_a_window_of_which_less_than_half_was_collected_compares_nothing(make_mentions, events):
    rows = make_mentions(*collected(last=3), {"created_at": at(-3), "times": 40}, {"created_at": at(0), "times": 40})
    found = study(rows, events)
    assert found[1]["net_change"] is not None
    assert [(found[days]["volume_ratio"], found[days]["net_change"]) for days in (7, 28)] == [(None, None)] * 2


def test_few_reactions_before_give_no_level_of_volume(make_mentions, events):
    rows = make_mentions(*collected(), {"created_at": at(-3), "times": 29}, {"created_at": at(0), "times": 99})
    assert [row["volume_ratio"] for row in study(rows, events).values()] == [None] * 3


def test_volume_change_and_their_numbers_are_of_the_same_platforms(make_mentions, events):
    """LinkedIn was collected only after the event: it is in neither figure, nor in the numbers beside them."""
    rows = make_mentions(
        *collected(),
        *({"created_at": at(day), "times": 2} for day in range(-28, 28)),
        *({"created_at": at(day), "times": 50, "source": "linkedin", "sentiment": "positive"} for day in range(28)),
    )
    for days, row in study(rows, events).items():
        assert (row["n_before_compared"], row["n_after_compared"]) == (56, 2 * days)
        assert row["volume_ratio"] == pytest.approx(1)
        assert abs(row["net_change"]) < 1
        assert row["n_after"] == 52 * days


def test_half_recovery_is_the_end_of_the_first_week_from_the_event_that_is_half_way_back(make_mentions, events):
    rows = make_mentions(
        *collected(),
        {"created_at": at(-3), "sentiment": "neutral", "times": 40},
        *({"created_at": at(day), "times": 30} for day in range(9)),
        *({"created_at": at(day), "sentiment": "neutral", "times": 30} for day in range(9, 21)),
    )
    # Two negative days of the second week; over 28 days the fall is smaller, and half of it nearer.
    assert {days: row["days_to_half_recovery"] for days, row in study(rows, events).items()} == {1: 14, 7: 14, 28: 21}
    running = study(rows, events, now=at(27))
    assert running[7]["days_to_half_recovery"] == 14
    assert running[28]["days_to_half_recovery"] is None


def test_a_fall_that_came_late_was_not_made_up_before_it_came(make_mentions, events):
    rows = make_mentions(
        *collected(),
        {"created_at": at(-3), "sentiment": "neutral", "times": 40},
        *(
            {"created_at": at(day), "sentiment": "negative" if 7 <= day < 28 else "neutral", "times": 30}
            for day in range(40)
        ),
    )
    found = study(rows, events)
    assert found[28]["net_change"] == pytest.approx(-75)
    assert (found[7]["days_to_half_recovery"], found[28]["days_to_half_recovery"]) == (None, 35)


def test_a_change_of_the_mix_of_platforms_is_no_recovery(make_mentions, events):
    """X stays negative and LinkedIn neutral, as they were from the event on; only that LinkedIn has more to say later."""
    usual = {"x": ("neutral", 100), "linkedin": ("positive", 20)}
    fallen = {"x": "negative", "linkedin": "neutral"}
    rows = make_mentions(
        *collected(),
        *collected(source="linkedin"),
        *(
            {"created_at": at(-3), "source": source, "sentiment": said, "times": times}
            for source, (said, times) in usual.items()
        ),
        *(
            {
                "created_at": at(day),
                "source": source,
                "sentiment": said,
                "times": 2 if (source == "x") == (day >= 7) else 30,
            }
            for day in range(40)
            for source, said in fallen.items()
        ),
    )
    found = study(rows, events)
    assert found[7]["net_change"] == pytest.approx(-100)
    assert (found[7]["days_to_half_recovery"], found[7]["days_followed"]) == (None, 42)


def test_recovery_is_not_read_from_platforms_that_hardly_spoke_before(make_mentions, events):
    rows = make_mentions(
        *collected(),
        *collected(source="linkedin"),
        {"created_at": at(-3), "sentiment": "neutral", "times": 60},
        {"created_at": at(-3), "source": "linkedin", "sentiment": "neutral", "times": 2},
        *({"created_at": at(day), "times": 30} for day in range(7)),
        {"created_at": at(0), "source": "linkedin"},
        *({"created_at": at(day), "source": "linkedin", "sentiment": "neutral", "times": 30} for day in range(14, 21)),
    )
    found = study(rows, events)
    assert found[7]["days_to_half_recovery"] is None
    assert found[7]["days_followed"] < 14


@pytest.mark.parametrize("days_after", [{7: 29}, {7: 90, 8: 90, 9: 90}], ids=["few reactions", "on three days"])
def test_recovery_is_not_read_from_a_week_of_few_reactions_or_days(make_mentions, events, days_after):
    rows = make_mentions(
        *collected(),
        {"created_at": at(-3), "sentiment": "neutral", "times": 40},
        {"created_at": at(0), "times": 90},
        *({"created_at": at(day), "sentiment": "neutral", "times": n} for day, n in days_after.items()),
    )
    found = study(rows, events)
    assert found[1]["change_high"] < 0
    assert (found[1]["days_to_half_recovery"], found[1]["days_followed"]) == (None, None)


def test_a_fall_that_lasts_says_until_when_it_was_followed(make_mentions, events):
    rows = make_mentions(
        *collected(),
        {"created_at": at(-3), "sentiment": "neutral", "times": 40},
        *({"created_at": at(day), "times": 30} for day in range(17)),
    )
    found = study(rows, events)
    # The week that ends on day 21 holds three days with reactions.
    assert (found[7]["days_to_half_recovery"], found[7]["days_followed"]) == (None, 14)


def test_no_recovery_is_claimed_where_nothing_fell(make_mentions, events):
    rows = make_mentions(
        *collected(), {"created_at": at(-3), "times": 40}, {"created_at": at(0), "sentiment": "neutral", "times": 40}
    )
    assert [row["days_to_half_recovery"] for row in study(rows, events).values()] == [None] * 3


def test_a_fall_within_the_noise_has_no_recovery(make_mentions, events):
    mixed = [
        {"created_at": at(day), "sentiment": sentiment, "times": times}
        for day, negative in ((-3, 20), (0, 22), (5, 20))
        for sentiment, times in (("negative", negative), ("neutral", 40 - negative))
    ]
    found = study(make_mentions(*collected(), *mixed), events)
    assert found[1]["net_change"] < 0 < found[1]["change_high"]
    assert [row["days_to_half_recovery"] for row in found.values()] == [None] * 3


def test_windows_that_are_not_over_give_only_the_count_so_far(make_mentions, events):
    rows = make_mentions(*collected(), {"created_at": at(-3), "times": 40}, {"created_at": at(0), "times": 5})
    found = study(rows, events, now=at(2))
    assert found[1]["net_after"] is not None
    assert found[7]["n_after"] == 5
    hidden = ("net_after", "volume_ratio", "net_change", "change_low", "n_before_compared", "n_after_compared")
    assert {found[7][name] for name in hidden} == {None}


def test_an_event_that_nobody_talked_about_before(make_mentions, events):
    found = study(make_mentions(*collected(), {"created_at": at(0)}), events)
    assert (found[1]["n_before"], found[1]["volume_ratio"], found[1]["net_before"], found[1]["net_change"]) == (
        0,
        None,
        None,
        None,
    )


def test_nothing_keeps_the_columns(make_mentions, events):
    assert event_study(make_mentions({}), events.clear(), quality=None, now=LATER).schema == EVENT_STUDY
    assert event_study(pl.LazyFrame(schema=MENTIONS), events, quality=None, now=LATER)["n_after"].to_list() == [0, 0, 0]

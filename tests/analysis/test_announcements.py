"""An announcement that the settings and several lists tell is one."""

import datetime as dt

import polars as pl
import pytest

from analysis import KNOWN_EVENTS, known_events
from store import EVENTS

DAY = dt.date(2025, 10, 27)
NONE = pl.DataFrame(schema=EVENTS)


def events(*rows):
    usual = {"company": "Amazon", "date": DAY, "jobs": 14_000, "stage": "announced"}
    return pl.DataFrame([usual | row for row in rows], schema=EVENTS)


def october(day):
    return dt.date(2025, 10, day)


def told(*listed, configured=(), **options):
    """(day of the month, jobs, stage), oldest first."""
    known = known_events(events(*configured), events(*listed), **options)
    assert known.schema == KNOWN_EVENTS
    return [(row["date"].day, row["jobs"], row["stage"]) for row in known.sort("date", "company").to_dicts()]


@pytest.mark.parametrize(
    ("row", "same"),
    [
        ({}, True),
        ({"jobs": 13_500}, True),
        ({"jobs": 13_000}, False),
        ({"jobs": None}, False),
        ({"date": october(21)}, True),
        ({"date": october(20)}, False),
        ({"company": "Meta"}, False),
    ],
)
def test_about_as_many_jobs_within_seven_days_are_one_announcement(row, same):
    """Whether lists tell it, one as a report and one as an announcement, or the settings do."""
    other = {"date": october(28)}
    for listed, configured in (([row | {"stage": "reported"}, other], []), ([row, other], []), ([row], [other])):
        assert len(told(*listed, configured=configured)) == (1 if same else 2), (listed, configured)


def test_where_jobs_are_not_known_the_share_of_staff_tells():
    share = {"jobs": None, "share": 0.06}
    assert told(share, share | {"date": october(29), "share": 0.0605}) == [(29, None, "announced")]
    assert len(told(share, share | {"date": october(29), "share": 0.08})) == 2


@pytest.mark.parametrize(
    ("rows", "standing"),
    [
        ([{"stage": "reported", "jobs": 14_500, "date": october(25)}, {"date": october(29)}], (29, 14_000, "announced")),
        ([{"stage": "effective", "date": october(25)}, {"date": october(29)}], (29, 14_000, "announced")),
        ([{"jobs": 13_900, "date": october(25)}, {"date": october(29)}], (29, 14_000, "announced")),
        ([{"date": october(29)}, {"date": october(25)}], (25, 14_000, "announced")),
        ([{"stage": "reported", "jobs": 14_500}, {}], (27, 14_000, "announced")),
    ],
)  # fmt: skip
def test_what_was_announced_stands_before_what_was_reported_then_the_larger_then_the_earlier(rows, standing):
    assert told(*rows) == told(*rows[::-1]) == [standing]


def test_the_settings_own_stand_before_any_list():
    assert told({"jobs": 14_300}, configured=[{"stage": "reported", "date": october(28)}]) == [(28, 14_000, "reported")]
    assert told({"jobs": 900}, configured=[{"jobs": None}]) == [(27, None, "announced")]


def test_of_one_day_the_largest_is_told():
    sites = [{"jobs": 180, "location": "Seattle"}, {"jobs": None, "location": "Austin"}]
    assert told({"stage": "reported"}, *sites, {}) == [(27, 14_000, "announced")]
    assert told(*sites, {"stage": "reported"}) == [(27, 14_000, "reported")]


def test_what_comes_later_does_not_change_what_was_known():
    rows = [{"stage": "reported"}, {"date": october(30)}]
    assert told(*rows) == [(30, 14_000, "announced")]
    assert told(*rows, until=october(29)) == [(27, 14_000, "reported")]
    assert told(rows[0], configured=rows[1:], until=october(29)) == [(27, 14_000, "reported")]


def test_newest_first_and_nothing_keeps_the_columns():
    known = known_events(NONE, events({}, {"company": "Meta", "date": october(28)}, {"company": "Acme"}))
    assert known["company"].to_list() == ["Meta", "Acme", "Amazon"]
    assert known_events(NONE, NONE).schema == KNOWN_EVENTS


def test_those_of_the_settings_are_told_from_those_of_lists():
    known = known_events(events({}), events({"company": "Meta"}))
    assert dict(known.select("company", "own").iter_rows()) == {"Amazon": True, "Meta": False}

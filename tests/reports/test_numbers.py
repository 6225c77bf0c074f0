"""Numbers are written one way everywhere."""

import datetime as dt

import pytest

from reports import numbers


def test_thousands_are_separated_and_minus_is_a_minus_sign():
    assert numbers.count(14_000) == "14,000"
    assert numbers.signed(-36.4) == "−36"
    assert numbers.signed(12) == "+12"


@pytest.mark.parametrize("value", [0, 0.2, -0.4])
def test_zero_has_no_sign(value):
    assert numbers.signed(value) == "0"


def test_change_is_singular_for_one_point():
    assert numbers.change(-1.2) == "−1\u00a0point"
    assert numbers.change(2) == "+2\u00a0points"


def test_interval_that_excludes_zero_never_reads_as_if_it_touched_it():
    assert numbers.interval(-44, -28) == "−44 to −28"
    assert numbers.interval(-3.4, -0.3) == "−3.4 to −0.3"
    assert numbers.interval(-3.4, 0.3) == "−3 to 0"
    assert numbers.interval(None, None) == "–"


def test_a_share_above_zero_never_reads_as_zero():
    assert numbers.percent(0.001) == "<\u00a01\u00a0%"
    assert numbers.percent(0) == "0\u00a0%"
    assert numbers.percent(0.204) == "20\u00a0%"


def test_small_p_values_are_bounded_not_rounded_to_zero():
    assert numbers.p_value(0.00001) == "p\u00a0<\u00a00.001"
    assert numbers.p_value(0.004) == "p\u00a0=\u00a00.004"
    assert numbers.p_value(0.21) == "p\u00a0=\u00a00.21"


@pytest.mark.parametrize(
    ("value", "written"), [(0.048, "0.048"), (0.0496, "0.0496"), (0.05, "0.05"), (0.051, "0.05"), (0.031, "0.03")]
)
def test_a_p_value_that_is_clear_is_not_rounded_to_one_that_is_not(value, written):
    assert numbers.p_value(value) == f"p\u00a0=\u00a0{written}"


def test_weeks_across_new_year_name_both_years():
    assert numbers.week(dt.date(2025, 12, 29)).replace("\u00a0", " ") == "2026-W01 (29 Dec 2025 – 4 Jan 2026)"


def test_long_listings_say_how_many_are_left_out():
    assert numbers.listing(["Meta"]) == "Meta"
    assert numbers.listing(["Meta", "SAP"]) == "Meta and SAP"
    assert numbers.listing(["A", "B", "C", "D", "E", "F"]) == "A, B, C, D and 2 more"

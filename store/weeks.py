"""ISO weeks, named by their Monday: the only calendar of the figures. Days are read here too."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING

from store.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)


def week_of(created_at: pl.Expr) -> pl.Expr:
    """Monday (Date) of the ISO week that holds a UTC time."""
    return created_at.dt.truncate("1w").dt.date()


def parse_week(text: str) -> dt.date:
    """Monday of a week written "2025-W44". Raises UsageError."""
    match = _WEEK.fullmatch(text.strip())
    if match:
        try:
            return dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError:
            pass
    raise UsageError(f'"{text}" is not an ISO week. Write it like 2025-W44 (weeks run from W01 to W52 or W53).')


def parse_day(date: str | dt.date) -> dt.date:
    """A day that has one before it and one after it, written 2025-10-28 if it is a text. Raises UsageError."""
    try:
        day = dt.date.fromisoformat(date) if isinstance(date, str) else date
    except ValueError:
        raise UsageError(f'"{date}" is not a day. Write it like 2025-10-28.') from None
    if not dt.MINYEAR < day.year < dt.MAXYEAR:
        raise UsageError(f'"{date}" is at the end of the calendar: there is no day before it or after it to compare.')
    if isinstance(day, dt.datetime):
        # Without a zone it is no moment but a day with a time: the machine's zone has no say in it.
        return (day if day.tzinfo is None else day.astimezone(dt.UTC)).date()
    return day


@functools.lru_cache(maxsize=1_024)  # a page of posts asks for the same one a hundred times
def format_week(monday: dt.date) -> str:
    """The ISO week of any of its days, written 2025-W44."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def last_complete_week(now: dt.datetime) -> dt.date:
    """Monday of the newest week that is over at `now` (UTC-aware)."""
    today = now.astimezone(dt.UTC).date()
    return today - dt.timedelta(days=today.weekday() + 7)

"""When a platform may be asked again, as its headers say it: in seconds or as a date, by its clock, and not always in figures that make sense."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from collectors.wire.http import server_time

if TYPE_CHECKING:
    from collectors.wire.clock import Clock
    from collectors.wire.http import Headers


def retry_at(said: str | None, headers: Headers, clock: Clock) -> dt.datetime | None:
    """The time that a header such as Retry-After means, by a number of seconds or a date; None where it is neither, or beyond all time.

    `headers` are those of the same answer: a date is read by the clock that wrote it.
    """
    try:
        if (seconds := header_number(said)) is not None:
            return clock.now() + dt.timedelta(seconds=seconds)
        return by_our_clock(parsedate_to_datetime(said or "").astimezone(dt.UTC), headers, clock)
    except (OverflowError, ValueError):
        return None


def by_our_clock(moment: dt.datetime, headers: Headers, clock: Clock) -> dt.datetime:
    """A platform's time by the clock here: as far ahead of now as it was of the Date of its answer."""
    theirs = server_time(headers)
    try:
        return clock.now() + (moment - theirs) if theirs else moment
    except OverflowError:
        return moment


def header_number(said: str | None) -> float | None:
    """Digits, with or without a decimal point; None for anything else, also for what Python takes for a digit or a number, such as ² or 1e9."""
    figures = (said or "").strip()
    plain = figures.isascii() and figures.replace(".", "", 1).isdecimal()
    return float(figures) if plain else None

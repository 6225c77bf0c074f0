"""The forms in which files write times, as microseconds since 1970 UTC."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d*)?([eE]\+?\d{1,2})?")
# 20251028, which as seconds would lie in 1970.
_DAY = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?:\.0*)?")
_DATE_CHARS = 10
# A strptime format that says a time of day.
_SAYS_TIME = re.compile(r"(?:^|[^%])(?:%%)*%[HIcX]")
# Every zone has the same date then, so that no Monday falls into the week before.
_NOON = dt.timedelta(hours=12)
# "Wed Oct 29 10:00:00 +0000 2025", as X wrote until its second API.
_X_FORM = re.compile(r"\w{3} (\w{3}) (\d\d?) (\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d) (\d{4})")
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Largest number read as seconds, milliseconds, microseconds: each reaches the year 5138.
_UNITS = ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1))


@dataclass(frozen=True)
class TimeReader:
    """Reads one file's times."""

    timezone: str = "UTC"
    """Of times that carry none."""
    date_format: str | None = None
    """strptime format that is tried first."""

    def parse(self, values: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Strings → times (Datetime µs UTC, null where unreadable) and whether the time of day is unknown (Boolean).

        A date alone is taken as 12:00 UTC of that day.
        """
        zone = dt.UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)
        by_day = self.date_format is not None and not _SAYS_TIME.search(self.date_format)
        read = [(None, False) if value is None else self._one(value.strip(), zone, by_day) for value in values]
        times = pl.Series(values.name, [time for time, _ in read], pl.Int64)
        return times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), pl.Series(
            [day for _, day in read], dtype=pl.Boolean
        )

    def _one(self, value: str, zone: dt.tzinfo, by_day: bool) -> tuple[int | None, bool]:  # noqa: FBT001 - once per row
        try:
            if self.date_format:
                try:
                    time = dt.datetime.strptime(value, self.date_format)  # noqa: DTZ007 - zone follows
                    return (_noon(time), True) if by_day else (_microseconds(time, zone), False)
                except ValueError:
                    pass
            if value[4:5] != "-":  # nearly all are ISO: 2025-10-29…
                if match := _DAY.fullmatch(value):
                    value = "-".join(match.groups())
                elif _NUMBER.fullmatch(value):
                    number = float(value)
                    scale = next((scale for limit, scale in _UNITS if abs(number) < limit), None)
                    return (None if scale is None else round(number * scale)), False
                elif match := _X_FORM.fullmatch(value):
                    month, day, hour, minute, second, zone_hours, zone_minutes, year = match.groups()
                    value = f"{year}-{_MONTHS.index(month):02d}-{int(day):02d}T{hour}:{minute}:{second}{zone_hours}:{zone_minutes}"
            if value[-3:].upper() in ("UTC", "GMT"):
                value = value[:-3].rstrip()
                value = value if len(value) <= _DATE_CHARS else f"{value}+00:00"
            time = dt.datetime.fromisoformat(value)
            return (_noon(time), True) if len(value) <= _DATE_CHARS else (_microseconds(time, zone), False)
        except (ValueError, OverflowError):
            return None, False


def _noon(day: dt.datetime) -> int:
    return _microseconds(dt.datetime(day.year, day.month, day.day), dt.UTC) + _NOON // _MICROSECOND  # noqa: DTZ001 - zone follows


def _microseconds(time: dt.datetime, zone: dt.tzinfo) -> int:
    return ((time if time.tzinfo else time.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND

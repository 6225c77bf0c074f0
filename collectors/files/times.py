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
_DATE = r"^\s*\d{4}-\d\d-\d\d\s*$"
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
        """Strings → times (Datetime µs UTC, null where unreadable) and whether the time of day is unknown (Boolean)."""
        zone = dt.UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)
        parsed = [None if value is None else self._one(value.strip(), zone) for value in values.to_list()]
        dates_only = values.str.contains(_DATE).fill_null(value=False)
        times = pl.Series(values.name, parsed, pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        return times, dates_only

    def _one(self, value: str, zone: dt.tzinfo) -> int | None:
        try:
            if self.date_format:
                try:
                    return _microseconds(dt.datetime.strptime(value, self.date_format), zone)  # noqa: DTZ007 - zone follows
                except ValueError:
                    pass
            if value[4:5] != "-":  # nearly all are ISO: 2025-10-29…
                if _NUMBER.fullmatch(value):
                    number = float(value)
                    scale = next((scale for limit, scale in _UNITS if abs(number) < limit), None)
                    return None if scale is None else round(number * scale)
                if match := _X_FORM.fullmatch(value):
                    month, day, hour, minute, second, zone_hours, zone_minutes, year = match.groups()
                    value = f"{year}-{_MONTHS.index(month):02d}-{int(day):02d}T{hour}:{minute}:{second}{zone_hours}:{zone_minutes}"
            if value[-3:].upper() in ("UTC", "GMT"):
                value = f"{value[:-3].rstrip()}+00:00"
            return _microseconds(dt.datetime.fromisoformat(value), zone)
        except (ValueError, OverflowError):
            return None


def _microseconds(time: dt.datetime, zone: dt.tzinfo) -> int:
    return ((time if time.tzinfo else time.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND

"""The forms in which files write times, as microseconds since 1970 UTC."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from collectors.months import month_of

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
# What can be read in one way alone: 28.10.2025, "Oct 28, 2025 at 2:30 PM", "Tue, 28 Oct 2025 10:00 GMT". 3/4/2025 can't: it wants a date_format.
_CLOCK = r"(?:,? (?:at )?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?)?"
_CLEAR_FORMS = tuple(
    re.compile(form + _CLOCK, re.IGNORECASE)
    for form in (
        r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4})",
        r"(?P<name>[a-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
        r"(?:[a-z]{3,9},? )?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[ -](?P<name>[a-z]{3,9})\.?,?[ -](?P<year>\d{4})",
    )
)
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
                    value = f"{year}-{month_of(month):02d}-{int(day):02d}T{hour}:{minute}:{second}{zone_hours}:{zone_minutes}"
                elif match := next(filter(None, (form.fullmatch(value) for form in _CLEAR_FORMS)), None):
                    value = _iso(match)
            if value[-3:].upper() in ("UTC", "GMT"):
                value = value[:-3].rstrip()
                value = value if len(value) <= _DATE_CHARS else f"{value}+00:00"
            time = dt.datetime.fromisoformat(value)
            return (_noon(time), True) if len(value) <= _DATE_CHARS else (_microseconds(time, zone), False)
        except (ValueError, OverflowError):
            return None, False


def _iso(match: re.Match[str]) -> str:
    """A clear form as ISO writes it. Of a word that is no month's it is no date."""
    said = match.groupdict()
    month = month_of(said["name"]) if said.get("name") else int(said["month"])
    day = f"{said['year']}-{month:02d}-{int(said['day']):02d}"
    if said["hour"] is None:
        return day
    hour = int(said["hour"])
    if said["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(said["hour"])
        hour = hour % 12 + 12 * (said["half"].lower() == "p")
    zone = said["zone"] or ""
    return f"{day}T{hour:02d}:{said['minute']}:{said['second'] or '00'}{'+00:00' if zone.upper() in ('Z', 'UTC', 'GMT') else zone}"


def _noon(day: dt.datetime) -> int:
    return _microseconds(dt.datetime(day.year, day.month, day.day), dt.UTC) + _NOON // _MICROSECOND  # noqa: DTZ001 - zone follows


def _microseconds(time: dt.datetime, zone: dt.tzinfo) -> int:
    return ((time if time.tzinfo else time.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND

"""The cells of announcement lists: dates, counts and shares as people write them, company names."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from collectors.months import month_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# Each form of a date, as named groups. With slashes or dashes the list decides what comes first; with dots the day does.
_DATES = [
    re.compile(rf"(?<![\w./-]){form}(?![\d/])", re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)",
        r"(?P<first>\d{1,2})[/-](?P<second>\d{1,2})[/-](?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2})",
        r"(?P<name>[a-z]{3,9})\.?[\s-]+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(?P<year>\d{4})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?[\s-]+(?P<name>[a-z]{3,9})\.?,?[\s-]+(?P<year>\d{4}|\d{2})",
    )
]
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_SERIALS_START = dt.date(1899, 12, 30)  # day 0 of Excel, whose 1900 has a 29 February
_SPACES = "\u0020\u00a0\u2009\u202f"
_NUMBER = rf"(?:[1-9]\d{{0,2}}(?:[.,'’{_SPACES}]\d{{3}})+(?!\d)(?:[.,]\d{{1,2}}(?!\d))?|\d+(?:[.,]\d+)?)"
# One number, or the two of a range, and what it counts in.
_COUNT = re.compile(
    rf"(?<![\d.,])(?P<number>{_NUMBER})(?:\s*(?:-|–|to)\s*{_NUMBER})?\s*(?P<unit>%|percent|per cent|k\b|thousand|million)?",
    re.IGNORECASE,
)
_TIMES = {"k": 1_000, "thousand": 1_000, "million": 1_000_000}
_MOST_JOBS = 10_000_000  # no employer has as many: an id or a telephone number in the wrong column
_SHARE = re.compile(r"\d+(?:[.,]\d+)?")
_LEGAL = re.compile(
    r"[\s,]+(?:inc|incorporated|llc|l\.l\.c|corp|corporation|co|company|ltd|limited|lp|l\.p|llp|plc|gmbh|se|ag|n\.a|na|usa?)\.?$",
    re.IGNORECASE,
)
# What may follow a company's name in a register without making it another company: "Meta Platforms", but not "Meta Materials".
_GENERIC = frozenset(
    [
        "services",
        "service",
        "stores",
        "store",
        "platforms",
        "technologies",
        "technology",
        "web",
        "operations",
        "group",
        "holdings",
        "global",
        "international",
        "fulfillment",
        "us",
        "usa",
        "america",
        "americas",
        "north",
        "com",
        "worldwide",
        "software",
    ]
)


def read_date(cell: str, *, form: str | None = None, day_first: bool = False) -> dt.date | None:
    """The first date in a cell; None where there is none.

    Args:
        cell: "2023-03-14", "2023/03/14", "3/14/2023", "14.03.2023", "14-Mar-23", "March 14, 2023" or a spreadsheet's serial number such
            as 44999; words may follow.
        form: strptime format, tried first.
        day_first: how 3/4/2023 is read. 3/14/2023 and 14/3/2023 can be read in one way alone.
    """
    if date := _formed(cell, form):
        return date
    if serial := _SERIAL.fullmatch(cell):
        return _SERIALS_START + dt.timedelta(days=int(serial[1]))
    parts = _first_date(cell)
    if parts is None:
        return None
    if "first" in parts:
        numbers = [int(parts["first"]), int(parts["second"])]
        proven = proven_order(cell)
        day, month = numbers if (day_first if proven is None else proven) else numbers[::-1]
    else:
        day, month = int(parts["day"]), month_of(parts["name"]) if parts.get("name") else int(parts["month"])
    try:
        return dt.date(int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0), month, day)
    except ValueError:
        return None


def proven_order(cell: str, *, form: str | None = None) -> bool | None:
    """Whether a cell's date proves that the day comes first (14/3/2023), or that it doesn't (3/14/2023); None where it proves nothing."""
    numbers = _slashed(cell, form)
    return numbers[0] > numbers[1] if numbers and min(numbers) <= 12 < max(numbers) else None


def is_ambiguous(cell: str, *, form: str | None = None) -> bool:
    """Whether a cell is one date read month first and another read day first: 3/4/2023."""
    numbers = _slashed(cell, form)
    return numbers is not None and max(numbers) <= 12 and numbers[0] != numbers[1]


def _slashed(cell: str, form: str | None) -> tuple[int, int] | None:
    """The day and the month, in the order written, where the list decides which is which."""
    parts = None if _formed(cell, form) else _first_date(cell)
    return (int(parts["first"]), int(parts["second"])) if parts and "first" in parts else None


def _formed(cell: str, form: str | None) -> dt.date | None:
    try:
        return dt.datetime.strptime(cell, form).date() if form else None  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _first_date(cell: str) -> dict[str, str] | None:
    found = [match for pattern in _DATES if (match := pattern.search(cell))]
    return min(found, key=lambda match: match.start()).groupdict() if found else None


def read_jobs(cell: str) -> int | None:
    """The first count in a cell: "1,200", "1.200", "1 200", "200.0", "1.2k", "about 50", "1000+"; None for none and for 0.

    Of a range the lower end, so that no figure is overstated. A percentage is no count.
    """
    for match in _COUNT.finditer(cell):
        unit = (match["unit"] or "").lower()
        if unit == "%" or unit.startswith("per"):
            continue
        jobs = _number(match["number"]) * _TIMES.get(unit, 1)  # infinite from 309 digits on
        return round(jobs) or None if jobs <= _MOST_JOBS else None
    return None


def _number(text: str) -> float:
    """A number as people write it: a sign before three digits groups thousands, else it is a decimal point."""
    grouped = re.fullmatch(rf"([1-9]\d{{0,2}}(?:[.,'’{_SPACES}]\d{{3}})+)(?:[.,](\d{{1,2}}))?", text)
    if grouped:
        return float(re.sub(r"\D", "", grouped[1]) + f".{grouped[2] or 0}")
    return float(text.replace(",", "."))


def read_share(cell: str) -> float | None:
    """A share of the workforce, 0 to 1, from "0.4", "40%", "12,5 %" or "40"; None outside of that."""
    match = _SHARE.search(cell)
    if not match:
        return None
    value = float(match[0].replace(",", "."))
    value = value / 100 if is_percentage(cell) or value > 1 else value
    return value if 0 < value <= 1 else None


def is_percentage(cell: str) -> bool:
    """Whether a cell says that its number is a percentage."""
    return re.search(r"%|\bper ?cent\b", cell, re.IGNORECASE) is not None


def canonical_company(name: str, known: Mapping[str, str]) -> str:
    """The settings' name for a company where they know it, else the name as written.

    Args:
        name: as in the list, also a register's form such as "Amazon.com Services LLC".
        known: case-folded names and aliases → canonical names.
    """
    name = " ".join(name.split())
    short = name
    while (cut := _LEGAL.sub("", short).strip(" ,.")) != short:
        short = cut
    for form in (name, short):
        if found := known.get(form.casefold()):
            return found
    words = short.casefold().replace(".com", " com").replace(",", " ").split()
    for end in range(len(words) - 1, 0, -1):
        if all(word in _GENERIC for word in words[end:]) and (found := known.get(" ".join(words[:end]))):
            return found
    return name

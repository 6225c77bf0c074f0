"""The cells of announcement lists: dates month first, counts and shares as people write them, company names."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})")
_MONTH_FIRST = re.compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})\b")
_WRITTEN = re.compile(r"\b([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})\b")
_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
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


def read_date(cell: str) -> dt.date | None:
    """The first date in a cell, the month before the day unless it is ISO. None where there is none."""
    if match := _ISO.search(cell):
        year, month, day = (int(part) for part in match.groups())
    elif match := _MONTH_FIRST.search(cell):
        month, day, year = (int(part) for part in match.groups())
        year += 2000 if year < 100 else 0
    elif match := _WRITTEN.search(cell):
        name = match[1].lower()
        month, day, year = _MONTHS.index(name) if name in _MONTHS else 0, int(match[2]), int(match[3])
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def read_jobs(cell: str) -> int | None:
    """The first number in a cell ("1,200", "200.0", "about 50"); None for none and for 0."""
    match = _NUMBER.search(cell)
    return (round(float(match[0].replace(",", ""))) or None) if match else None


def read_share(cell: str) -> float | None:
    """A share of the workforce, 0 to 1, from "0.4", "40%" or "40"; None outside of that."""
    match = _NUMBER.search(cell)
    if not match:
        return None
    value = float(match[0].replace(",", ""))
    value = value / 100 if "%" in cell or value > 1 else value
    return value if 0 < value <= 1 else None


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

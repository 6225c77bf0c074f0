"""English names of months, as files and lists of announcements write them."""

from __future__ import annotations

from typing import Final

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def month_of(name: str) -> int:
    """1 to 12; 0, which no date has, for another word. "Sept" is the one short form of four letters."""
    short = "sep" if name.lower() == "sept" else name.lower()
    return next((number for number, month in enumerate(_MONTHS, 1) if short in (month, month[:3])), 0)

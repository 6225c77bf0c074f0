"""How numbers are written, everywhere in the report: one thousands separator, a true minus sign, no false precision."""

from __future__ import annotations

import datetime as dt

from reports.changes import CLEAR_P
from store import format_week

MINUS = "\u2212"
NBSP = "\u00a0"  # keeps a number and its unit on one line
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def count(value: float) -> str:
    """14000 → "14,000"."""
    return f"{value:,.0f}".replace("-", MINUS)


def plural(value: int, noun: str, nouns: str | None = None) -> str:
    """1 → "1 reaction", 2 → "2 reactions"."""
    return f"{count(value)}{NBSP}{noun if value == 1 else nouns or noun + 's'}"


def signed(value: float | None, *, decimals: int = 0) -> str:
    """Points with a sign where it matters: "−36", "+12", "0"; "–" for no value."""
    if value is None:
        return "–"
    rounded = round(value, decimals)
    text = f"{abs(rounded):.{decimals}f}"
    return text if rounded == 0 else (MINUS if rounded < 0 else "+") + text


def change(value: float) -> str:
    """Like "−36 points", "+1 point"."""
    return f"{signed(value)}{NBSP}{'point' if abs(round(value)) == 1 else 'points'}"


def interval(low: float | None, high: float | None) -> str:
    """Like "−44 to −28". A bound that would round to 0 and hide its sign gets a decimal: "−3.4 to −0.3"."""
    if low is None or high is None:
        return "–"
    hides = any(bound != 0 and round(bound) == 0 for bound in (low, high)) and low * high > 0
    decimals = 1 if hides else 0
    return f"{signed(low, decimals=decimals)} to {signed(high, decimals=decimals)}"


def percent(share: float | None) -> str:
    """0.204 → "20 %"; a share that is not 0 never reads as 0."""
    if share is None:
        return "–"
    if 0 < share < 0.005:
        return f"<{NBSP}1{NBSP}%"
    return f"{share * 100:.0f}{NBSP}%"


def p_value(value: float) -> str:
    """Like "p < 0.001", "p = 0.03", "p = 0.048": rounding never lifts it to 0.05, below which a change is clear."""
    if value < 0.001:
        return f"p{NBSP}<{NBSP}0.001"
    decimals = 3 if value < 0.01 else 2
    while value < CLEAR_P <= round(value, decimals):
        decimals += 1
    return f"p{NBSP}={NBSP}{value:.{decimals}f}"


def ratio(value: float | None) -> str:
    """Times as many: "×4.2", "×12"; "–" for no value."""
    if value is None:
        return "–"
    return f"×{value:.1f}" if value < 10 else f"×{count(value)}"


def day(date: dt.date, *, year: bool = False) -> str:
    """Like "28 Oct" or "28 Oct 2025"."""
    text = f"{date.day}{NBSP}{MONTHS[date.month - 1]}"
    return f"{text}{NBSP}{date.year}" if year else text


def days(first: dt.date, last: dt.date) -> str:
    """Like "27 Oct – 2 Nov 2025"."""
    return f"{day(first, year=first.year != last.year)} – {day(last, year=True)}"


def week(monday: dt.date) -> str:
    """Like "2025-W44 (27 Oct – 2 Nov 2025)"."""
    return f"{format_week(monday)} ({days(monday, monday + dt.timedelta(days=6))})"


def listing(items: list[str], *, at_most: int = 4) -> str:
    """Like "Meta, SAP and Intel", "Meta, SAP, Intel, Gap and 3 more"."""
    if len(items) > at_most:
        items = [*items[:at_most], f"{len(items) - at_most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"

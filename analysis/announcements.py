"""Which announcements figures and reports go by: those of the settings and of lists, each told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from analysis.schemas import KNOWN_EVENTS

if TYPE_CHECKING:
    import datetime as dt

_DAYS_APART: Final = 7  # the press is often a day or two ahead; a list may date by its own entry
_SIZES_APART: Final = 0.05  # "some 14,000" and 14,127

Event = dict[str, Any]


def known_events(configured: pl.DataFrame, listed: pl.DataFrame, *, until: dt.date | None = None) -> pl.DataFrame:
    """Every announcement once, and at most one per company and day.

    Two rows tell of the same announcement where they name the same company and, within seven days, about the same number of
    jobs (within 5 %; where either gives none, the same share of staff within 5 %). Of those the settings' own stands, else what
    was announced before what took effect or was reported, else the larger, else the earlier. Of several that one day leaves, the
    settings' own stands, else the largest.

    Args:
        configured: EVENTS of the settings.
        listed: EVENTS of the store.
        until: the last day that is known; what comes later says nothing about what came before. None: all days.

    Returns:
        KNOWN_EVENTS, newest first.
    """
    rows = pl.concat([configured.with_columns(own=pl.lit(True)), listed.with_columns(own=pl.lit(False))])
    if until is not None:
        rows = rows.filter(pl.col("date") <= until)
    by_size = {"jobs": True, "share": True}
    ranked = _sorted(rows, {"own": True, "stage": False, **by_size, "date": False, "location": False})
    told: dict[str, list[Event]] = {}
    for row in ranked.iter_rows(named=True):
        others = told.setdefault(row["company"], [])
        if not any(_same(row, other) for other in others):
            others.append(row)
    once = pl.DataFrame([row for rows_of_one in told.values() for row in rows_of_one], schema=rows.schema)
    largest = _sorted(once, {"own": True, **by_size, "stage": False, "location": False})
    best = largest.unique(["company", "date"], keep="first", maintain_order=True)
    return best.select(KNOWN_EVENTS.names()).sort(["date", "company"], descending=[True, False])


def _sorted(rows: pl.DataFrame, order: dict[str, bool]) -> pl.DataFrame:
    """`order`: column → whether the largest comes first. What is not known comes last; stages follow the alphabet: announced, effective, reported."""
    return rows.sort(list(order), descending=list(order.values()), nulls_last=True)


def _same(one: Event, other: Event) -> bool:
    if abs((one["date"] - other["date"]).days) > _DAYS_APART:
        return False
    for size in ("jobs", "share"):
        if one[size] is not None and other[size] is not None:
            return bool(abs(one[size] - other[size]) <= _SIZES_APART * max(one[size], other[size]))
    return False

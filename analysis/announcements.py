"""Which announcements figures and reports go by: those of the settings, and what lists add to them."""

from __future__ import annotations

from typing import Final

import polars as pl

from store import EVENTS

_DAYS_APART: Final = 7  # the press is often a day or two ahead; a list may date by its own entry
_SIZES_APART: Final = 0.05  # "some 14,000" and 14,127


def known_events(configured: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """The events of the settings, and those of lists that tell of something else.

    A list tells the same as the settings where it names the same company and day, or, within seven days, about the same number of jobs
    (within 5 %; where either gives none, the same share of staff within 5 %). The settings' date and words stand then.

    Args:
        configured: EVENTS of the settings.
        listed: EVENTS of the store.

    Returns:
        EVENTS, newest first.
    """
    numbered = listed.with_row_index("number")
    pairs = numbered.join(configured, on="company", suffix="_set")
    days = (pl.col("date") - pl.col("date_set")).dt.total_days().abs()
    same_size = pl.coalesce(_close("jobs"), _close("share")).fill_null(value=False)
    told = pairs.filter((days == 0) | ((days <= _DAYS_APART) & same_size))
    others = numbered.join(told, on="number", how="anti").select(EVENTS.names())
    return pl.concat([configured, others]).sort(["date", "company"], descending=[True, False])


def _close(size: str) -> pl.Expr:
    """Whether both give about the same; null where one doesn't say."""
    one, other = pl.col(size), pl.col(f"{size}_set")
    return (one - other).abs() <= _SIZES_APART * pl.max_horizontal(one, other)

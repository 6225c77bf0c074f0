"""What every chart is: words made from its data, the plotted values, and a function that draws."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from reports.changes import FEWEST_SHOWN
from reports.names import platforms
from reports.numbers import count, days, week

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.canvas import Canvas
    from reports.data import ReportData

NET_TOP = 100.0
"""The axis of net sentiment always runs from −100 to +100, so that two weeks' images can be laid side by side."""


@dataclass(frozen=True)
class Chart:
    """One chart, not yet drawn."""

    name: str
    """File name without ending."""
    title: str
    """The finding, at most ten words beside a name."""
    measure: str
    """What is measured, in which unit."""
    scope: str
    """Platforms and dates."""
    note: str
    """How to tell what is sure; may be empty."""
    source: str
    """Platforms, window, n, model revision."""
    alt: str
    """What the chart shows, for those who don't see it."""
    values: pl.DataFrame
    """What is plotted."""
    draw: Callable[[Canvas], None]

    @property
    def subtitle(self) -> str:
        """Measure, unit, platforms, dates, for an image that stands alone."""
        return " · ".join(part for part in (self.measure, self.scope, self.note) if part)


def without_few(frame: pl.DataFrame) -> pl.DataFrame:
    """The values of a chart, less what groups of very few reactions would give away: only their number stays."""
    told = pl.col("^(share|net)_.*$|^n_(negative|neutral|positive)$")
    return frame.with_columns(pl.when(pl.col("n") >= FEWEST_SHOWN).then(told))


def windows_without_few(rows: pl.DataFrame) -> pl.DataFrame:
    """The same for EVENT_STUDY, whose rows compare two groups: a change would give away the level of the smaller."""
    before, after = pl.col("n_before") >= FEWEST_SHOWN, pl.col("n_after") >= FEWEST_SHOWN
    both = (pl.col("n_before_compared") >= FEWEST_SHOWN) & (pl.col("n_after_compared") >= FEWEST_SHOWN)
    return rows.with_columns(
        pl.when(before).then("net_before"),
        pl.when(after).then("net_after"),
        pl.when(both).then(pl.col("net_change", "change_low", "change_high", "days_to_half_recovery", "days_followed")),
    )


def window(data: ReportData) -> tuple[dt.date, dt.date]:
    """First Monday and last Sunday of the trend."""
    first = min([data.week, *data.overall["week"]])
    return first, data.week + dt.timedelta(days=6)


def found_on(data: ReportData, *, trend: bool) -> str:
    """The platforms with posts in the reported week, or in the whole trend."""
    rows = data.coverage.filter(pl.col("posts") > 0)
    if not trend:
        rows = rows.filter(pl.col("week") == data.week)
    return platforms(rows["source"].to_list())


def source_line(data: ReportData, *, n: int, trend: bool, dates: str | None = None, counted: str = "") -> str:
    """Like "Source: Reddit and X, 27 Oct – 2 Nov 2025; n = 412 reactions; model ab12cd".

    `dates` where the figures are of other days than the chart's window, `counted` where n needs a word on how it is counted.
    """
    dates = dates or (days(*window(data)) if trend else week(data.week))
    return f"Source: {found_on(data, trend=trend)}, {dates}; n = {count(n)} reactions{counted}; model {data.model_revision}; {data.title}"

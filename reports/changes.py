"""Which changes against the week before are clear, and who is in the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import datetime as dt

    from reports.settings import ReportSettings

CLEAR_P = 0.05
ALL = "All companies"
FEWEST_SHOWN = 5
"""Groups of fewer reactions are only counted: shares of so few say nothing, and would point at persons."""


@dataclass(frozen=True)
class Change:
    """One company's reported week against the week before."""

    company: str
    n_before: int
    n: int
    net_before: float | None
    net: float | None
    change: float | None
    low: float | None
    high: float | None
    p: float | None
    """Corrected for the number of companies compared (Holm)."""
    test: str
    """Its short name; the method page gives the full one."""
    enough: bool
    compared: int
    """Companies that the correction counts."""

    @property
    def spans_zero(self) -> bool:
        """The interval holds 0, or there is none."""
        return self.low is None or self.high is None or self.low <= 0 <= self.high

    @property
    def differs_from_levels(self) -> bool:
        """The two weeks' own figures, as shown, are further or less apart than the change by more than rounding."""
        if self.net is None or self.net_before is None or self.change is None:
            return False
        return abs(round(self.net) - round(self.net_before) - round(self.change)) > 1

    @property
    def clear(self) -> bool:
        """Enough reactions in both weeks, on platforms that both have, an interval without 0, and a p that survives the correction."""
        return self.enough and not self.spans_zero and (self.p is None or self.p < CLEAR_P)


def changes(comparisons: pl.DataFrame) -> dict[str, Change]:
    """Company → change. Picking the largest of many changes finds one by chance, hence the corrected p."""
    tested = comparisons.filter(pl.col("enough") & pl.col("change").is_not_null()).height
    return {row["company"]: _change(row, compared=tested) for row in comparisons.iter_rows(named=True)}


def overall(change: pl.DataFrame) -> Change | None:
    """The change of all companies together, from a frame of one row or none. One test needs no correction."""
    return _change({"company": ALL, **change.row(0, named=True)}, compared=1) if change.height else None


def _change(row: dict[str, Any], *, compared: int) -> Change:
    values = {
        name: row[name] for name in ("company", "n_before", "n", "change", "low", "high", "net_before", "net", "enough")
    }
    return Change(**values, p=row["p_holm"], test=row["test"].split(" of ")[0], compared=compared)


def with_page(companies: list[str], weekly: pl.DataFrame, *, settings: ReportSettings) -> list[str]:
    """Those of the selected that have enough reactions in some week of the trend, or are pinned: the rest is compared only."""
    known = set(weekly.filter(pl.col("enough"))["company"])
    return [name for name in companies if name in known or name in settings.pinned]


def selected(weekly: pl.DataFrame, *, week: dt.date, settings: ReportSettings) -> list[str]:
    """Companies in the report: those with most reactions in the week, then those pinned by the settings."""
    found = (
        weekly.filter((pl.col("week") == week) & (pl.col("n") > 0))
        .sort(["n", "company"], descending=[True, False])["company"]
        .to_list()
    )
    chosen = found[: settings.companies_per_report]
    return chosen + [name for name in settings.pinned if name not in chosen]

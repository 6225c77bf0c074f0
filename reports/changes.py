"""Which changes against the week before are clear, and who is in the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import datetime as dt

    from reports.settings import ReportSettings

CLEAR_P = 0.05


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
    enough: bool
    compared: int
    """Companies that the correction counts."""

    @property
    def spans_zero(self) -> bool:
        """The interval holds 0, or there is none."""
        return self.low is None or self.high is None or self.low <= 0 <= self.high

    @property
    def clear(self) -> bool:
        """Enough reactions in both weeks, an interval without 0, and a p that survives the correction."""
        return self.enough and not self.spans_zero and (self.p is None or self.p < CLEAR_P)


def changes(comparisons: pl.DataFrame) -> dict[str, Change]:
    """Company → change. Picking the largest of many changes finds one by chance, hence Holm's correction of p."""
    tested = comparisons.filter(pl.col("enough") & pl.col("change").is_not_null())
    corrected = holm({row["company"]: row["p"] for row in tested.iter_rows(named=True) if row["p"] is not None})
    return {
        row["company"]: Change(**(row | {"p": corrected.get(row["company"], row["p"])}), compared=tested.height)
        for row in comparisons.iter_rows(named=True)
    }


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Holm's step-down correction: p times the number of hypotheses not yet passed, never decreasing, at most 1."""
    corrected: dict[str, float] = {}
    floor = 0.0
    for passed, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: (item[1], item[0]))):
        floor = max(floor, min(1.0, p * (len(p_values) - passed)))
        corrected[name] = floor
    return corrected


def selected(weekly: pl.DataFrame, *, week: dt.date, settings: ReportSettings) -> list[str]:
    """Companies with a page: those with most reactions in the week, then those pinned by the settings."""
    found = (
        weekly.filter((pl.col("week") == week) & (pl.col("n") > 0))
        .sort(["n", "company"], descending=[True, False])["company"]
        .to_list()
    )
    chosen = found[: settings.companies_per_report]
    return chosen + [name for name in settings.pinned if name not in chosen]

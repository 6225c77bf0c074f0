"""Reports of a few given figures, and the sentences that they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from analysis import CHANGES, COVERAGE, KNOWN_EVENTS
from reports import ReportData, ReportSettings
from reports.findings import front_findings
from tests.reports.sample import WEEK, figures, frame, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTINGS = ReportSettings()
NO_EVENTS = pl.DataFrame(schema=KNOWN_EVENTS)
NO_COVERAGE = pl.DataFrame(schema=COVERAGE)


def change(
    company: str,
    *,
    move: float = -36.0,
    low: float = -44.0,
    high: float = -28.0,
    p: float = 0.0001,
    enough: bool = True,
    n: int = 412,
) -> dict[str, Any]:
    """A row of comparisons."""
    return {
        "company": company, "n_before": 200, "n": n, "net_before": -16.0, "net": -16.0 + move, "change": move,
        "low": low, "high": high, "p": p, "p_holm": p, "test": "Monte Carlo test of the difference", "enough": enough,
    }  # fmt: skip


def data(
    *,
    changes: Sequence[dict[str, Any]] = (),
    weekly: Sequence[tuple[str, dict[str, Any]]] = (),
    overall: dict[str, Any] | None = None,
    **overrides: Any,
) -> ReportData:
    """A report of nothing but what is given."""
    values = {
        "overall_change": pl.DataFrame(schema=CHANGES),
        "comparisons": pl.DataFrame(list(changes), schema={"company": pl.String, **CHANGES}),
        "weekly": frame([{"company": name, "week": WEEK, **row} for name, row in weekly], "company", "week"),
        "overall": frame([{"week": WEEK, **(overall or figures(500, net=-30))}], "week"),
        "events": NO_EVENTS,
        "coverage": NO_COVERAGE,
    }
    return sample(names=("Amazon",), **(values | overrides))


def sentences(report: ReportData) -> dict[str, str]:
    """The front page's, by their kind."""
    return {finding.kind: finding.text.replace("\u00a0", " ") for finding in front_findings(report, settings=SETTINGS)}


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Announcements of Amazon on the week's Monday, but for what is given."""
    usual = {"company": "Amazon", "date": WEEK, "jobs": 14_000, "reason": "AI", "stage": "announced", "own": False}
    return pl.DataFrame([usual | row for row in rows], schema=KNOWN_EVENTS)

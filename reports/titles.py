"""Titles: the finding in at most ten words, "No clear change" unless a change is clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from reports.changes import Change, changes
from reports.names import short_name
from reports.numbers import change, count, signed

if TYPE_CHECKING:
    from reports.data import ReportData

Row = dict[str, Any]


def figure(frame: pl.DataFrame, **keys: object) -> Row | None:
    """The row with these keys, or None."""
    rows = frame.filter(*(pl.col(name) == value for name, value in keys.items()))
    return rows.row(0, named=True) if rows.height else None


def headline(data: ReportData) -> str:
    """The front page's title: at most ten words beside a company's name."""
    found = changes(data.comparisons)
    compared = [c for c in found.values() if c.enough and c.change is not None]
    clear = by_size([c for c in compared if c.clear])
    overall = figure(data.overall, week=data.week)
    if overall is None or overall["n"] == 0:
        return "No reactions this week"
    if clear:
        return company_title(clear[0].company, net=clear[0].net, n=clear[0].n, enough=True, moved=clear[0])
    if compared:
        who = f"at {short_name(compared[0].company)}" if len(compared) == 1 else f"at any of {len(compared)} companies"
        return f"No clear change {who}"
    return level_title(ranked(data))


def ranked(data: ReportData) -> list[Row]:
    """The week's companies with enough reactions, most negative first."""
    now = data.weekly.filter((pl.col("week") == data.week) & pl.col("enough"))
    return now.sort("net_sentiment", "company").to_dicts()


def tied_with_first(rows: list[Row]) -> list[Row]:
    """Those of the ranked companies or groups whose interval overlaps that of the most negative one: not always its neighbours."""
    return [row for row in rows[1:] if row["net_low"] <= rows[0]["net_high"]]


def level_title(rows: list[Row], *, some: bool = False) -> str:
    """Who is most negative among companies (most negative first), or that the order is not sure. `some`: not all that can be ranked."""
    rows = [row for row in rows if row["enough"]]
    if not rows:
        return f"No company{' shown' if some else ''} has enough reactions this week"
    first = rows[0]
    name, net = short_name(first["company"]), signed(first["net_sentiment"])
    of = f" of {len(rows)} shown" if some else ""
    if len(rows) == 1:
        return f"Only {name}{' of those shown' if some else ''} has enough reactions: {net}"
    tied = tied_with_first(rows)
    if not tied:
        return f"{name} is most negative{of}, at {net}"
    if len(tied) + 1 == len(rows):
        return f"No clear order among {f'the {len(rows)} companies shown' if some else f'{len(rows)} companies'}"
    if len(tied) == 1:
        return f"{name} and {short_name(tied[0]['company'])} are most negative{of}"
    return f"{len(tied) + 1}{of or ' companies'} share the most negative place"


def company_title(company: str, *, net: float | None, n: int, enough: bool, moved: Change | None) -> str:
    """A company page's finding. "No clear change" unless the change is clear."""
    company = short_name(company)
    if n == 0 or net is None:
        return f"{company}: no reactions this week"
    if not enough:
        return f"{company}: too few reactions for a figure ({count(n)})"
    if moved is None or not moved.enough or moved.change is None:
        return f"{company}: net sentiment {signed(net)}, no comparable week before"
    if not moved.clear:
        return f"{company}: no clear change, net sentiment {signed(net)}"
    way = "down" if moved.change < 0 else "up"
    return f"{company}: net sentiment {way} {change(abs(moved.change)).lstrip('+')}, to {signed(net)}"


def by_size(found: list[Change]) -> list[Change]:
    """Largest change first, whatever its sign."""
    return sorted(found, key=lambda c: (-abs(c.change or 0.0), c.company))

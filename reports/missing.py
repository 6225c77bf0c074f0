"""What a report lacks, in sentences: holes of collection, and posts that nobody labelled yet."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from reports.names import source_name
from reports.numbers import count, listing, plural

if TYPE_CHECKING:
    from reports.data import ReportData

UNLABELLED: Final = 0.02
"""Of a source's week: a larger part moves its number of reactions by more than is worth telling."""


def uneven_sources(data: ReportData) -> list[str]:
    """Sources whose numbers can't be compared with the week before: holes or unlabelled posts in either, or posts in only one."""
    both = data.coverage.filter(pl.col("week").is_in([data.week, _before(data)]))
    weeks = both.group_by("source").agg(
        pl.col("gaps").sum(),
        (pl.col("posts") > 0).sum().alias("weeks"),
        (pl.col("posts") - pl.col("labelled") > UNLABELLED * pl.col("posts")).any().alias("unlabelled"),
    )
    uneven = weeks.filter((pl.col("gaps") > 0) | (pl.col("weeks") == 1) | pl.col("unlabelled"))
    return [source_name(source) for source in uneven["source"].sort()]


def missing(data: ReportData) -> list[str]:
    """What is missing from the weeks shown, as sentences; the charts' earlier weeks lack what isn't labelled too."""
    now = data.coverage.filter(pl.col("week") == data.week)
    before = data.coverage.filter(pl.col("week") == _before(data))
    earlier = data.coverage.filter(pl.col("week") < _before(data))
    texts = []
    if names := _holes(now):
        texts.append(f"Collection has known holes this week: {listing(names)}. Posts are missing from these figures.")
    if names := _holes(before):
        texts.append(f"Collection has known holes in the week before: {listing(names)}.")
    weeks = (("this week", now), ("the week before", before), ("earlier weeks", earlier))
    unlabelled = [(name, n) for name, rows in weeks if (n := int((rows["posts"] - rows["labelled"]).sum()))]
    if unlabelled:
        (first, n), *others = unlabelled
        told = listing([f"{plural(n, 'post')} of {first}", *(f"{count(n)} of {name}" for name, n in others)])
        are = "is" if n == 1 and not others else "are"
        texts.append(f"{told} {are} not labelled yet and missing here.")
    return texts


def _before(data: ReportData) -> dt.date:
    return data.week - dt.timedelta(days=7)


def _holes(coverage: pl.DataFrame) -> list[str]:
    gaps = coverage.filter(pl.col("gaps") > 0).sort("source")
    return [f"{source_name(row['source'])} ({plural(row['gaps'], 'gap')})" for row in gaps.iter_rows(named=True)]

"""What changed after an announcement: 28 days before it against 1, 7 and 28 days from it on. After, not because of."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.compare import difference_of
from analysis.figures import counts
from analysis.intervals import error_model
from analysis.recovery import between, half_recovery
from analysis.schemas import EVENT_STUDY, MENTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.classifier import Quality
    from analysis.intervals import ErrorModel
    from analysis.recovery import Counts

BASELINE_DAYS: Final = 28
WINDOWS: Final = (1, 7, 28)
#: A week this many days after an announcement still has its longest window in it.
REACH_DAYS: Final = max(WINDOWS)
_FEWEST_DAYS_BEFORE: Final = 7  # on which a platform was collected; fewer are no level to hold anything against
_FEWEST_OF_WINDOW: Final = 0.5  # of the window's days


def event_study(
    mentions: pl.LazyFrame | pl.DataFrame,
    events: pl.DataFrame,
    *,
    quality: Quality | None,
    now: dt.datetime,
    min_posts: int = 30,
    windows: Sequence[int] = WINDOWS,
) -> pl.DataFrame:
    """Volume and net sentiment after each event, compared with the 28 days before it (UTC days).

    Compared are the platforms that have reactions on both sides and were collected on at least 7 days before and on half of
    the window's days. A platform counts as collected on a day with any mention, of whatever company or kind. Volume is per
    day on which its platform was collected, before and after, so that a hole is no change.

    Args:
        mentions: MENTIONS.
        events: EVENTS, at least company and date; a company's events of one day are one.
        quality: the classifier's measured errors.
        now: UTC-aware. Of a window that is not over, only the reactions so far are given.
        min_posts: fewer reactions before than this give no volume ratio; with fewer on either side or in a trailing week, no
            recovery is sought.
        windows: in days, from the event's day on.

    Returns:
        EVENT_STUDY, sorted by company, date and window. Days to half recovery count from the event's day to the end of a week,
        are sought once the window is over, for half a year, and only where net sentiment clearly fell: the interval of the
        change excludes zero (`analysis.recovery`).
    """
    model = error_model(quality)
    wanted = events.select("company", "date").unique().sort("company", "date")
    by_company = _by_day(mentions.lazy(), wanted["company"].unique().to_list()).partition_by("company", as_dict=True)
    nothing = _by_day(pl.LazyFrame(schema=MENTIONS), [])
    collected = mentions.lazy().select("source", day=pl.col("created_at").dt.date()).unique().collect()
    studied = [
        row
        for company, date in wanted.iter_rows()
        for row in _study(
            by_company.get((company,), nothing),
            company=company,
            date=date,
            windows=windows,
            collected=collected,
            model=model,
            today=now.astimezone(dt.UTC).date(),
            min_posts=min_posts,
        )
    ]
    return pl.DataFrame(studied, schema=EVENT_STUDY)


def _by_day(mentions: pl.LazyFrame, companies: Sequence[str]) -> pl.DataFrame:
    """Counts per company, platform and day."""
    chosen = mentions.filter(pl.col("company").is_in(companies))
    # `counts` groups by week: here a day is one.
    return counts(chosen.with_columns(pl.col("created_at").dt.date().alias("week")), by=("company",)).rename(
        {"week": "day"}
    )


def _covered(collected: pl.DataFrame, date: dt.date, *, window: int) -> dict[str, tuple[int, int]]:
    """Collected days before and in the window, of each platform that was collected long enough on both sides."""
    within = (pl.col("day") - date).dt.total_days()
    before, after = within.is_between(-BASELINE_DAYS, -1), within.is_between(0, window - 1)
    found = collected.group_by("source").agg(before.sum().alias("before"), after.sum().alias("after"))
    enough = (pl.col("before") >= _FEWEST_DAYS_BEFORE) & (pl.col("after") >= window * _FEWEST_OF_WINDOW)
    return {source: (before, after) for source, before, after in found.filter(enough).sort("source").iter_rows()}


def _study(
    days: pl.DataFrame,
    *,
    company: str,
    date: dt.date,
    windows: Sequence[int],
    collected: pl.DataFrame,
    model: ErrorModel,
    today: dt.date,
    min_posts: int,
) -> list[dict[str, object]]:
    baseline = between(days, date - dt.timedelta(days=BASELINE_DAYS), BASELINE_DAYS)
    before = model.estimate(baseline)
    rows = []
    for window in windows:
        counted = between(days, date, window)
        row: dict[str, object] = {
            "company": company,
            "event_date": date,
            "window_days": window,
            "n_before": _size(baseline),
            "n_after": _size(counted),
            "net_before": before.net if before else None,
        }
        if date + dt.timedelta(days=window) <= today:
            after = model.estimate(counted)
            row["net_after"] = after.net if after else None
            covered = _covered(collected, date, window=window)
            both = [
                platform for platform in covered if sum(counted.get(platform, ())) and sum(baseline.get(platform, ()))
            ]
            row |= _compared(
                days, {p: counted[p] for p in both}, {p: baseline[p] for p in both},
                covered=covered, date=date, window=window, model=model, today=today, min_posts=min_posts,
            )  # fmt: skip
        rows.append({**dict.fromkeys(EVENT_STUDY), **row})
    return rows


def _compared(
    days: pl.DataFrame,
    counted: Counts,
    baseline: Counts,
    *,
    covered: dict[str, tuple[int, int]],
    date: dt.date,
    window: int,
    model: ErrorModel,
    today: dt.date,
    min_posts: int,
) -> dict[str, object]:
    """What the two sides say of each other, on the same platforms."""
    n_before, n_after = _size(baseline), _size(counted)
    row: dict[str, object] = {"n_before_compared": n_before, "n_after_compared": n_after}
    if n_before >= min_posts:
        usual = sum(sum(values) / covered[platform][0] for platform, values in baseline.items())
        since = sum(sum(values) / covered[platform][1] for platform, values in counted.items())
        row["volume_ratio"] = since / usual
    matched = model.matched(counted, baseline)
    if matched:
        change, low, high, _ = difference_of(*matched)
        row |= {"net_change": change, "change_low": low, "change_high": high}
        if high < 0 and min(n_before, n_after) >= min_posts:
            row["days_to_half_recovery"], row["days_followed"] = half_recovery(
                days.filter(pl.col("platform").is_in(list(baseline))),
                date, baseline=baseline, fallen=counted, window=window, model=model, today=today, min_posts=min_posts,
            )  # fmt: skip
    return row


def _size(counted: Counts) -> int:
    return sum(sum(values) for values in counted.values())

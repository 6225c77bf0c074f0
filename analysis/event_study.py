"""What changed after an announcement: 28 days before it against 1, 7 and 28 days from it on. After, not because of."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.compare import difference_of
from analysis.figures import counts, per_platform
from analysis.intervals import error_model
from analysis.schemas import EVENT_STUDY, MENTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.classifier import Quality
    from analysis.intervals import ErrorModel

BASELINE_DAYS: Final = 28
WINDOWS: Final = (1, 7, 28)
_FEWEST_COVERED: Final = 7  # days; a baseline of fewer is no level to hold volume against
_TRAILING_DAYS: Final = 7
_FEWEST_TRAILING: Final = 10  # reactions; fewer say nothing about recovery
_LOOK_AHEAD_DAYS: Final = 182


def event_study(
    mentions: pl.LazyFrame | pl.DataFrame,
    events: pl.DataFrame,
    *,
    quality: Quality | None,
    now: dt.datetime,
    windows: Sequence[int] = WINDOWS,
) -> pl.DataFrame:
    """Volume and net sentiment after each event, compared with the 28 days before it (UTC days).

    Volume before is per covered day: from the first day of those 28 on which any mention at all was made, of whatever
    company or kind, since days before collection began are no quiet days.

    Args:
        mentions: MENTIONS.
        events: EVENTS, at least company and date; a company's events of one day are one.
        quality: the classifier's measured errors.
        now: UTC-aware. Of a window that is not over, only the reactions so far are given.
        windows: in days, from the event's day on.

    Returns:
        EVENT_STUDY, sorted by company, date and window. The volume ratio is null where fewer than 7 days before the event
        are covered. Days to half recovery count from the event's day, are sought once the window is over, for half a
        year, and only where net sentiment clearly fell: the interval of the change excludes zero.
    """
    model = error_model(quality)
    wanted = events.select("company", "date").unique().sort("company", "date")
    by_company = _by_day(mentions.lazy(), wanted["company"].unique().to_list()).partition_by("company", as_dict=True)
    nothing = _by_day(pl.LazyFrame(schema=MENTIONS), [])
    seen = mentions.lazy().select(pl.col("created_at").dt.date().unique()).collect()["created_at"]
    studied = [
        row
        for company, date in wanted.iter_rows()
        for row in _study(
            by_company.get((company,), nothing),
            company=company,
            date=date,
            windows=windows,
            covered=_covered(seen, date),
            model=model,
            now=now,
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


def _covered(seen: pl.Series, date: dt.date) -> int:
    """Days of the baseline since its first one on which anything was collected."""
    within = [day for day in seen if date - dt.timedelta(days=BASELINE_DAYS) <= day < date]
    return (date - min(within)).days if within else 0


def _study(
    days: pl.DataFrame,
    *,
    company: str,
    date: dt.date,
    windows: Sequence[int],
    covered: int,
    model: ErrorModel,
    now: dt.datetime,
) -> list[dict[str, object]]:
    today = now.astimezone(dt.UTC).date()
    baseline = _between(days, date - dt.timedelta(days=BASELINE_DAYS), BASELINE_DAYS)
    n_before, before = _size(baseline), model.estimate(baseline, sample=1)
    known = n_before > 0 and covered >= _FEWEST_COVERED
    rows = []
    for window in windows:
        counted = _between(days, date, window)
        n_after, over = _size(counted), date + dt.timedelta(days=window) <= today
        after = model.estimate(counted) if over else None
        row: dict[str, object] = {
            "company": company,
            "event_date": date,
            "window_days": window,
            "n_before": n_before,
            "n_after": n_after,
            "volume_ratio": (n_after / window) / (n_before / covered) if known and over else None,
            "net_before": before.net if before else None,
            "net_after": after.net if after else None,
        }
        matched = model.pair(counted, baseline) if over else None
        if before and matched:
            change, low, high, _ = difference_of(*matched)
            row |= {"net_change": change, "change_low": low, "change_high": high}
            if high < 0:
                half = before.net + change / 2
                row["days_to_half_recovery"] = _recovered(
                    days, date, after_days=window, level=half, model=model, today=today
                )
        rows.append({**dict.fromkeys(EVENT_STUDY), **row})
    return rows


def _recovered(
    days: pl.DataFrame, date: dt.date, *, after_days: int, level: float, model: ErrorModel, today: dt.date
) -> int | None:
    """Days from the event to the first one whose trailing week, all of it after the event, is back at `level`."""
    for passed in range(max(after_days, _TRAILING_DAYS), _LOOK_AHEAD_DAYS + 1):
        end = date + dt.timedelta(days=passed)
        if end > today:
            return None
        trailing = _between(days, end - dt.timedelta(days=_TRAILING_DAYS), _TRAILING_DAYS)
        estimate = model.estimate(trailing)
        if estimate is not None and _size(trailing) >= _FEWEST_TRAILING and estimate.net >= level:
            return passed
    return None


def _between(days: pl.DataFrame, first: dt.date, length: int) -> dict[str, tuple[int, int, int]]:
    """Counts per platform over `length` days."""
    chosen = days.filter(pl.col("day").is_between(first, first + dt.timedelta(days=length - 1)))
    return per_platform(chosen.group_by("platform").agg(pl.col("^n_.*$").sum()))


def _size(counted: dict[str, tuple[int, int, int]]) -> int:
    return sum(sum(values) for values in counted.values())

"""When half of a fall was made up: weeks after an event held against the fall itself, at one evidence, and only where it is clear."""

from __future__ import annotations

import datetime as dt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

from analysis.figures import per_platform
from analysis.intervals import shared

if TYPE_CHECKING:
    from analysis.intervals import ErrorModel

Counts: TypeAlias = dict[str, tuple[int, int, int]]
"""Platform → negative, neutral, positive."""

_WEEK: Final = 7
_FEWEST_DAYS: Final = 4  # with reactions; a burst of one day is no week
_LOOKS: Final = 26
# The first of so many weeks that seems to be back would be one by chance, so each is tested at its part of 5 % (Bonferroni). By a
# normal tail: two thousand draws hold too few that far out.
_CLEAR: Final = NormalDist().inv_cdf(1 - 0.05 / _LOOKS)


def half_recovery(
    days: pl.DataFrame,
    date: dt.date,
    *,
    baseline: Counts,
    fallen: Counts,
    window: int,
    model: ErrorModel,
    today: dt.date,
    min_posts: int,
) -> tuple[int | None, int | None]:
    """Days from the event to the end of the first week after it that was clearly half-way back, and of the last that could tell.

    Weeks are counted from the event and don't overlap. Each is held against the middle of the baseline and the `window` days
    of the fall, all three on the same platforms and as so many posts as the smallest of them has: a small week is drawn
    towards the usual further than a large one, and would seem to recover as the talk dies down.

    Within the window a week must have been lower before: else the fall was still to come.
    """
    followed, seen_low = None, False
    reacted = pl.sum_horizontal("n_negative", "n_neutral", "n_positive") > 0
    for passed in range(_WEEK, _LOOKS * _WEEK + 1, _WEEK):
        if date + dt.timedelta(days=passed) > today:
            break
        start = date + dt.timedelta(days=passed - _WEEK)
        trailing = between(days, start, _WEEK)
        with_reactions = within(days, start, _WEEK).filter(reacted)["day"].n_unique()
        smallest = min(sum(sizes.values()) for sizes in shared(trailing, fallen, baseline))
        matched = model.matched(trailing, fallen, baseline)
        if not matched or smallest < min_posts or with_reactions < _FEWEST_DAYS:
            continue
        followed = passed
        now, low, before = (estimate.net_draws for estimate in matched)
        above = now - (low + before) / 2
        if above.mean() < 0:
            seen_low = True
        elif above.mean() > _CLEAR * above.std() and (seen_low or passed >= window):
            return passed, passed
    return None, followed


def within(days: pl.DataFrame, first: dt.date, length: int) -> pl.DataFrame:
    """The rows of `length` days."""
    return days.filter(pl.col("day").is_between(first, first + dt.timedelta(days=length - 1)))


def between(days: pl.DataFrame, first: dt.date, length: int) -> Counts:
    """Counts per platform over `length` days."""
    return per_platform(within(days, first, length).group_by("platform").agg(pl.col("^n_.*$").sum()))

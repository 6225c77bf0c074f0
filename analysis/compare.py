"""Differences between weeks, each with its interval, a named test and Holm's correction."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.figures import GROUPINGS, counts, known_errors, per_platform
from analysis.intervals import TRUSTED_POSTS, Estimate, interval_of, shared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from analysis.classifier import Quality
    from analysis.schemas import Columns

NET_TEST: Final = "Monte Carlo test of the difference of adjusted net sentiment within platforms, two-sided"

# With fewer draws than this beyond zero (p below 1 %) they are too few to count: the tail is that of a normal distribution.
# Against 120,000 draws it gave p within a factor of 2.4, mostly 1.3, down to p = 0.0002.
_FEWEST_IN_TAIL: Final = 10
_Z: Final = 1.96

_CHANGES: Columns = {
    "n_before": pl.Int64,  # reactions
    "n": pl.Int64,
    "net_before": pl.Float64,  # ?
    "net": pl.Float64,  # ?
    "change": pl.Float64,  # ? points of net sentiment, within platforms: at one mix; null where no platform is in both
    "low": pl.Float64,  # ? 95 % interval of the change
    "high": pl.Float64,  # ?
    "p": pl.Float64,  # ? of this test alone
    "p_holm": pl.Float64,  # ? corrected for all rows tested together; null where one side has too few posts
    "test": pl.String,
    "enough": pl.Boolean,  # both sides reach the minimum on the platforms that both have
}
# After the grouping columns.
CHANGES = pl.Schema(_CHANGES)


def compare_weeks(
    mentions: pl.LazyFrame | pl.DataFrame,
    *,
    week: dt.date,
    before: dt.date | None = None,
    by: Sequence[str] = ("company",),
    quality: Quality | None,
    min_posts: int = 30,
) -> pl.DataFrame:
    """Net sentiment of each group in a week against an earlier one, within platforms: a change of their mix is no change.

    Args:
        mentions: MENTIONS.
        week: Monday.
        before: Monday; default: the week before.
        by: as in `weekly_figures`.
        quality: the classifier's measured errors; those that both weeks share cancel out.
        min_posts: with fewer reactions on either side, on platforms that both have, a row is shown, but not tested together with the others.

    Returns:
        `by` and CHANGES, sorted: a row for each group seen in either week.
    """
    before = week - dt.timedelta(days=7) if before is None else before
    model = known_errors(quality, by=by)
    now, then = (_counted(mentions, week=monday, by=by) for monday in (week, before))
    rows = []
    for key in sorted({*now, *then}):
        counted, earlier = now.get(key, {}), then.get(key, {})
        n, n_before = (sum(sum(values) for values in platforms.values()) for platforms in (counted, earlier))
        estimate, estimate_before, pair = (
            model.estimate(counted),
            model.estimate(earlier),
            model.matched(counted, earlier),
        )
        rows.append(
            {
                **dict(zip(by, key, strict=True)),
                "n_before": n_before,
                "n": n,
                "net_before": estimate_before.net if estimate_before else None,
                "net": estimate.net if estimate else None,
                **(dict(zip(("change", "low", "high", "p"), difference_of(*pair), strict=True)) if pair else {}),
                "test": NET_TEST,
                "enough": min(sum(sizes.values()) for sizes in shared(counted, earlier)) >= min_posts,
            }
        )
    return _with_holm(rows, pl.Schema({**{name: GROUPINGS[name] for name in by}, **CHANGES}))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given."""
    corrected = [0.0] * len(p_values)
    floor = 0.0
    for passed, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, p_values[index] * (len(p_values) - passed)))
        corrected[index] = floor
    return corrected


def clearly_more(more: int, less: int, *, of: int) -> bool:
    """Whether one label is clearly more frequent than another: the 95 % interval of their difference excludes zero.

    A binomial test of the two with continuity correction. For the most frequent label against the next one it needs no
    correction for having been picked (Hung and Fithian 2019). `of` posts count as fewer, as in `analysis.intervals`.
    """
    trust = 1 / (1 + of / TRUSTED_POSTS)
    return more > less and (more - less - 1) * math.sqrt(trust / (more + less)) > _Z


def difference_of(estimate: Estimate, earlier: Estimate) -> tuple[float, float, float, float]:
    """(change, low, high, p) of net sentiment, for the two of `ErrorModel.matched`."""
    draws, change = estimate.net_draws - earlier.net_draws, estimate.net - earlier.net
    return change, *interval_of(draws, around=change), _p(draws)


def _p(draws: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Two-sided: how far beyond zero the draws of a difference lie."""
    tail = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    counted = 2 * (max(tail, _FEWEST_IN_TAIL) + 1) / (len(draws) + 1)
    if tail >= _FEWEST_IN_TAIL:
        return min(1.0, counted)
    return min(counted, math.erfc(abs(float(draws.mean() / draws.std())) / math.sqrt(2)))


def _with_holm(rows: Sequence[Mapping[str, object]], schema: pl.Schema) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={name: dtype for name, dtype in schema.items() if name != "p_holm"})
    tested = frame["enough"] & frame["p"].is_not_null()
    corrected = iter(holm(frame.filter(tested)["p"].to_list()))
    values = [next(corrected) if is_tested else None for is_tested in tested]
    return frame.with_columns(pl.Series("p_holm", values, dtype=pl.Float64)).select(schema.names())


def _counted(
    mentions: pl.LazyFrame | pl.DataFrame, *, week: dt.date, by: Sequence[str]
) -> dict[tuple[str, ...], dict[str, tuple[int, int, int]]]:
    """Group → platform → negative, neutral, positive reactions in one week."""
    counted = counts(mentions.lazy().filter(pl.col("week") == week), by=by).drop("week")
    groups = counted.group_by(list(by), maintain_order=True) if by else [((), counted)] if counted.height else []
    return {tuple(str(part) for part in key): per_platform(group) for key, group in groups}

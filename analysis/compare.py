"""Differences between weeks and between companies, each with its interval, a named test and Holm's correction."""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from analysis.figures import GROUPINGS, counts, per_platform
from analysis.intervals import DRAWS, Estimate, error_model, interval_of
from store import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.classifier import Quality
    from analysis.schemas import Columns

NET_TEST: Final = "Monte Carlo test of the difference of adjusted net sentiment, two-sided"
SHARE_TEST: Final = "Monte Carlo test of the difference of two shares, two-sided"

_DIFFERENCE: Columns = {
    "change": pl.Float64,  # ? points of net sentiment (percentage points, of shares)
    "low": pl.Float64,  # ? 95 % interval of the change
    "high": pl.Float64,  # ?
    "p": pl.Float64,  # ? of this test alone; at least 2 / (DRAWS + 1)
    "p_holm": pl.Float64,  # ? corrected for all rows tested together; null where one side has too few posts
    "test": pl.String,
    "enough": pl.Boolean,  # both sides reach the minimum
}
_CHANGES: Columns = {
    "n_before": pl.Int64,  # reactions
    "n": pl.Int64,
    "net_before": pl.Float64,  # ?
    "net": pl.Float64,  # ?
    **_DIFFERENCE,
}
_SHARE_CHANGES: Columns = {
    "value": pl.String,  # an emotion, voice or theme
    "n_before": pl.Int64,  # reactions
    "n": pl.Int64,
    "share_before": pl.Float64,  # ? 0 to 1, as labelled
    "share": pl.Float64,  # ?
    **_DIFFERENCE,
}
_COMPANY_DIFFERENCES: Columns = {
    "company": pl.String,
    "other": pl.String,
    "n": pl.Int64,  # reactions
    "n_other": pl.Int64,
    "net": pl.Float64,  # ?
    "net_other": pl.Float64,  # ?
    **_DIFFERENCE,  # company − other
}
# After the grouping columns.
CHANGES = pl.Schema(_CHANGES)
SHARE_CHANGES = pl.Schema(_SHARE_CHANGES)
COMPANY_DIFFERENCES = pl.Schema(_COMPANY_DIFFERENCES)


def compare_weeks(
    mentions: pl.LazyFrame | pl.DataFrame,
    *,
    week: dt.date,
    before: dt.date | None = None,
    by: Sequence[str] = ("company",),
    quality: Quality | None,
    min_posts: int = 30,
) -> pl.DataFrame:
    """Net sentiment of each group in a week against an earlier one.

    Args:
        mentions: MENTIONS.
        week: Monday.
        before: Monday; default: the week before.
        by: as in `weekly_figures`.
        quality: the classifier's measured errors; those that both weeks share cancel out.
        min_posts: with fewer reactions on either side a row is shown, but not tested together with the others.

    Returns:
        `by` and CHANGES, sorted: a row for each group seen in either week.
    """
    before = week - dt.timedelta(days=7) if before is None else before
    now, then = (
        _estimates(mentions, week=monday, by=by, quality=quality, sample=i) for i, monday in enumerate((week, before))
    )
    rows = []
    for key in sorted({*now, *then}):
        (n, estimate), (n_before, estimate_before) = now.get(key, (0, None)), then.get(key, (0, None))
        rows.append(
            {
                **dict(zip(by, key, strict=True)),
                "n_before": n_before,
                "n": n,
                "net_before": estimate_before.net if estimate_before else None,
                "net": estimate.net if estimate else None,
                **_difference(estimate, estimate_before),
                "test": NET_TEST,
                "enough": min(n, n_before) >= min_posts,
            }
        )
    return _with_holm(rows, pl.Schema({**{name: GROUPINGS[name] for name in by}, **CHANGES}))


def compare_companies(
    mentions: pl.LazyFrame | pl.DataFrame,
    *,
    week: dt.date,
    companies: Sequence[str] | None = None,
    quality: Quality | None,
    min_posts: int = 30,
) -> pl.DataFrame:
    """Net sentiment of each pair of companies in a week; a post that names both counts on both sides.

    Args:
        mentions: MENTIONS.
        week: Monday.
        companies: which; default: all that reach `min_posts` in that week.
        quality: the classifier's measured errors.
        min_posts: as in `compare_weeks`.

    Returns:
        COMPANY_DIFFERENCES, a row per pair, in the order of the names.
    """
    found = {
        key[0]: side
        for key, side in _estimates(mentions, week=week, by=("company",), quality=quality, sample=0).items()
    }
    others = {
        key[0]: side
        for key, side in _estimates(mentions, week=week, by=("company",), quality=quality, sample=1).items()
    }
    chosen = sorted(companies if companies is not None else (name for name, (n, _) in found.items() if n >= min_posts))
    rows = []
    for name, other in combinations(chosen, 2):
        (n, estimate), (n_other, estimate_other) = found.get(name, (0, None)), others.get(other, (0, None))
        rows.append(
            {
                "company": name,
                "other": other,
                "n": n,
                "n_other": n_other,
                "net": estimate.net if estimate else None,
                "net_other": estimate_other.net if estimate_other else None,
                **_difference(estimate, estimate_other),
                "test": NET_TEST,
                "enough": min(n, n_other) >= min_posts,
            }
        )
    return _with_holm(rows, COMPANY_DIFFERENCES)


def compare_shares(
    mentions: pl.LazyFrame | pl.DataFrame,
    *,
    of: str,
    week: dt.date,
    before: dt.date | None = None,
    by: Sequence[str] = ("company",),
    min_posts: int = 30,
) -> pl.DataFrame:
    """Share of each emotion, voice or theme among the reactions of a week, against an earlier one.

    As labelled: the classifier's confusion between emotions is not corrected. A post may have several themes.

    Args:
        mentions: MENTIONS.
        of: emotion, voice or theme.
        week: Monday.
        before: Monday; default: the week before.
        by: the groups to look at, without `of`.
        min_posts: as in `compare_weeks`.

    Returns:
        `by` and SHARE_CHANGES, sorted; `change` in percentage points.

    Raises:
        UsageError: `of` is something else.
    """
    if of not in ("emotion", "voice", "theme") or of in by:
        raise UsageError(
            f'Shares can be compared of emotion, voice or theme, not of "{of}" by {", ".join(by) or "nothing"}.'
        )
    before = week - dt.timedelta(days=7) if before is None else before
    now, then = (_tallies(mentions, week=monday, of=of, by=by) for monday in (week, before))
    sizes, sizes_before = (_tallies(mentions, week=monday, of=None, by=by) for monday in (week, before))
    rng = np.random.default_rng(0)
    rows = []
    for key in sorted({*now, *then}):
        group = key[:-1]
        n, n_before = sizes.get(group, 0), sizes_before.get(group, 0)
        hits, hits_before = now.get(key, 0), then.get(key, 0)
        row = {
            **dict(zip(by, group, strict=True)),
            "value": key[-1],
            "n_before": n_before,
            "n": n,
            "share_before": hits_before / n_before if n_before else None,
            "share": hits / n if n else None,
            "test": SHARE_TEST,
            "enough": min(n, n_before) >= min_posts,
        }
        if n and n_before:
            draws = rng.beta(hits + 0.5, n - hits + 0.5, DRAWS) - rng.beta(
                hits_before + 0.5, n_before - hits_before + 0.5, DRAWS
            )
            row |= _summary(100 * draws, change=100 * (hits / n - hits_before / n_before))
        rows.append(row)
    return _with_holm(rows, pl.Schema({**{name: GROUPINGS[name] for name in by}, **SHARE_CHANGES}))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given."""
    corrected = [0.0] * len(p_values)
    floor = 0.0
    for passed, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, p_values[index] * (len(p_values) - passed)))
        corrected[index] = floor
    return corrected


def difference_of(estimate: Estimate, earlier: Estimate) -> tuple[float, float, float, float]:
    """(change, low, high, p) of net sentiment. The estimates must come from one error model, with different `sample` numbers."""
    summary = _summary(estimate.net_draws - earlier.net_draws, change=estimate.net - earlier.net)
    return summary["change"], summary["low"], summary["high"], summary["p"]


def _difference(estimate: Estimate | None, earlier: Estimate | None) -> dict[str, float]:
    if estimate is None or earlier is None:
        return {}
    return dict(zip(("change", "low", "high", "p"), difference_of(estimate, earlier), strict=True))


def _summary(draws: np.ndarray[tuple[int, ...], np.dtype[np.float64]], *, change: float) -> dict[str, float]:
    low, high = interval_of(draws, around=change)
    tail = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return {"change": change, "low": low, "high": high, "p": min(1.0, 2 * (tail + 1) / (len(draws) + 1))}


def _with_holm(rows: Sequence[Mapping[str, object]], schema: pl.Schema) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={name: dtype for name, dtype in schema.items() if name != "p_holm"})
    tested = frame["enough"] & frame["p"].is_not_null()
    corrected = iter(holm(frame.filter(tested)["p"].to_list()))
    values = [next(corrected) if is_tested else None for is_tested in tested]
    return frame.with_columns(pl.Series("p_holm", values, dtype=pl.Float64)).select(schema.names())


def _estimates(
    mentions: pl.LazyFrame | pl.DataFrame, *, week: dt.date, by: Sequence[str], quality: Quality | None, sample: int
) -> dict[tuple[str, ...], tuple[int, Estimate | None]]:
    """Group → reactions and corrected shares in one week."""
    model = error_model(quality)
    counted = counts(mentions.lazy().filter(pl.col("week") == week), by=by).drop("week")
    groups = counted.group_by(list(by), maintain_order=True) if by else [((), counted)] if counted.height else []
    found = {}
    for key, group in groups:
        platforms = per_platform(group)
        found[tuple(str(part) for part in key)] = (
            sum(sum(values) for values in platforms.values()),
            model.estimate(platforms, sample=sample),
        )
    return found


def _tallies(
    mentions: pl.LazyFrame | pl.DataFrame, *, week: dt.date, of: str | None, by: Sequence[str]
) -> dict[tuple[str, ...], int]:
    """Group (with a value of `of`, if given) → reactions in one week."""
    groups = [*by, *([of] if of else [])]
    counted = counts(mentions.lazy().filter(pl.col("week") == week), by=groups)
    totals = counted.select(*groups, pl.sum_horizontal("n_negative", "n_neutral", "n_positive").alias("n"))
    if not groups:
        return {(): int(totals["n"].sum())}
    return {tuple(row[:-1]): row[-1] for row in totals.group_by(groups, maintain_order=True).sum().iter_rows()}

"""Weekly figures: how many react, how, and how sure that is; pure functions from MENTIONS to FIGURES."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.classifier import Quality
from analysis.intervals import UNKNOWN, ErrorModel, Estimate, error_model
from analysis.mentions import mark_once
from analysis.schemas import FIGURES, MENTIONS
from store import UsageError, last_complete_week

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

#: What figures can be grouped by, beside the week: name → its type.
GROUPINGS: Final = pl.Schema(dict.fromkeys(("company", "source", "lang", "voice", "emotion", "theme"), pl.String()))
_OF_REACTIONS: Final = {"voice", "emotion", "theme"}  # say nothing about other kinds
_ERRORS_OF_THEIR_OWN: Final = {
    "voice",
    "emotion",
}  # read by the same classifier: its errors differ between their groups
_SENTIMENTS: Final = ("negative", "neutral", "positive")


def weekly_figures(
    mentions: pl.LazyFrame | pl.DataFrame,
    *,
    by: Sequence[str] = ("company",),
    quality: Quality | None,
    min_posts: int = 30,
    now: dt.datetime | None = None,
) -> pl.DataFrame:
    """Figures per ISO week and group.

    Reactions count once however often they are repeated, as the earliest of them was labelled: with "company" in `by` once
    for each company, and posts that name none are left out; without it once in all, however many companies a post names.
    A post has any number of themes. By voice, emotion or theme only reactions are looked at, so the context columns are 0.

    Args:
        mentions: MENTIONS.
        by: any of `GROUPINGS`; () for all reactions together.
        quality: the classifier's measured errors; None for one that never errs.
        min_posts: fewer reactions than this are not `enough`.
        now: UTC-aware; the running week and later ones are left out. None: all weeks.

    Returns:
        week, `by` and FIGURES, sorted; shares and net sentiment are null where n is 0, and by emotion or voice unless the
        classifier never errs: among the angry, or those affected, its errors are not those that were measured over all.

    Raises:
        UsageError: an unknown grouping.
    """
    groups = ["week", *_checked(by)]
    counted = counts(mentions, by=by, now=now)
    model = known_errors(quality, by=by)
    rows = [
        {**dict(zip(groups, key, strict=True)), **_figures(group, model)}
        for key, group in counted.group_by(groups, maintain_order=True)
    ]
    schema = pl.Schema({"week": MENTIONS["week"], **{name: GROUPINGS[name] for name in by}, **FIGURES})
    return (
        pl.DataFrame(rows, schema={name: dtype for name, dtype in schema.items() if name != "enough"})
        .with_columns((pl.col("n") >= min_posts).alias("enough"))
        .select(schema.names())
        .sort(groups)
    )


def known_errors(quality: Quality | None, *, by: Sequence[str]) -> ErrorModel:
    """`error_model`, prepared once per measured quality; what it estimated for others is not kept.

    By emotion and voice nothing is known: simulated, intervals from the errors over all held the truth in 0 of 100 weeks (anger,
    joy), and in 82 of 100 weeks of 30 posts (voice).
    """
    if quality is None:
        return error_model(None)
    return UNKNOWN if set(by) & _ERRORS_OF_THEIR_OWN else replace(_prepared(quality.model_dump_json()), _seen={})


@lru_cache(maxsize=1)
def _prepared(measured: str) -> ErrorModel:
    return error_model(Quality.model_validate_json(measured))


def counts(mentions: pl.LazyFrame | pl.DataFrame, *, by: Sequence[str], now: dt.datetime | None = None) -> pl.DataFrame:
    """Plain counts per week, group and platform: columns week, `by`, platform, and the n_… of FIGURES."""
    rows = mentions.lazy()
    if now is not None:
        rows = rows.filter(pl.col("week") <= last_complete_week(now))
    if set(by) & _OF_REACTIONS:
        rows = rows.filter(pl.col("kind") == "reaction")
    named = pl.col("company").is_not_null()
    posts = rows.unique(["source", "post_id"])
    rows = mark_once(rows.filter(named)) if "company" in by else mark_once(posts, per=())
    if "theme" in by:
        rows = rows.explode("themes", empty_as_null=False, keep_nulls=False).rename({"themes": "theme"})
    for name in set(by) & _ERRORS_OF_THEIR_OWN:
        rows = rows.filter(pl.col(name).is_not_null())
    return (
        rows.with_columns(pl.col("source").alias("platform"))
        .group_by("week", *by, "platform")
        .agg(
            *((pl.col("once") & (pl.col("sentiment") == name)).sum().alias(f"n_{name}") for name in _SENTIMENTS),
            *((pl.col("kind") == kind).sum().alias(f"n_{kind}") for kind in ("news", "promo", "noise")),
            ((pl.col("kind") == "reaction") & ~pl.col("once")).sum().alias("n_duplicates"),
        )
        .with_columns(pl.col("^n_.*$").cast(pl.Int64))
        .sort("week", *by, "platform")
        .collect()
    )


def per_platform(group: pl.DataFrame) -> dict[str, tuple[int, int, int]]:
    """Per platform: negative, neutral, positive, from rows of `counts`."""
    columns = ("platform", *(f"n_{name}" for name in _SENTIMENTS))
    return {
        platform: (negative, neutral, positive)
        for platform, negative, neutral, positive in group.select(columns).iter_rows()
    }


def _figures(group: pl.DataFrame, model: ErrorModel) -> dict[str, float | int | None]:
    """FIGURES, less `enough`, of the platforms of one group."""
    totals: Mapping[str, int] = group.select(pl.col("^n_.*$").sum()).row(0, named=True)
    n = sum(totals[f"n_{name}"] for name in _SENTIMENTS)
    estimate = model.estimate(per_platform(group))
    return {"n": n, **totals, **_measures(estimate), "net_counted": _net(totals, n)}


def _net(totals: Mapping[str, int], n: int) -> float | None:
    return 100 * (totals["n_positive"] - totals["n_negative"]) / n if n else None


def _measures(estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return dict.fromkeys((*(f"share_{name}" for name in _SENTIMENTS), "net_sentiment", "net_low", "net_high"))
    low, high = estimate.interval
    shares = {f"share_{name}": float(share) for name, share in zip(_SENTIMENTS, estimate.shares, strict=True)}
    return {**shares, "net_sentiment": estimate.net, "net_low": low, "net_high": high}


def _checked(by: Sequence[str]) -> Sequence[str]:
    unknown = [name for name in by if name not in GROUPINGS]
    if unknown or len(set(by)) != len(by):
        raise UsageError(
            f"Figures can't be grouped by {', '.join(map(repr, unknown or by))}. Known, each once: {', '.join(GROUPINGS)}."
        )
    return by

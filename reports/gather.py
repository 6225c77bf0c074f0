"""Everything a report is drawn from, computed from mentions by the functions of `analysis`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analysis import BASELINE_DAYS, REACH_DAYS, compare_weeks, event_study, reactions_once, weekly_figures
from reports.changes import selected
from reports.data import QUOTES, Quality, ReportData, Score
from reports.names import platforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis import Quality as MeasuredQuality
    from reports.settings import ReportSettings

_BOTH = "The interval carries sampling error and the classifier's measured errors."
# `quality.json` keeps no languages apart; the model card has the small tests of others.
_MEASURED_LANGUAGES = (
    "nearly all English. Others rest on errors measured in English; small tests of eight are in the model card"
)
_SAMPLING_ONLY = "The interval carries sampling error only: the errors of this model were not measured."


def gather(
    mentions: pl.LazyFrame,
    *,
    week: dt.date,
    settings: ReportSettings,
    quality: MeasuredQuality | None,
    events: pl.DataFrame,
    coverage: pl.DataFrame,
    model_revision: str,
    synthetic: bool = False,
    title: str = "Layoff Pulse",
) -> ReportData:
    """The figures of one week and of the trend that ends with it.

    Args:
        mentions: MENTIONS of analysis, all weeks.
        week: Monday; later weeks are left out.
        settings: what the report holds.
        quality: the model's measured errors; None where nobody measured them, which the report then says.
        events: KNOWN_EVENTS, each announcement once, as known by the week's Sunday (`analysis.known_events`); only those of companies in
            the report are drawn.
        coverage: COVERAGE of analysis.
        model_revision: whose labels these are.
        synthetic: the posts are invented.
        title: name of the report.
    """
    first = week - dt.timedelta(days=7 * (settings.trend_weeks - 1))
    reach = min(first, week - dt.timedelta(days=REACH_DAYS + BASELINE_DAYS + 7))
    within = mentions.filter(pl.col("week").is_between(reach, week))
    rows = within.drop("text", "url", "author").collect()
    trend = rows.filter(pl.col("week") >= first)

    def figures(frame: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
        return weekly_figures(frame, by=by, quality=quality, min_posts=settings.min_posts)

    now = rows.filter(pl.col("week") == week)
    names = selected(figures(now, ("company",)), week=week, settings=settings)
    mine = now.filter(pl.col("company").is_in(names))
    near = events.filter(
        pl.col("company").is_in(names),
        pl.col("date").is_between(week - dt.timedelta(days=REACH_DAYS), week + dt.timedelta(days=6)),
    )
    collected = coverage.filter(pl.col("week").is_between(first, week))
    end = dt.datetime.combine(
        week + dt.timedelta(days=7), dt.time(), tzinfo=dt.UTC
    )  # what was known when the week ended
    return ReportData(
        week=week,
        weekly=pl.concat(
            [
                figures(trend.filter(pl.col("company").is_in(names)), ("company",)),
                figures(now.filter(~pl.col("company").is_in(names)), ("company",)),
            ]
        ),
        overall=figures(trend, ()),
        by_source=figures(mine, ("company", "source")),
        by_lang=figures(mine, ("company", "lang")),
        by_voice=figures(mine, ("company", "voice")),
        by_emotion=figures(mine, ("company", "emotion")),
        by_theme=figures(mine, ("company", "theme")),
        comparisons=compare_weeks(rows, week=week, quality=quality, min_posts=settings.min_posts),
        overall_change=compare_weeks(rows, week=week, by=(), quality=quality, min_posts=settings.min_posts),
        events=events,
        event_study=event_study(rows, near, quality=quality, now=end, min_posts=settings.min_posts),
        coverage=collected,
        model_revision=model_revision,
        quotes=_quotes(within, names, week=week) if settings.quotes else pl.DataFrame(schema=QUOTES),
        quality=Quality() if quality is None else _shown(quality, sources=_with_posts(collected)),
        interval_note=_SAMPLING_ONLY if quality is None else _BOTH,
        synthetic=synthetic,
        title=title,
    )


def _quotes(mentions: pl.LazyFrame, companies: list[str], *, week: dt.date) -> pl.DataFrame:
    """QUOTES: each company's most liked negative and positive reaction of the week that has a link, never from X.

    Texts were masked when they were stored. Ties are broken by the post's id, so that the choice stays the same.
    """
    counted = reactions_once(mentions.filter(pl.col("week") == week, pl.col("company").is_in(companies)))
    chosen = counted.filter(
        pl.col("source") != "x",
        pl.col("url").is_not_null(),
        pl.col("sentiment").is_in(["negative", "positive"]),
    ).sort("company", "sentiment", "likes", "post_id", descending=[False, False, True, False], nulls_last=True)
    return (
        chosen.select(QUOTES.names())
        .group_by("company", "sentiment", maintain_order=True)
        .first()
        .select(QUOTES.names())
        .collect()
    )


def _with_posts(coverage: pl.DataFrame) -> list[str]:
    return coverage.filter(pl.col("posts") > 0)["source"].unique().to_list()


def _shown(quality: MeasuredQuality, *, sources: Sequence[str]) -> Quality:
    """The measured errors as the scores that a reader knows, and which of the sources were not measured on their own."""
    confusions = (("kind", quality.kind_confusion), ("sentiment", quality.sentiment_confusion))
    scores = [
        Score(task, macro_f1(np.asarray(tables["all"], dtype=np.float64)), int(np.sum(tables["all"])))
        for task, tables in confusions
        if "all" in tables
    ]
    recall = quality.reaction_recall.get("all")
    found = f" Of true reactions it finds {100 * recall:.0f}\u00a0%." if recall is not None else ""
    pooled = sorted(source for source in sources if source not in quality.sentiment_confusion)
    alone = (
        f" {platforms(pooled)}: no annotated posts, so the pooled errors stand in and intervals hold the truth less often."
        if pooled
        else ""
    )
    note = f"Measured on {quality.measured_on.rstrip('.')}.{found}{alone} Voice and emotion are as labelled, uncorrected; their quality is in the model card."
    return Quality(scores=tuple(scores), languages=_MEASURED_LANGUAGES, note=note, pooled=tuple(pooled))


def macro_f1(confusion: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Unweighted mean of the classes' F1, from counts (rows true, columns predicted). A class never seen nor named is left out."""
    hits = np.diag(confusion)
    sizes = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean(2 * hits[sizes > 0] / sizes[sizes > 0])) if sizes.any() else 0.0

"""Net sentiment of one labelled file: the truth over its gold reactions, and what the pipeline would report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from analysis.classifier.labels import KINDS, SENTIMENTS
from analysis.intervals import net_sentiment_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.classifier.quality import Quality


def net_of_truth(sentiments: Sequence[str]) -> float:
    """100 × (share positive − share negative), in points."""
    return 100.0 * (sentiments.count("positive") - sentiments.count("negative")) / len(sentiments)


def reported_net(predicted: pl.DataFrame, platforms: Sequence[str], quality: Quality | None) -> dict[str, float | None]:
    """`estimate`, `low` and `high` in points, as the weekly figures give them for the predicted reactions.

    `platforms` names the platform of each row of `predicted`; `quality` is the classifier's measured errors, None
    for one that was not measured. All three are null where nothing was predicted to be a reaction.
    """
    reactions = predicted.with_columns(platform=pl.Series(platforms, dtype=pl.String)).filter(
        pl.col("kind") == KINDS[0]
    )
    counts = {
        str(platform): [rows.filter(pl.col("sentiment") == name).height for name in SENTIMENTS]
        for (platform,), rows in reactions.group_by("platform")
    }
    interval = net_sentiment_interval(counts, quality)
    return dict(zip(("estimate", "low", "high"), interval or (None, None, None), strict=True))

"""Measure a classifier on the held-out annotated posts and write the shipped `quality.json`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from analysis.classifier.labels import KINDS, SENTIMENTS
from analysis.classifier.scores import expected_calibration_error
from analysis.classifier.text import Context
from store import InputError
from training.collected import more_annotated_rows
from training.corpora import read_rows
from training.splits import group_of, split_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from analysis.classifier.contract import Classifier

#: The splits that no training sees: figures rest on them.
HELD_OUT = ("dev", "test")
#: The bot's posts were drawn on purpose; all other posts of held-out authors and a random sample of held-out threads are
#: annotated, so kinds are as frequent among them as in the stream.
DRAWN_ON_PURPOSE = "bot"
#: A platform with fewer held-out reactions has no figures of its own; the report takes those of all platforms for it.
LEAST_REACTIONS = 30


def annotated_rows(data: Path, splits: Sequence[str], *, more: bool = True) -> list[dict[str, Any]]:
    """The annotated posts that fall in `splits`: of gold-dev.jsonl, and with `more` those that `annotations.tsv` labels."""
    rows = read_rows(data / "layoffs/gold-dev.jsonl")
    if more:
        rows += more_annotated_rows(data)
    return [row for row in rows if split_of(group_of(row)) in splits]


def predict_rows(classifier: Classifier, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Predictions for annotated rows, with the context the pipeline would give."""
    contexts = [Context(row["source"], row.get("thread_title")) for row in rows]
    return classifier.predict([str(row["text"]) for row in rows], contexts)


def quality_of(
    rows: Sequence[dict[str, Any]],
    predicted: pl.DataFrame,
    *,
    annotated: Sequence[dict[str, Any]],
    revision: str,
    measured_on: str,
) -> dict[str, object]:
    """The content of `quality.json`, in the fields of `analysis.classifier.Quality`.

    `predicted` has a row for each of the held-out `rows`. `annotated` are all annotated posts: how a reaction usually feels is
    read from their gold labels alone, so those of training serve as well. All are `complete`. Raises as `refuse_unfelt`.
    """
    refuse_unfelt(rows)
    frame = predicted.with_columns(
        pl.Series("source", [r["source"] for r in rows]),
        pl.Series("gold_kind", [r["kind"] for r in rows], dtype=pl.String),
        pl.Series("gold_sentiment", [r["sentiment"] for r in rows], dtype=pl.String),
        pl.Series("stratum", [str(r.get("stratum")) for r in rows]),
    )
    result: dict[str, dict[str, object]] = {
        name: {}
        for name in (
            "sentiment_confusion",
            "missed_reactions",
            "false_reactions",
            "usual_sentiment",
            "kind_confusion",
            "reaction_recall",
            "sentiment_ece",
        )
    }
    for platform in (*measured_platforms(rows), "all"):
        here = frame if platform == "all" else frame.filter(pl.col("source") == platform)
        gold = here.filter(pl.col("gold_kind") == "reaction")
        taken = here.filter(pl.col("kind") == "reaction")
        both = gold.filter(pl.col("kind") == "reaction")
        # How many of the posts counted are no reactions depends on what the stream holds: only posts drawn as they come say it.
        as_they_come = taken.filter(pl.col("stratum") != DRAWN_ON_PURPOSE)
        false = as_they_come.filter(pl.col("gold_kind") != "reaction")
        result["sentiment_confusion"][platform] = _confusion(both, "gold_sentiment", "sentiment", SENTIMENTS)
        result["usual_sentiment"][platform] = _usual(annotated, platform)
        result["kind_confusion"][platform] = _confusion(here, "gold_kind", "kind", KINDS)
        result["missed_reactions"][platform] = _counts(gold.filter(pl.col("kind") != "reaction"), "gold_sentiment")
        result["false_reactions"][platform] = {
            "predicted_reaction": as_they_come.height,
            "of_them_not_reaction": false.height,
            "their_predicted_sentiment": _counts(false, "sentiment"),
        }
        result["reaction_recall"][platform] = round(both.height / max(1, gold.height), 4)
        felt = gold.filter(pl.col("gold_sentiment").is_not_null())
        probabilities = felt.select([f"p_{name}" for name in SENTIMENTS]).to_numpy()
        truth = np.array([SENTIMENTS.index(s) for s in felt["gold_sentiment"]])
        result["sentiment_ece"][platform] = round(expected_calibration_error(probabilities, truth), 4)
    return {"revision": revision, "n": len(rows), "measured_on": measured_on, **result}


def refuse_unfelt(rows: Sequence[dict[str, Any]]) -> None:
    """Raise `InputError` where no held-out reaction has a sentiment: there is nothing then to measure it on."""
    if not any(row["kind"] == KINDS[0] and row["sentiment"] for row in rows):
        raise InputError(
            f"None of the {len(rows):,} held-out posts is a reaction with a sentiment; annotate some of them."
        )


def measured_platforms(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Those with enough reactions whose sentiment is known, by name."""
    reactions = Counter(row["source"] for row in rows if row["kind"] == KINDS[0] and row["sentiment"])
    return sorted(platform for platform, n in reactions.items() if n >= LEAST_REACTIONS)


def _usual(rows: Sequence[dict[str, Any]], platform: str) -> list[int]:
    felt = Counter(
        row["sentiment"]
        for row in rows
        if row["kind"] == KINDS[0] and platform in ("all", row["source"]) and row.get("stratum") != DRAWN_ON_PURPOSE
    )
    return [felt[name] for name in SENTIMENTS]


def _counts(frame: pl.DataFrame, column: str) -> list[int]:
    return [frame.filter(pl.col(column) == name).height for name in SENTIMENTS]


def _confusion(frame: pl.DataFrame, truth: str, guess: str, classes: Sequence[str]) -> list[list[int]]:
    return [
        [frame.filter((pl.col(truth) == row) & (pl.col(guess) == column)).height for column in classes]
        for row in classes
    ]

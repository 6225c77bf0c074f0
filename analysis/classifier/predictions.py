"""From the logits of token windows to the frame of predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from analysis.classifier.contract import PREDICTION_SCHEMA
from analysis.classifier.labels import HEADS, KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CLASSES = sum(len(classes) for classes in HEADS.values())


def head_columns(head: str) -> slice:
    """Where a head's classes stand in a row of logits: the heads lie side by side in their order."""
    start = 0
    for name, classes in HEADS.items():
        if name == head:
            return slice(start, start + len(classes))
        start += len(classes)
    raise KeyError(head)


def combine_windows(logits: Floats, owners: Sequence[int], weights: Sequence[int], posts: int) -> Floats:
    """Log-probabilities [posts, classes] from window logits [windows, classes].

    A post of several windows gets the mean of their log-probabilities, weighted by the tokens each window stands
    for: a short last window can't outvote a long first one, and one very sure window counts for more than it would
    in a vote. `owners` names the post of each window.
    """
    owner = np.asarray(owners, np.int64)
    weight = np.asarray(weights, np.float64)[:, None]
    total = np.zeros((posts, 1))
    np.add.at(total, owner, weight)
    combined = np.zeros((posts, CLASSES), np.float64)
    for head in HEADS:
        columns = head_columns(head)
        np.add.at(combined[:, columns], owner, _log_softmax(logits[:, columns].astype(np.float64)) * weight)
        combined[:, columns] = _log_softmax(combined[:, columns] / total)
    return combined.astype(np.float32)


def voices(predicted: pl.DataFrame) -> pl.Series:
    """The likelier voice of each row of a frame of `PREDICTION_SCHEMA`, also where `voice` is null as it is no reaction."""
    affected = pl.when(pl.col("p_affected") > 0.5).then(pl.lit("affected")).otherwise(pl.lit("observer"))
    return predicted.select(voice=affected).to_series()


def _log_softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = values - values.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def to_frame(log_probabilities: Floats) -> pl.DataFrame:
    """Log-probabilities [posts, classes] → a frame of `PREDICTION_SCHEMA`; no rows keep the schema."""
    probabilities = np.exp(log_probabilities)
    columns: dict[str, Any] = {}
    for head, classes in HEADS.items():
        block = probabilities[:, head_columns(head)]
        columns[head] = [classes[i] for i in block.argmax(axis=1)]
        for i, name in enumerate(classes):
            columns[f"p_{name}"] = block[:, i]
    is_reaction = [kind == KINDS[0] for kind in columns["kind"]]
    columns["voice"] = [voice if yes else None for voice, yes in zip(columns["voice"], is_reaction, strict=True)]
    return pl.DataFrame({name: columns[name] for name in PREDICTION_SCHEMA.names()}, schema=PREDICTION_SCHEMA)

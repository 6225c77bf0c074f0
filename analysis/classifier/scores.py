"""The measures of `layoffs evaluate`: pure functions of labels and probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ECE_BINS = 15


class ClassScore(TypedDict):
    """Fractions from 0 to 1; 0 where nothing was predicted or nothing was there."""

    precision: float
    recall: float
    f1: float


def confusion(truth: Sequence[str], guess: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """Counts [true class, predicted class]. Raises `ValueError` for a label that is not in `classes`."""
    index = {name: i for i, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), np.int64)
    if unknown := {*truth, *guess} - index.keys():
        raise ValueError(f"{', '.join(sorted(unknown))}: no class; valid are {', '.join(classes)}.")
    for true, predicted in zip(truth, guess, strict=True):
        counts[index[true], index[predicted]] += 1
    return counts


def per_class(counts: NDArray[np.int64], classes: Sequence[str]) -> dict[str, ClassScore]:
    """Precision, recall and F1 of each class."""
    scores: dict[str, ClassScore] = {}
    for i, name in enumerate(classes):
        hit, there, said = int(counts[i, i]), int(counts[i].sum()), int(counts[:, i].sum())
        scores[name] = {
            "precision": hit / said if said else 0.0,
            "recall": hit / there if there else 0.0,
            "f1": 2 * hit / (there + said) if there + said else 0.0,
        }
    return scores


def macro_f1(counts: NDArray[np.int64]) -> float:
    """Unweighted mean F1 over the classes that occur, in truth or prediction (as scikit-learn counts it)."""
    there, said = counts.sum(axis=1), counts.sum(axis=0)
    occurring = there + said > 0
    if not occurring.any():
        return 0.0
    return float(np.mean(2 * np.diag(counts)[occurring] / (there + said)[occurring]))


def macro_recall(counts: NDArray[np.int64]) -> float:
    """Unweighted mean recall over the classes with gold labels (TweetEval's measure for sentiment)."""
    there = counts.sum(axis=1)
    labelled = there > 0
    return float(np.mean(np.diag(counts)[labelled] / there[labelled])) if labelled.any() else 0.0


def expected_calibration_error(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """ECE of the chosen class, `ECE_BINS` equal bins of confidence: mean gap between confidence and accuracy.

    `probabilities` [posts, classes], `truth` [posts] class indices; 0 for no posts.
    """
    if len(truth) == 0:
        return 0.0
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gap = 0.0
    for b in np.unique(bins):
        inside = bins == b
        gap += inside.sum() * abs(float(right[inside].mean()) - float(confidence[inside].mean()))
    return gap / len(truth)

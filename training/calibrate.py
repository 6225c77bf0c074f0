"""Temperature scaling: one number a head, so that a probability of 0.8 is right eight times in ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.classifier.labels import HEADS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

GRID = np.exp(np.linspace(np.log(0.4), np.log(2.5), 200))
#: Labelled posts below which a temperature would say more about chance than about the network.
LEAST_POSTS = 30


def negative_log_likelihood(logits: NDArray[np.float32], labels: NDArray[np.int64], temperature: float) -> float:
    """Mean negative log-likelihood of `labels` [posts] under `logits / temperature` [posts, classes]."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_probabilities = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature with the least negative log-likelihood on labelled rows; 1 where they are too few."""
    known = labels >= 0
    if known.sum() < LEAST_POSTS:
        return 1.0
    return float(min(GRID, key=lambda t: negative_log_likelihood(logits[known], labels[known], float(t))))


def fit_temperatures(logits: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int64]) -> dict[str, float]:
    """One temperature a head from the logits of annotated posts by head, and `labels` [posts, heads].

    All heads but the kind are used, and so fitted, on reactions only.
    """
    reaction = labels[:, 0] == 0
    return {
        head: fit_temperature(logits[head], np.where(reaction | (head == "kind"), labels[:, i], -1))
        for i, head in enumerate(HEADS)
    }

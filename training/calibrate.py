"""Temperature scaling: one number a head, so that a probability of 0.8 is right eight times in ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID = np.exp(np.linspace(np.log(0.4), np.log(2.5), 200))


def negative_log_likelihood(logits: NDArray[np.float32], labels: NDArray[np.int64], temperature: float) -> float:
    """Mean negative log-likelihood of `labels` [posts] under `logits / temperature` [posts, classes]."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_probabilities = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature with the least negative log-likelihood on labelled rows; 1 where there are none."""
    known = labels >= 0
    if not known.any():
        return 1.0
    return float(min(GRID, key=lambda t: negative_log_likelihood(logits[known], labels[known], float(t))))

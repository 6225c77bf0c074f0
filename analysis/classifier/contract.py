"""What every classifier promises: the protocol and the frame it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analysis.classifier.text import Context

PREDICTION_SCHEMA = pl.Schema(
    {
        "kind": pl.String,  # reaction · news · promo · noise
        "p_reaction": pl.Float32,  # the four add to 1
        "p_news": pl.Float32,
        "p_promo": pl.Float32,
        "p_noise": pl.Float32,
        "voice": pl.String,  # ? affected · observer; null unless kind is reaction
        "p_affected": pl.Float32,  # given for every post
        "sentiment": pl.String,  # negative · neutral · positive
        "p_negative": pl.Float32,  # calibrated; the three add to 1
        "p_neutral": pl.Float32,
        "p_positive": pl.Float32,
        "emotion": pl.String,  # anger · sadness · fear · surprise · joy · none
        "p_anger": pl.Float32,  # the six add to 1
        "p_sadness": pl.Float32,
        "p_fear": pl.Float32,
        "p_surprise": pl.Float32,
        "p_joy": pl.Float32,
        "p_none": pl.Float32,
    }
)


class Classifier(Protocol):
    """Labels posts. Implementations are registered in `backends.py`."""

    @property
    def revision(self) -> str:
        """Short name that changes whenever predictions may change, such as `pulse-1@0123456789ab`."""

    def predict(
        self,
        texts: Sequence[str],
        contexts: Sequence[Context],
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> pl.DataFrame:
        """One row a text, in input order, of `PREDICTION_SCHEMA`; empty input gives an empty frame of that schema.

        `contexts` is as long as `texts` (else `UsageError`). `on_progress` gets the number of posts done so far.
        The same text and context give the same probabilities to 1e-3, alone, in a batch and in any order. Raises
        `ModelError` where the model can't be run.
        """

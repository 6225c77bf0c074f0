"""What decides a run's result besides the data and the base."""

from __future__ import annotations

from dataclasses import dataclass

from store import UsageError


@dataclass(frozen=True)
class Recipe:
    """A run of training.

    `start` is where in the mixture a run begins: 0 with general sentiment, for a base that has never seen the task; towards
    1 with layoff posts, for a model that goes on learning. `frozen_layers` at the bottom save a third of their share of a step.
    `consistency` is the weight of R-Drop, which costs a second pass a step; `soft` the teachers' share in the loss; `left_out`
    the fold of the training posts that this run never sees and is measured on (-1: none).
    """

    posts: int = 163_840  # 80 pools
    start: float = 0.0
    batch_tokens: int = 1536
    lr: float = 1.5e-4
    head_lr: float = 5e-4
    layer_decay: float = 0.93
    frozen_layers: int = 0
    average_decay: float = 0.996
    consistency: float = 0.0
    soft: float = 0.5
    left_out: int = -1
    seed: int = 1
    workers: int = 2
    checkpoint_pools: int = 8
    measure_pools: int = 16

    def __post_init__(self) -> None:
        """Raise `UsageError` for a count that leaves nobody to train or nothing to count by."""
        for name in ("workers", "checkpoint_pools", "measure_pools"):
            if getattr(self, name) < 1:
                raise UsageError(f"--{name.replace('_', '-')} is {getattr(self, name)}; give 1 or more.")


@dataclass(frozen=True)
class Pretraining:
    """Masked-language training: how long and how fast."""

    epochs: int = 0
    batch_tokens: int = 16_384
    lr: float = 3e-4
    seed: int = 1

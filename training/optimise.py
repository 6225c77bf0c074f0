"""Parameter groups, learning-rate schedule, losses and the running average of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis.classifier.labels import HEADS

if TYPE_CHECKING:
    from training.batches import Batch
    from training.model import Network

#: Weight of each head's loss per labelled post, and of its classes. Those are set by hand, near the square root of the inverse share
#: among the annotated posts of training (mean 1) and mostly nearer to 1: surprise would be 2.39, news 1.32, affected 1.34. Those of
#: sentiment (0.9, 1, 1.3; computed 0.83, 1.02, 1.55) go with an annotated post, see `corpora.py`.
HEAD_WEIGHTS = {"kind": 1.5, "voice": 0.7, "sentiment": 1.0, "emotion": 1.0}
CLASS_WEIGHTS = {
    "kind": (0.75, 1.0, 1.8, 1.05),
    "voice": (0.9, 1.1),
    "sentiment": (1.0, 1.0, 1.0),
    "emotion": (0.9, 1.1, 1.3, 1.5, 1.1, 0.8),
}
LABEL_SMOOTHING = 0.05


def parameter_groups(
    model: Network, *, lr: float, layer_decay: float, head_lr: float, frozen_layers: int
) -> list[dict[str, object]]:
    """AdamW groups: lower layers learn more slowly, biases and norms are not decayed, embeddings stay frozen.

    Frozen embeddings keep the base's 4-bit grid, so the shipped 4-bit table is exact. Nothing is propagated back through
    the lowest `frozen_layers`.
    """
    layers = len(model.encoder.encoder.layer)
    for module in (model.encoder.embeddings, *model.encoder.encoder.layer[:frozen_layers]):
        module.requires_grad_(False)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = head_lr
        if name.startswith("encoder.encoder.layer."):
            rate = lr * layer_decay ** (layers - 1 - int(name.split(".")[3]))
        decay = 0.01 if parameter.ndim > 1 and not name.startswith("heads.queries") else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": group, "lr": rate, "peak_lr": rate, "weight_decay": d} for (rate, d), group in groups.items()]


def set_rate(optimizer: torch.optim.Optimizer, progress: float, *, warm_up: float = 0.05) -> None:
    """Linear warm-up over the first `warm_up` of the run, then linear decay to zero."""
    factor = min(progress / warm_up, (1.0 - progress) / (1.0 - warm_up))
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * max(factor, 0.0)


def loss_of(logits: dict[str, Tensor], batch: Batch, *, soft: float) -> Tensor:
    """Sum over heads of the weighted cross-entropy, per post of the batch; missing labels count nothing.

    Where teachers spoke, `soft` is the share of their probabilities in a head's loss and 1 - `soft` that of the label.
    """
    total = logits["kind"].new_zeros(())
    start = 0
    for i, (head, classes) in enumerate(HEADS.items()):
        labels = batch.labels[:, i]
        losses = functional.cross_entropy(
            logits[head],
            labels,
            weight=logits[head].new_tensor(CLASS_WEIGHTS[head]),
            ignore_index=-1,
            label_smoothing=LABEL_SMOOTHING,
            reduction="none",
        )
        if head == "sentiment":
            losses = losses * batch.sentiment_weight
        teachers = functional.cross_entropy(logits[head], batch.soft[:, start : start + len(classes)], reduction="none")
        share = soft * batch.soft_weight[:, i]
        losses = (1.0 - share) * losses + share * teachers
        total = total + HEAD_WEIGHTS[head] * losses.sum() / len(labels)
        start += len(classes)
    return total


def disagreement(one: dict[str, Tensor], other: dict[str, Tensor], batch: Batch) -> Tensor:
    """R-Drop: symmetric Kullback-Leibler divergence of two passes with different dropout, on the heads a post teaches."""
    total = one["kind"].new_zeros(())
    for i, head in enumerate(HEADS):
        a, b = one[head].log_softmax(1), other[head].log_softmax(1)
        divergence = ((a.exp() - b.exp()) * (a - b)).sum(1) / 2
        taught = (batch.labels[:, i] >= 0) | (batch.soft_weight[:, i] > 0)
        total = total + HEAD_WEIGHTS[head] * (divergence * taught).sum() / len(taught)
    return total


class Average:
    """Exponential moving average of the trainable weights; what is evaluated and shipped."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._live = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.weights = {name: p.detach().clone() for name, p in self._live.items()}

    @torch.no_grad()
    def update(self, steps: int) -> None:
        """Move towards the live weights; early on faster, so that the start is forgotten."""
        decay = min(self.decay, steps / (steps + 10))
        torch._foreach_lerp_(list(self.weights.values()), list(self._live.values()), 1.0 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange live and averaged weights; call it again to go back."""
        for name, parameter in self._live.items():
            live = parameter.detach().clone()
            parameter.copy_(self.weights[name])
            self.weights[name].copy_(live)

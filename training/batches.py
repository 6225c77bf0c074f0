"""From examples to padded tensors: length-bucketed batches under a token budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from analysis.classifier.windows import PAD_ID, Window, split_windows

if TYPE_CHECKING:
    import random

    from transformers import PreTrainedTokenizerBase

    from training.corpora import Example


@dataclass(frozen=True)
class Batch:
    """Padded tensors of one step: ids and masks [posts, tokens], labels [posts, heads], sentiment weight [posts]."""

    input_ids: Tensor
    attention_mask: Tensor
    text_mask: Tensor
    labels: Tensor
    sentiment_weight: Tensor

    def to(self, device: str) -> Batch:
        """The same batch on another device."""
        return Batch(**{name: tensor.to(device) for name, tensor in vars(self).items()})


def first_windows(examples: list[Example], tokenizer: PreTrainedTokenizerBase) -> list[Window]:
    """The first window of each example: training reads no further (98 % of posts fit)."""
    texts = tokenizer([e.text for e in examples], add_special_tokens=False)["input_ids"]
    contexts = tokenizer([e.context for e in examples], add_special_tokens=False)["input_ids"]
    return [next(split_windows(text, context)) for text, context in zip(texts, contexts, strict=True)]


def make_batches(
    examples: list[Example], tokenizer: PreTrainedTokenizerBase, *, batch_tokens: int, rng: random.Random | None
) -> list[tuple[list[int], Batch]]:
    """Sort by length, cut at `batch_tokens` padded tokens; with `rng` the order of batches is shuffled.

    Returns each batch with the indices of its examples.
    """
    windows = first_windows(examples, tokenizer)
    order = sorted(range(len(examples)), key=lambda i: len(windows[i].ids))
    groups: list[list[int]] = [[]]
    for i in order:
        if groups[-1] and len(windows[i].ids) * (len(groups[-1]) + 1) > batch_tokens:
            groups.append([])
        groups[-1].append(i)
    if rng is not None:
        rng.shuffle(groups)
    return [(group, _collate([examples[i] for i in group], [windows[i] for i in group])) for group in groups]


def _collate(examples: list[Example], windows: list[Window]) -> Batch:
    width = max(len(window.ids) for window in windows)
    shape = (len(windows), width)
    input_ids = torch.full(shape, PAD_ID, dtype=torch.long)
    attention_mask = torch.zeros(shape, dtype=torch.long)
    text_mask = torch.zeros(shape, dtype=torch.long)
    for row, window in enumerate(windows):
        input_ids[row, : len(window.ids)] = torch.tensor(window.ids)
        attention_mask[row, : len(window.ids)] = 1
        text_mask[row, : window.text_length] = 1
    labels = torch.tensor([example.labels for example in examples])
    weights = torch.tensor([example.sentiment_weight for example in examples])
    return Batch(input_ids, attention_mask, text_mask, labels, weights)

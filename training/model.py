"""The network: one encoder, one attention pooling and one linear layer for each head.

Saved as a folder that any machine with transformers can read: the encoder's own checkpoint and tokenizer, plus
`heads.safetensors` (`queries` [heads, hidden], and `outputs.N.weight`, `outputs.N.bias` of head number N).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel

from analysis.classifier.labels import HEADS
from analysis.classifier.torch_backend import HEADS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping


class Heads(nn.Module):
    """Logits of every head from the encoder's last hidden states.

    Each head pools the text's tokens with its own learnt query. The query starts at zero, which is mean pooling, the
    pooling the base encoder was trained with; a head moves away from it only as far as its labels ask.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.names = tuple(HEADS)
        self.sizes = tuple(len(HEADS[name]) for name in self.names)
        self.queries = nn.Parameter(torch.zeros(len(self.names), hidden))
        self.outputs = nn.ModuleList(nn.Linear(hidden, size) for size in self.sizes)
        self.dropout = nn.Dropout(0.1)

    def forward(self, states: Tensor, text_mask: Tensor) -> dict[str, Tensor]:
        """`states` [batch, tokens, hidden], `text_mask` [batch, tokens] (1 where pooled) → logits [batch, classes]."""
        scores = states @ self.queries.T / math.sqrt(states.shape[-1])  # [batch, tokens, heads]
        scores = scores + (text_mask.to(states.dtype).unsqueeze(-1) - 1.0) * 1e4
        weights = scores.softmax(dim=1)
        pooled = self.dropout(weights.transpose(1, 2) @ states)  # [batch, heads, hidden]
        return {name: self.outputs[i](pooled[:, i]) for i, name in enumerate(self.names)}


class Network(nn.Module):
    """Encoder and heads. `base` is a folder or a hub id of a BERT-like encoder."""

    def __init__(self, base: str | Path) -> None:
        super().__init__()
        # No dropout on attention weights: it forces the slow attention path and gained nothing measurable.
        self.encoder = AutoModel.from_pretrained(
            base, dtype=torch.float32, add_pooling_layer=False, attention_probs_dropout_prob=0.0
        )
        self.heads = Heads(self.encoder.config.hidden_size)
        heads_file = Path(base) / HEADS_FILE
        if heads_file.is_file():
            self.heads.load_state_dict(load_file(heads_file))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, text_mask: Tensor) -> dict[str, Tensor]:
        """All masks [batch, tokens], ids likewise → logits per head."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.heads(states.float(), text_mask)  # type: ignore[no-any-return]  # torch modules are untyped

    def save(self, folder: Path, temperatures: Mapping[str, float] | None = None) -> None:
        """Write encoder and heads, whose logits are divided by `temperatures`; the tokenizer's files are the caller's to add."""
        self.encoder.save_pretrained(folder)
        heads = self.heads.state_dict()
        for i, name in enumerate(self.heads.names):
            for part in ("weight", "bias"):
                heads[f"outputs.{i}.{part}"] = heads[f"outputs.{i}.{part}"] / (temperatures or {}).get(name, 1.0)
        save_file(heads, folder / HEADS_FILE)

"""Per-channel rescaling before int8 (SmoothQuant): channels that are large in every token are made smaller, their weights larger.

What counts is the largest value in a row, since it sets the row's scale: a few channels of this encoder are ten times
the rest in nearly every token, and would leave the others a tenth of the 255 steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from training.batches import Reader, make_batches

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

    from training.corpora import Example
    from training.model import Network

#: Share of the difficulty that moves from activations into weights (SmoothQuant's alpha).
STRENGTH = 0.5  # 0.6 did no better


@torch.no_grad()
def channel_peaks(
    model: Network, tokenizer: PreTrainedTokenizerBase, examples: list[Example]
) -> dict[str, NDArray[np.float32]]:
    """For each linear layer of the encoder, by its module name: the largest magnitude of every input channel."""
    peaks: dict[str, torch.Tensor] = {}
    mask: torch.Tensor | None = None

    def watch(name: str) -> object:
        def hook(_: object, inputs: tuple[torch.Tensor, ...], __: object) -> None:
            tokens = inputs[0][mask].abs().amax(dim=0)
            peaks[name] = torch.maximum(peaks[name], tokens) if name in peaks else tokens

        return hook

    handles = [
        module.register_forward_hook(watch(name))  # type: ignore[arg-type]  # torch's hook type is looser
        for name, module in model.encoder.named_modules()
        if isinstance(module, torch.nn.Linear)
    ]
    model.eval()
    for _, batch in make_batches(examples, Reader(tokenizer), batch_tokens=4096, rng=None):
        mask = batch.attention_mask.bool()
        model(batch.input_ids, batch.attention_mask, batch.text_mask)
    for handle in handles:
        handle.remove()
    return {name: peak.numpy() for name, peak in peaks.items()}


def smoothing(peaks: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divisors of the input channels [in] for a weight [out, in]; the weight's columns are multiplied by them."""
    reach = np.maximum(np.abs(weight).max(axis=0), 1e-5)
    factors = np.maximum(peaks, 1e-5) ** STRENGTH / reach ** (1 - STRENGTH)
    return np.asarray(factors / np.exp(np.log(factors).mean()), np.float32)

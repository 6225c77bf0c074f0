"""Masked-language training of the base encoder on the texts it will work on: layoff posts, tweets, reviews, no labels.

Held-out threads and authors and the validation files are left out here too. The word embeddings stay frozen (they are shipped
on the base's 4-bit grid) and serve as the output layer's weights.
"""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from analysis.classifier.engine import batches_by_length
from analysis.classifier.windows import CLS_ID, PAD_ID, SEP_ID
from store import UsageError
from training.batches import Reader, first_windows, tensors
from training.checkpoints import identity, refuse_another, save_state
from training.measure import bf16_pays
from training.mixture import SOURCES, UNLABELLED, load
from training.model import HEADS_FILE
from training.optimise import set_rate

if TYPE_CHECKING:
    from training.recipe import Pretraining

# BERT's shares: of tokens; of masked ones those left as they are, those swapped
MASKED, KEPT, REPLACED = 0.15, 0.1, 0.1


class MaskedLanguage(nn.Module):
    """Encoder and the head that guesses masked tokens."""

    def __init__(self, base: str | Path) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            base, dtype=torch.float32, add_pooling_layer=False, attention_probs_dropout_prob=0.0
        )
        self.encoder.embeddings.requires_grad_(False)
        hidden, words = self.encoder.config.hidden_size, self.encoder.config.vocab_size
        self.transform = nn.Sequential(
            nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden), nn.Linear(hidden, hidden)
        )
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, ids: Tensor, attention_mask: Tensor, chosen: Tensor) -> Tensor:
        """Logits [chosen tokens, words] of the tokens where `chosen` [batch, tokens] is true."""
        states = self.encoder(input_ids=ids, attention_mask=attention_mask).last_hidden_state
        return functional.linear(
            self.transform(states[chosen]), self.encoder.embeddings.word_embeddings.weight, self.bias
        )


def pretrain(data: Path, base: str, out: Path, recipe: Pretraining) -> Path:
    """Train and return the folder of the encoder, `out/model`.

    Killed at any moment, the same call goes on from the last epoch; so does one with more epochs. Raises `UsageError` where the
    checkpoint is of a run with other settings or another base, or has more epochs behind it than are asked for.
    """
    out.mkdir(parents=True, exist_ok=True)
    made_from = identity(recipe, base)
    refuse_another(out / "state.pt", made_from)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(recipe.seed)
    read = Reader(AutoTokenizer.from_pretrained(base))
    corpora = [load(data, source.name) for source in (*SOURCES, UNLABELLED)]
    examples = list({(e.text, e.context): e for corpus in corpora for e in corpus}.values())
    windows = first_windows(examples, read)
    model = MaskedLanguage(base).to(device).train()
    trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
    groups = [
        {"params": [p for p in trainable.values() if p.ndim > 1], "peak_lr": recipe.lr, "weight_decay": 0.01},
        {"params": [p for p in trainable.values() if p.ndim == 1], "peak_lr": recipe.lr, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.lr, betas=(0.9, 0.98), fused=True)
    epoch = 0
    if (out / "state.pt").exists():
        state = torch.load(out / "state.pt", map_location=device, weights_only=True)
        epoch = state["epoch"]
        if epoch > recipe.epochs:
            raise UsageError(
                f"{out / 'state.pt'} has learnt for {epoch} epochs, and --pretrain-epochs is {recipe.epochs}. Give {epoch} or more, "
                "another --out, or delete that file to begin anew."
            )
        model.load_state_dict(state["model"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
    while epoch < recipe.epochs:
        started, losses = time.monotonic(), torch.zeros((), device=device)
        rng = random.Random(recipe.seed * 1_000_003 + epoch)
        torch.manual_seed(recipe.seed * 1009 + epoch)
        groups_of_windows = list(batches_by_length(windows, recipe.batch_tokens))
        rng.shuffle(groups_of_windows)
        for i, group in enumerate(groups_of_windows):
            set_rate(optimizer, (epoch + i / len(groups_of_windows)) / recipe.epochs)
            ids, attention_mask, _ = (t.to(device, non_blocking=True) for t in tensors([windows[j] for j in group]))
            masked, chosen = mask_tokens(ids, read)
            with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16_pays(device)):
                logits = model(masked, attention_mask, chosen)
            loss = functional.cross_entropy(logits.float(), ids[chosen])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trainable.values(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses += loss.detach()
        epoch += 1
        mean = float(losses) / len(groups_of_windows)
        print(
            f"{time.strftime('%H:%M:%S')} epoch {epoch}/{recipe.epochs} loss {mean:.3f} {time.monotonic() - started:.0f} s",
            flush=True,
        )
        state = {
            "epoch": epoch,
            "model": {name: p.detach() for name, p in trainable.items()},
            "optimizer": optimizer.state_dict(),
            "identity": made_from,
        }
        save_state(state, out / "state.pt")
    model.encoder.save_pretrained(out / "model")
    read.tokenizer.save_pretrained(out / "model")
    if (Path(base) / HEADS_FILE).is_file():  # a base that has learnt the task keeps what it learnt
        shutil.copyfile(Path(base) / HEADS_FILE, out / "model" / HEADS_FILE)
    return out / "model"


def mask_tokens(ids: Tensor, read: Reader) -> tuple[Tensor, Tensor]:
    """The ids with some tokens masked or swapped, and which ones are to be guessed (never the special ones)."""
    draw = torch.rand(ids.shape, device=ids.device)
    chosen = (draw < MASKED) & (ids > max(CLS_ID, PAD_ID, SEP_ID))
    chosen[0, 1] |= not chosen.any()  # an empty batch has no mean loss
    masked = ids.masked_fill(chosen & (draw < MASKED * (1 - KEPT)), int(read.tokenizer.mask_token_id))
    swapped = chosen & (draw < MASKED * REPLACED)
    return torch.where(swapped, torch.randint_like(ids, len(read.tokenizer)), masked), chosen

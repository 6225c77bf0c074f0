"""The training loop: seeded, resumable at every checkpoint, on CUDA where there is a GPU.

On processors each worker process trains on one thread and its own share of the batches; after every pool the
workers' weights are averaged (local SGD). Two threads in one process wait for each other at every operator, which on
a busy machine halved the speed.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from analysis.classifier.windows import CLS_ID, PAD_ID, SEP_ID
from training.batches import Batch, make_batches
from training.measure import bf16_pays, measure
from training.mixture import SOURCES, Mixture, load
from training.model import Network
from training.optimise import Average, loss_of, parameter_groups, set_rate
from training.unpack import ARTEFACT, BUNDLED, unpack

if TYPE_CHECKING:
    from pathlib import Path

POOL_POSTS = 2048  # drawn at once, sorted by length and cut into batches
AVERAGE_EVERY = 4  # steps


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run's result besides the data and the base.

    `start` is where in the mixture a run begins: 0 with general sentiment, for a base that has never seen the task; towards
    1 with layoff posts, for a model that goes on learning. `frozen_layers` at the bottom save a third of their share of a step.
    """

    posts: int = 163_840  # 80 pools
    start: float = 0.0
    batch_tokens: int = 1536
    lr: float = 1.5e-4
    head_lr: float = 5e-4
    layer_decay: float = 0.93
    frozen_layers: int = 0
    average_decay: float = 0.996
    seed: int = 1
    workers: int = 2
    checkpoint_pools: int = 8
    measure_pools: int = 16


def fit(data: Path, base: str, out: Path, recipe: Recipe) -> Path:
    """Train and return the folder of the averaged weights, `out/model`.

    Killed at any moment, the same call goes on from the last checkpoint in `out/state.pt`. A resumed run may be given
    another `posts`: the schedule is then stretched or shortened from there.
    """
    out.mkdir(parents=True, exist_ok=True)
    if base == BUNDLED and not (out / BUNDLED / "tokenizer_config.json").exists():
        unpack(ARTEFACT, out / BUNDLED)
    base = str(out / BUNDLED) if base == BUNDLED else base
    if torch.cuda.is_available():
        Run(data, base, out, recipe, rank=0, workers=1).train()
    else:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29531")
        torch.multiprocessing.spawn(_worker, args=(data, base, out, recipe), nprocs=recipe.workers)
    return out / "model"


def _worker(rank: int, data: Path, base: str, out: Path, recipe: Recipe) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", rank=rank, world_size=recipe.workers)
    Run(data, base, out, recipe, rank=rank, workers=recipe.workers).train()
    distributed.destroy_process_group()


class Run:
    """One worker's model, optimiser and place in the data."""

    def __init__(self, data: Path, base: str, out: Path, recipe: Recipe, *, rank: int, workers: int) -> None:
        self.data, self.out, self.recipe, self.rank, self.workers = data, out, recipe, rank, workers
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.bf16 = bf16_pays(self.device)
        torch.manual_seed(recipe.seed * 1009 + rank)
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(base)
        specials = self.tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>"])
        if specials != [CLS_ID, PAD_ID, SEP_ID]:
            raise ValueError(f"{base}: needs XLM-R's tokenizer; its <s>, <pad>, </s> are {specials}")
        self.model = Network(base).to(self.device).train()
        groups = parameter_groups(
            self.model,
            lr=recipe.lr,
            layer_decay=recipe.layer_decay,
            head_lr=recipe.head_lr,
            frozen_layers=recipe.frozen_layers,
        )
        self.optimizer = torch.optim.AdamW(groups, fused=True)
        self.average = Average(self.model, recipe.average_decay)
        corpora = {s.name: load(data, s.name) for s in SOURCES}
        self.mixture = Mixture(corpora, SOURCES, recipe.seed)
        self.pools = max(1, recipe.posts // POOL_POSTS)
        self.pool = self.steps = 0
        if (out / "state.pt").exists():
            self._resume()

    def train(self) -> None:
        """All pools that are left."""
        while self.pool < self.pools:
            started, tokens, losses = time.monotonic(), 0, []
            examples = self.mixture.draw(self._place(), POOL_POSTS)
            rng = random.Random(self.recipe.seed * 1_000_003 + self.pool)
            budget = self.recipe.batch_tokens // self.workers
            batches = make_batches(examples, self.tokenizer, batch_tokens=budget, rng=rng)[self.rank :: self.workers]
            for i, (_, batch) in enumerate(batches):
                losses.append(self._step(batch, (self.pool + i / len(batches)) / self.pools))
                tokens += batch.input_ids.numel()
            self._merge_workers()
            self.pool += 1
            if self.rank == 0:
                rate = self.workers * tokens / (time.monotonic() - started)
                loss = sum(losses) / len(losses)
                print(
                    f"{time.strftime('%H:%M:%S')} pool {self.pool}/{self.pools} loss {loss:.4f} {rate:.0f} tokens/s",
                    flush=True,
                )
                if self.pool % self.recipe.checkpoint_pools == 0 or self.pool == self.pools:
                    self._checkpoint()

    def _step(self, batch: Batch, progress: float) -> float:
        set_rate(self.optimizer, progress)
        batch = batch.to(self.device)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.model(batch.input_ids, batch.attention_mask, batch.text_mask)
        loss = loss_of({name: value.float() for name, value in logits.items()}, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.steps += 1
        if self.steps % AVERAGE_EVERY == 0:
            self.average.update(self.steps)
        return float(loss.item())

    @torch.no_grad()
    def _merge_workers(self) -> None:
        if self.workers == 1:
            return
        for tensor in [*(p for p in self.model.parameters() if p.requires_grad), *self.average.weights.values()]:
            distributed.all_reduce(tensor.data)
            tensor.data.div_(self.workers)

    def _checkpoint(self) -> None:
        trainable = {n: p.detach() for n, p in self.model.named_parameters() if p.requires_grad}
        state: dict[str, Any] = {
            "pool": self.pool,
            "steps": self.steps,
            "model": trainable,
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.weights,
            "rng": torch.get_rng_state(),
        }
        partial = self.out / "state.partial"
        torch.save(state, partial)
        partial.replace(self.out / "state.pt")
        self.average.swap()
        self.model.eval()
        self.model.save(self.out / "model")
        self.tokenizer.save_pretrained(self.out / "model")
        if self.pool % self.recipe.measure_pools == 0 or self.pool == self.pools:
            figures = measure(self.model, self.tokenizer, self.data, split="dev", device=self.device)
            with (self.out / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps({"pool": self.pool, "steps": self.steps, **figures}) + "\n")
        self.model.train()
        self.average.swap()

    def _resume(self) -> None:
        state = torch.load(self.out / "state.pt", map_location=self.device, weights_only=True)
        self.steps = state["steps"]
        self.model.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.weights = state["average"]
        if self.rank == 0:
            torch.set_rng_state(state["rng"].cpu())
        while self.pool < state["pool"]:  # the stream is a function of the seed: replay it up to here
            self.mixture.draw(self._place(), POOL_POSTS)
            self.pool += 1

    def _place(self) -> float:
        """How far the mixture has moved from general sentiment to layoff posts."""
        return self.recipe.start + (1.0 - self.recipe.start) * self.pool / self.pools

"""The training loop: seeded, resumable at every checkpoint, on CUDA where there is a GPU.

A run that goes on with one worker and the same `posts` takes the very steps it would have taken. With several workers all
get the first one's optimizer moments, each having had its own; with another `posts` the mixture is replayed as if the run had
always been that long, so the posts that come next are not exactly those it would have read.

On processors each worker process trains on one thread and its own share of the batches; after every pool the
workers' weights are averaged (local SGD). Two threads in one process wait for each other at every operator, which on
a busy machine halved the speed.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import distributed
from transformers import AutoTokenizer

from training.batches import Batch, Reader, make_batches
from training.checkpoints import identity, refuse_another, save_model, save_state
from training.distil import with_targets
from training.measure import bf16_pays, development, log_figures, measure, temperatures_on
from training.mixture import ANNOTATIONS, GOLD, SOURCES, UMSAB, UNLABELLED, Mixture, Source, load, survey
from training.model import Network
from training.optimise import Average, disagreement, loss_of, parameter_groups, set_rate
from training.splits import fold_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.recipe import Recipe

POOL_POSTS = 2048  # drawn at once, sorted by length and cut into batches
AVERAGE_EVERY = 4  # steps
MEETING = "workers"  # the file in `out` where workers find each other: a port would be taken by a second run


def fit(data: Path, base: str, out: Path, recipe: Recipe, targets: Path | None = None) -> Path:
    """Train and return the folder of the averaged weights, `out/model`; with teachers' `targets` (see `distil.py`) a student.

    Killed at any moment, the same call goes on from the last checkpoint in `out/state.pt`. A resumed run may be given
    another `posts`: the schedule is then stretched or shortened from there. Raises `UsageError` where the checkpoint is of a run
    with another recipe, base or targets.
    """
    out.mkdir(parents=True, exist_ok=True)
    # Before any worker starts: an error raised in one reaches the user wrapped in two tracebacks.
    refuse_another(out / "state.pt", identity(recipe, base, targets))
    survey(data, _sources(targets), posts=recipe.posts, start=recipe.start)
    if torch.cuda.is_available():
        Run(data, base, out, recipe, targets, rank=0, workers=1).train()
    else:
        (out / MEETING).unlink(missing_ok=True)  # a killed run leaves it, and nobody would come
        torch.multiprocessing.spawn(
            _worker, args=((data, base, out, recipe, targets), recipe.workers), nprocs=recipe.workers
        )
    return out / "model"


def _worker(rank: int, job: tuple[Path, str, Path, Recipe, Path | None], workers: int) -> None:
    torch.set_num_threads(1)
    out = job[2].resolve()
    distributed.init_process_group("gloo", init_method=(out / MEETING).as_uri(), rank=rank, world_size=workers)
    Run(*job, rank=rank, workers=workers).train()
    distributed.destroy_process_group()


def _sources(targets: Path | None) -> tuple[Source, ...]:
    return SOURCES if targets is None else (*SOURCES, UNLABELLED)


class Run:
    """One worker's model, optimiser and place in the data."""

    def __init__(
        self, data: Path, base: str, out: Path, recipe: Recipe, targets: Path | None = None, *, rank: int, workers: int
    ) -> None:
        self.data, self.out, self.recipe, self.rank, self.workers = data, out, recipe, rank, workers
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.bf16 = bf16_pays(self.device)
        torch.manual_seed(recipe.seed * 1009 + rank)
        self.read = Reader(AutoTokenizer.from_pretrained(base))
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
        sources = _sources(targets)
        corpora = {source.name: load(data, source.name) for source in sources}
        if targets is not None:
            corpora = {name: with_targets(examples, targets) for name, examples in corpora.items()}
        self.left_out = {
            name: [e for e in examples if fold_of(e) == recipe.left_out] for name, examples in corpora.items()
        }
        kept = {name: [e for e in examples if fold_of(e) != recipe.left_out] for name, examples in corpora.items()}
        self.mixture = Mixture(kept, sources, recipe.seed)
        self.pools = max(1, recipe.posts // POOL_POSTS)
        self.pool = self.steps = 0
        self.identity = identity(recipe, base, targets)
        if (out / "state.pt").exists():
            self._resume()

    def train(self) -> None:
        """All pools that are left; where none are, the model is written from the checkpoint."""
        if self.rank == 0 and self.pool >= self.pools:
            self._save_model()
        while self.pool < self.pools:
            # For each pool anew, so that a resumed run's dropout is that of one never stopped.
            torch.manual_seed((self.recipe.seed * 1009 + self.rank) * 1_000_003 + self.pool)
            started, tokens, losses = time.monotonic(), 0, torch.zeros((), device=self.device)
            examples = self.mixture.draw(self._place(), POOL_POSTS)
            rng = random.Random(self.recipe.seed * 1_000_003 + self.pool)
            budget = self.recipe.batch_tokens // self.workers
            batches = make_batches(examples, self.read, batch_tokens=budget, rng=rng)[self.rank :: self.workers]
            for i, (_, batch) in enumerate(batches):
                losses += self._step(batch, (self.pool + i / len(batches)) / self.pools)
                tokens += batch.input_ids.numel()
            self._merge_workers()
            self.pool += 1
            if self.rank == 0:
                rate = self.workers * tokens / (time.monotonic() - started)
                loss = float(losses) / len(batches)
                print(
                    f"{time.strftime('%H:%M:%S')} pool {self.pool}/{self.pools} loss {loss:.4f} {rate:.0f} tokens/s",
                    flush=True,
                )
                if self.pool % self.recipe.checkpoint_pools == 0 or self.pool == self.pools:
                    self._checkpoint()

    def _step(self, batch: Batch, progress: float) -> torch.Tensor:
        set_rate(self.optimizer, progress)
        batch = batch.to(self.device)
        logits = self._logits(batch)
        loss = loss_of(logits, batch, soft=self.recipe.soft)
        if self.recipe.consistency:
            again = self._logits(batch)
            loss = (loss + loss_of(again, batch, soft=self.recipe.soft)) / 2
            loss = loss + self.recipe.consistency * disagreement(logits, again, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.steps += 1
        if self.steps % AVERAGE_EVERY == 0:
            self.average.update(self.steps)
        return loss.detach()

    def _logits(self, batch: Batch) -> dict[str, torch.Tensor]:
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.model(batch.input_ids, batch.attention_mask, batch.text_mask)
        return {name: value.float() for name, value in logits.items()}

    @torch.no_grad()
    def _merge_workers(self) -> None:
        if self.workers == 1:
            return
        for tensor in [*(p for p in self.model.parameters() if p.requires_grad), *self.average.weights.values()]:
            distributed.all_reduce(tensor.data)
            tensor.data.div_(self.workers)

    def _checkpoint(self) -> None:
        # The state last: killed before it, the run repeats these pools, and writes model and figures once more.
        self._save_model()
        self._measure()
        self._save_state()

    def _save_state(self) -> None:
        trainable = {n: p.detach() for n, p in self.model.named_parameters() if p.requires_grad}
        state = {
            "pool": self.pool,
            "steps": self.steps,
            "model": trainable,
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.weights,
            "identity": self.identity,
        }
        save_state(state, self.out / "state.pt")

    def _save_model(self) -> None:
        # The finished model's probabilities are taken as they come; a teacher's stay as they were learnt.
        scaled = self.pool >= self.pools and self.recipe.left_out < 0
        with self._averaged():
            posts = development(self.data)[1] if scaled else []
            temperatures = temperatures_on(self.model, self.read, posts, device=self.device)
            save_model(self.model, self.read, temperatures, self.out / "model")

    def _measure(self) -> None:
        last = self.pool == self.pools
        log, place = self.out / "log.jsonl", {"seed": self.recipe.seed, "pool": self.pool}
        with self._averaged():
            if self.pool % self.recipe.measure_pools == 0 or last:
                figures = measure(self.model, self.read, *development(self.data), device=self.device)
                log_figures(log, place, figures)
            if last and self.recipe.left_out >= 0:
                umsab, posts = self.left_out[UMSAB], self.left_out[GOLD] + self.left_out[ANNOTATIONS]
                figures = measure(self.model, self.read, umsab, posts, device=self.device)
                log_figures(log, place | {"fold": self.recipe.left_out}, figures)

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The averaged weights in the model's place, and no dropout."""
        self.average.swap()
        self.model.eval()
        yield
        self.model.train()
        self.average.swap()

    def _resume(self) -> None:
        state = torch.load(self.out / "state.pt", map_location=self.device, weights_only=True)
        self.steps = state["steps"]
        self.model.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.weights = state["average"]
        while self.pool < state["pool"]:  # the stream is a function of the seed: replay it up to here
            self.mixture.draw(self._place(), POOL_POSTS)
            self.pool += 1

    def _place(self) -> float:
        """How far the mixture has moved from general sentiment to layoff posts."""
        return self.recipe.start + (1.0 - self.recipe.start) * self.pool / self.pools

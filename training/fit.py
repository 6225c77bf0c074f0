"""The training loop: seeded, resumable at every checkpoint, on CUDA where there is a GPU."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import AutoTokenizer

from training.batches import make_batches
from training.measure import measure
from training.mixture import SOURCES, Mixture, load
from training.model import Network
from training.optimise import Average, loss_of, parameter_groups, set_rate

if TYPE_CHECKING:
    from pathlib import Path

POOL_POSTS = 2048  # drawn at once, sorted by length and cut into batches
AVERAGE_EVERY = 4  # steps


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run's result besides the data and the base."""

    posts: int = sum(source.posts for source in SOURCES)
    batch_tokens: int = 1536
    lr: float = 1.5e-4
    head_lr: float = 5e-4
    layer_decay: float = 0.93
    average_decay: float = 0.996
    seed: int = 1
    threads: int = 2
    checkpoint_pools: int = 8
    measure_pools: int = 16


def fit(data: Path, base: str, out: Path, recipe: Recipe) -> Path:
    """Train and return the folder of the averaged weights, `out/model`.

    Killed at any moment, the same call goes on from the last checkpoint in `out/state.pt`. A resumed run may be given
    another `posts`: the schedule is then stretched or shortened from there.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = Network(base).to(device).train()
    groups = parameter_groups(model, lr=recipe.lr, layer_decay=recipe.layer_decay, head_lr=recipe.head_lr)
    optimizer = torch.optim.AdamW(groups, fused=True)
    average = Average(model, recipe.average_decay)
    mixture = Mixture({s.name: load(data, s.name) for s in SOURCES if (data / s.name).exists()}, SOURCES, recipe.seed)
    pools = max(1, recipe.posts // POOL_POSTS)

    state_file = out / "state.pt"
    first_pool, steps = 0, 0
    if state_file.exists():
        state = torch.load(state_file, map_location=device, weights_only=True)
        first_pool, steps = state["pool"], state["steps"]
        model.load_state_dict(state["model"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        average.weights = state["average"]
        torch.set_rng_state(state["rng"].cpu())
        for pool in range(first_pool):  # the stream is a function of the seed: replay it up to here
            mixture.draw(pool / pools, POOL_POSTS)
        print(f"resumed at pool {first_pool} of {pools}", flush=True)

    started, tokens, losses = time.monotonic(), 0, 0.0
    for pool in range(first_pool, pools):
        examples = mixture.draw(pool / pools, POOL_POSTS)
        batches = make_batches(
            examples, tokenizer, batch_tokens=recipe.batch_tokens, rng=random.Random(recipe.seed * 1_000_003 + pool)
        )
        losses = 0.0
        for i, (_, batch) in enumerate(batches):
            set_rate(optimizer, (pool + i / len(batches)) / pools)
            on_device = batch.to(device)
            # bf16 halves the time of a step where the processor multiplies it natively (AVX512-BF16, GPUs).
            with torch.autocast(device, dtype=torch.bfloat16):
                logits = model(on_device.input_ids, on_device.attention_mask, on_device.text_mask)
            loss = loss_of({name: value.float() for name, value in logits.items()}, on_device)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
            tokens += batch.input_ids.numel()
            losses += loss.item()
            if steps % AVERAGE_EVERY == 0:
                average.update(steps)
        rate = tokens / (time.monotonic() - started)
        print(
            f"{time.strftime('%H:%M:%S')} pool {pool + 1}/{pools} step {steps} loss {losses / len(batches):.4f} "
            f"{rate:.0f} tokens/s",
            flush=True,
        )
        last = pool + 1 == pools
        if (pool + 1) % recipe.checkpoint_pools == 0 or last:
            trainable = {n: p.detach() for n, p in model.named_parameters() if p.requires_grad}
            _save_atomically(
                {
                    "pool": pool + 1,
                    "steps": steps,
                    "model": trainable,
                    "optimizer": optimizer.state_dict(),
                    "average": average.weights,
                    "rng": torch.get_rng_state(),
                },
                state_file,
            )
            average.swap()
            model.eval()
            model.save(out / "model")
            tokenizer.save_pretrained(out / "model")
            if (pool + 1) % recipe.measure_pools == 0 or last:
                figures = measure(model, tokenizer, data, split="dev", device=device)
                with (out / "log.jsonl").open("a", encoding="utf-8") as log:
                    log.write(json.dumps({"pool": pool + 1, "steps": steps, **figures}) + "\n")
                print(json.dumps(figures), flush=True)
            model.train()
            average.swap()
    return out / "model"


def _save_atomically(state: object, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)

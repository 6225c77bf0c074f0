"""Validation during training: macro-F1 of every head on the held-out splits, the log of it, and the finished model's temperatures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import torch

from analysis.classifier.labels import HEADS
from analysis.classifier.scores import confusion, macro_f1, per_class
from training.batches import Reader, make_batches
from training.calibrate import fit_temperatures
from training.corpora import Example, annotated_posts, sentiment_corpus
from training.splits import split_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.model import Network

#: What a line of figures is known by.
PLACE = ("seed", "pool", "fold")


def bf16_pays(device: str) -> bool:
    """Whether products in bf16 are native: on GPUs, and on processors with AVX512-BF16 (twice float32's speed).

    Elsewhere they are emulated, at a fiftieth of float32's speed.
    """
    return device == "cuda" or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001 - no public name tells bf16 apart


@torch.no_grad()
def logits_of(
    model: Network, read: Reader, examples: Sequence[Example], *, device: str = "cpu"
) -> dict[str, np.ndarray]:
    """Logits [examples, classes] of every head, in the examples' order (first windows only)."""
    results = {head: np.zeros((len(examples), len(classes)), np.float32) for head, classes in HEADS.items()}
    batch_tokens = 32_768 if device == "cuda" else 4096
    for indices, batch in make_batches(examples, read, batch_tokens=batch_tokens, rng=None):
        on_device = batch.to(device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16_pays(device)):
            logits = model(on_device.input_ids, on_device.attention_mask, on_device.text_mask)
        for head, values in logits.items():
            results[head][indices] = values.float().cpu().numpy()
    return results


def _confusion(head: str, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    known = labels >= 0
    truth, guess = ([HEADS[head][i] for i in classes] for classes in (labels[known], logits[known].argmax(1)))
    return confusion(truth, guess, HEADS[head])


def _f1(head: str, logits: np.ndarray, labels: np.ndarray) -> float:
    """Macro-F1 in percent over the labelled rows; not a number where there are none."""
    counts = _confusion(head, logits, labels)
    return round(100 * macro_f1(counts), 2) if counts.any() else float("nan")


def development(data: Path) -> tuple[list[Example], list[Example]]:
    """UMSAB's validation and the development split of the annotated posts; empty where the files are absent."""
    umsab, gold = data / "sentiment/umsab-val.tsv.gz", data / "layoffs/gold-dev.jsonl"
    return (
        sentiment_corpus(umsab) if umsab.exists() else [],
        [post for post in annotated_posts(gold) if split_of(post.group) == "dev"] if gold.exists() else [],
    )


def measure(
    model: Network, read: Reader, umsab: Sequence[Example], posts: Sequence[Example], *, device: str = "cpu"
) -> dict[str, float]:
    """Figures by name, in percent: sentiment of `umsab` by language, every head of the annotated `posts` by platform."""
    figures: dict[str, float] = {}
    if umsab:
        logits = logits_of(model, read, umsab, device=device)["sentiment"]
        column = list(HEADS).index("sentiment")
        labels = np.array([e.labels[column] for e in umsab])
        langs = np.array([e.lang for e in umsab])
        for lang in sorted(set(langs)):
            figures[f"umsab {lang}"] = _f1("sentiment", logits[langs == lang], labels[langs == lang])
        figures["umsab mean"] = round(float(np.mean(list(figures.values()))), 2)
    if posts:
        logits_by_head = logits_of(model, read, posts, device=device)
        labels = np.array([e.labels for e in posts])
        reaction = labels[:, 0] == 0
        for platform in ("x", "reddit"):
            here = np.array([e.context.startswith(platform) for e in posts])
            if not here.any():
                continue
            for i, head in enumerate(HEADS):
                rows = here if head == "kind" else here & reaction
                figures[f"{platform} {head}"] = _f1(head, logits_by_head[head][rows], labels[rows, i])
            kinds = per_class(_confusion("kind", logits_by_head["kind"][here], labels[here, 0]), HEADS["kind"])
            figures[f"{platform} reaction"] = round(100 * kinds["reaction"]["f1"], 2)
    return figures


def temperatures_on(model: Network, read: Reader, posts: Sequence[Example], *, device: str = "cpu") -> dict[str, float]:
    """Temperatures by head, fitted on annotated `posts`; none where there are no posts."""
    if not posts:
        return {}
    return fit_temperatures(logits_of(model, read, posts, device=device), np.array([post.labels for post in posts]))


def log_figures(log: Path, place: dict[str, int], figures: dict[str, float]) -> None:
    """Add a line of `place` (seed, pool, fold) and `figures` to the file `log`, instead of an earlier line of the same place.

    A run that was killed before its checkpoint measures the same pool again.
    """
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    others = [line for line in lines if {k: v for k, v in json.loads(line).items() if k in PLACE} != place]
    partial = log.with_suffix(".partial")
    partial.write_text("".join(f"{line}\n" for line in [*others, json.dumps(place | figures)]), encoding="utf-8")
    partial.replace(log)

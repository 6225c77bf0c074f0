"""Teachers' labels for a student: the mean probabilities of several trained networks on every training text.

A labelled text is judged only by teachers that left it out (see `splits.fold_of`), since a network repeats the labels it was
trained with; a text without labels by all of them. The student then learns from both, label and judgement.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoTokenizer

from analysis.classifier.labels import HEADS
from training.batches import Reader
from training.checkpoints import digest_of
from training.corpora import MISSING, Example
from training.measure import logits_of
from training.mixture import SOURCES, UNLABELLED, load
from training.model import Network
from training.splits import FOLDS, fold_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

KIND, REACTION = list(HEADS).index("kind"), HEADS["kind"].index("reaction")


def write_targets(data: Path, teachers: Sequence[Path], target: Path) -> None:
    """Write `keys` [texts] and `probabilities` [texts, classes of all heads] of every training text to `target` (.npz).

    Teacher number n has left out fold n modulo `FOLDS`. The file also holds what the teachers' weights were, `teachers` [teachers]: one
    that these very teachers made, with a judgement of every text that they can judge, is left as it is.
    """
    made_from = [digest_of(sorted(folder.glob("*.safetensors"))) for folder in teachers]
    corpora = [load(data, source.name) for source in (*SOURCES, UNLABELLED)]
    examples = list({key_of(e): e for corpus in corpora for e in corpus}.values())
    folds = np.array([fold_of(e) for e in examples])
    unlabelled = np.array([max(e.labels) == MISSING for e in examples])
    counted = np.array([unlabelled | (folds == number % FOLDS) for number in range(len(teachers))])
    judges = counted.sum(axis=0)
    judged = judges > 0
    keys = np.array([key_of(e) for e in examples], np.uint64)[judged]
    if target.exists():
        with np.load(target) as stored:
            same = stored.get("teachers", np.empty(0)).tolist() == made_from
            if same and np.isin(keys, stored["keys"]).all():
                return
    total = 0.0
    for folder, counts in zip(teachers, counted, strict=True):
        total = total + _probabilities(folder, examples) * counts[:, None]
    partial = target.with_suffix(".partial")
    with partial.open("wb") as content:
        np.savez(
            content,
            teachers=np.array(made_from),
            keys=keys,
            probabilities=(total / np.maximum(judges, 1)[:, None])[judged].astype(np.float16),
        )
    partial.replace(target)  # whole or not at all: a restart takes what is there for finished


def _probabilities(folder: Path, examples: Sequence[Example]) -> NDArray[np.float64]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Network(folder).to(device).eval()
    logits = logits_of(model, Reader(AutoTokenizer.from_pretrained(folder)), examples, device=device)
    columns = []
    for head in HEADS:
        odds = np.exp(logits[head].astype(np.float64) - logits[head].max(axis=1, keepdims=True))
        columns.append(odds / odds.sum(axis=1, keepdims=True))
    return np.concatenate(columns, axis=1)


def with_targets(examples: Sequence[Example], targets: Path) -> list[Example]:
    """The same examples with the teachers' probabilities, where they judged them.

    What a head's judgement counts: all of it where the corpus labels the head, and for every head of an annotated reaction; of a post without
    labels all of the kind's, and the other heads' as far as it is a reaction.
    """
    stored = np.load(targets)
    place = {int(key): row for row, key in enumerate(stored["keys"])}
    probabilities = stored["probabilities"].astype(np.float32)
    result = []
    for example in examples:
        row = place.get(key_of(example))
        if row is None:
            result.append(example)
            continue
        soft = probabilities[row]
        if max(example.labels) == MISSING:
            weights = tuple(1.0 if head == "kind" else float(soft[REACTION]) for head in HEADS)
        elif example.labels[KIND] == REACTION:
            weights = (1.0,) * len(HEADS)
        else:
            weights = tuple(float(label != MISSING) for label in example.labels)
        result.append(dataclasses.replace(example, soft=soft, soft_weight=weights))
    return result


def key_of(example: Example) -> int:
    """What a text is known by: a hash of it and its context."""
    return int.from_bytes(hashlib.blake2b(f"{example.text}\0{example.context}".encode(), digest_size=8).digest())

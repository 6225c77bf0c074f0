"""Checkpoints written whole or not at all, and what they were made from, so that nobody goes on with another run's."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from store import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from training.batches import Reader
    from training.model import Network
    from training.recipe import Pretraining, Recipe

#: What may change from one call to the next: how long a run is, and how often it is looked at.
FREE = ("posts", "epochs", "checkpoint_pools", "measure_pools")
#: Files that make a base: settings, weights, tokenizer.
BASE_FILES = (".json", ".safetensors", ".bin", ".model")


def identity(recipe: Recipe | Pretraining, base: str, targets: Path | None = None) -> dict[str, str]:
    """Everything that a run goes on with only unchanged, by the name to show; files by a hash of what they hold.

    A base from the hub is known by its id.
    """
    settings = {
        f"--{name.replace('_', '-')}": str(value)
        for name, value in dataclasses.asdict(recipe).items()
        if name not in FREE
    }
    folder = Path(base)
    files = sorted(f for f in folder.iterdir() if f.suffix in BASE_FILES) if folder.is_dir() else []
    return settings | {
        "the content of --base": digest_of(files) if files else base,
        "the teachers' judgement": digest_of([targets]) if targets else "none",
    }


def digest_of(files: Iterable[Path]) -> str:
    """A hash of the names and contents of `files`, in their order."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as content:
            digest.update(path.name.encode() + hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:16]


def refuse_another(state_file: Path, now: dict[str, str]) -> None:
    """Raise `UsageError` if `state_file` is the state of a run with another `identity`."""
    if not state_file.exists():
        return
    remedy = "Give another --out, or delete that file to begin anew"
    state = torch.load(state_file, map_location="cpu", mmap=True, weights_only=True)
    if "identity" not in state:
        raise UsageError(
            f"{state_file} is of an earlier version and doesn't say what it was made with, so nothing can go on from it. {remedy}."
        )
    begun = state["identity"]
    differences = [
        f"{name} was {begun.get(name, 'unknown')} and is now {now.get(name, 'unknown')}"
        for name in now | begun
        if begun.get(name) != now.get(name)
    ]
    if differences:
        raise UsageError(
            f"{state_file} is of another run: {'; '.join(differences)}. {remedy}, or repeat the arguments it was begun with."
        )


def save_state(state: dict[str, Any], target: Path) -> None:
    """Write what a run goes on from."""
    partial = target.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(target)


def save_model(model: Network, read: Reader, temperatures: Mapping[str, float], target: Path) -> None:
    """Write the folder of a network and its tokenizer, each head's logits divided by its temperature."""
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save(partial, temperatures)
    read.tokenizer.save_pretrained(partial)
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)

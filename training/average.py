"""The weights of two checkpoints averaged, a run's and those it began from for instance: the shipped ones are such a mean.

    python -m training.average training/out/run/model training/out/run/bundled --share 0.8 --out training/out/mean

writes `training/out/mean/model`, from which `python -m training … --out training/out/mean --only release` makes an artefact.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from analysis.classifier.torch_backend import HEADS_FILE
from store import InputError, LayoffsError, UsageError


def average(one: Path, other: Path, share: float, out: Path) -> Path:
    """Write `share` of the weights of checkpoint `one` and the rest of `other` to `out/model`, and return it; all else is `one`'s.

    Raises `UsageError` where `share` is not in 0 … 1 or `out` holds a model, `InputError` where the two are not networks of one
    shape with one tokenizer.
    """
    if not 0.0 <= share <= 1.0:
        raise UsageError(f"--share is {share}; valid is 0 to 1.")
    if (out / "model").exists():
        raise UsageError(f"{out / 'model'} is there already. Give another --out.")
    averaged = {}
    for name in ("model.safetensors", HEADS_FILE):
        ours, theirs = (load_file(_present(folder / name)) for folder in (one, other))
        if {key: value.shape for key, value in ours.items()} != {key: value.shape for key, value in theirs.items()}:
            raise InputError(f"{one} and {other} hold networks of different shapes in {name}; they have no average.")
        # In this form weights that are equal stay so to the last bit: the frozen embeddings must not leave their grid.
        averaged[name] = {key: value + share * (ours[key] - value) for key, value in theirs.items()}
    ours, theirs = (json.loads(_present(f / "tokenizer.json").read_text(encoding="utf-8")) for f in (one, other))
    if ours != theirs:
        raise InputError(f"{one} and {other} have different tokenizers; their embeddings have no average.")
    partial = out / "model.partial"  # until all is averaged, what lies there is a checkpoint, but the wrong one
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(one, partial)
    for name, weights in averaged.items():
        save_file(weights, partial / name, metadata={"format": "pt"})
    partial.rename(out / "model")
    return out / "model"


def _present(file: Path) -> Path:
    if not file.is_file():
        raise InputError(f"{file} is missing: {file.parent} is no checkpoint of training.")
    return file


def main() -> None:
    """Parse the command line and write the average."""
    parser = argparse.ArgumentParser(
        prog="python -m training.average", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("one", type=Path, help="a checkpoint folder, a run's model for instance")
    parser.add_argument("other", type=Path, help="another of the same shape")
    parser.add_argument("--share", type=float, required=True, help="how much of the first, 0 to 1")
    parser.add_argument("--out", type=Path, required=True, help="the average goes to the folder model in it")
    arguments = parser.parse_args()
    try:
        average(arguments.one, arguments.other, arguments.share, arguments.out)
    except LayoffsError as error:
        parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()

"""From a trained checkpoint to the artefact the package ships: ONNX, packed tokenizer, hashes."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
from safetensors.numpy import load_file

from analysis.classifier.labels import HEADS
from analysis.classifier.windows import CONTEXT_TOKENS, TEXT_TOKENS
from store import InputError
from training.graph import build

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from training.nodes import Floats

POSITIONS = TEXT_TOKENS + CONTEXT_TOKENS + 4  # with <s>, two </s> between the segments and one at the end


def export_onnx(model: Path, target: Path, *, temperatures: dict[str, float], peaks: dict[str, Floats] | None) -> None:
    """Write the checkpoint folder `model` as one ONNX file; each head's logits are divided by its temperature.

    With `peaks` (see `smooth.channel_peaks`) it is int8, without float32. Raises `InputError` for an encoder of another type than bert.
    """
    encoder = {name: value.astype(np.float32) for name, value in load_file(model / "model.safetensors").items()}
    heads = load_file(model / "heads.safetensors")
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "bert":
        raise InputError(f"{model}: only encoders of type bert can be exported, this is {config['model_type']!r}")
    outputs, biases, owner = [], [], []
    for i, (head, classes) in enumerate(HEADS.items()):
        outputs.append(heads[f"outputs.{i}.weight"] / temperatures.get(head, 1.0))
        biases.append(heads[f"outputs.{i}.bias"] / temperatures.get(head, 1.0))
        owner += [i] * len(classes)
    graph = build(
        encoder,
        heads["queries"],
        np.concatenate(outputs).astype(np.float32),
        np.concatenate(biases).astype(np.float32),
        np.array(owner, np.int64),
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        positions=POSITIONS,
        peaks=peaks,
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(graph.SerializeToString())
    onnx.checker.check_model(str(target), skip_opset_compatibility_check=True)


def export_tokenizer(model: Path, target: Path) -> None:
    """Write `tokenizer.json` compressed, the same bytes every time."""
    content = json.dumps(
        json.loads((model / "tokenizer.json").read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":")
    )
    target.write_bytes(gzip.compress(content.encode(), 9, mtime=0))


def hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of the files `names` in `folder`."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def write_manifest(folder: Path, module: Path, *, version: str) -> None:
    """Write the hashes of the artefact's files into the code that checks them (`module`)."""
    names = ("model.onnx", "tokenizer.json.gz", "quality.json")
    lines = [f'    "{name}": "{digest}",' for name, digest in hashes(folder, names).items()]
    module.write_text(
        '"""SHA-256 of every shipped artefact file; written by `python -m training`, checked on load."""\n\n'
        "from __future__ import annotations\n\nfrom typing import Final\n\n"
        f'VERSION: Final = "{version}"\nSHA256: Final[dict[str, str]] = {{\n' + "\n".join(lines) + "\n}\n",
        encoding="utf-8",
    )

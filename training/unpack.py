"""The shipped artefact back into a checkpoint folder, so that training can go on from it: `--base bundled`.

The inverse of `graph.py`: int8 weights times their scales, the smoothing and GELU's floor undone, the head's temperatures left
in. What comes out computes what the artefact computes, but for the rounding of activations.
"""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

from analysis.classifier.labels import HEADS
from analysis.classifier.windows import PAD_ID
from training.graph import EMBEDDING_BLOCK
from training.nodes import GELU_FLOOR, Floats

BUNDLED = "bundled"
ARTEFACT = Path(__file__).parent.parent / "analysis" / "classifier" / "artefact"


def checkpoint(base: str, out: Path) -> str:
    """`base` as transformers can load it: the shipped artefact, if it is `bundled`, is unpacked into `out` once."""
    if base != BUNDLED:
        return base
    if not (out / BUNDLED / "tokenizer_config.json").exists():
        unpack(ARTEFACT, out / BUNDLED)
    return str(out / BUNDLED)


def unpack(artefact: Path, folder: Path) -> Path:
    """Write `model.onnx` and `tokenizer.json.gz` of `artefact` as a checkpoint into `folder`, and return it."""
    model = onnx.load(artefact / "model.onnx")
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    layers = len([name for name in stored if name.endswith(".qkv.w")])
    heads = next(
        attribute.i
        for node in model.graph.node
        if node.op_type == "MultiHeadAttention"
        for attribute in node.attribute
        if attribute.name == "num_heads"
    )
    encoder = _embeddings(stored)
    for n in range(layers):
        encoder |= _layer(stored, f"encoder.layer.{n}.")
    hidden = encoder["embeddings.word_embeddings.weight"].shape[1]
    folder.mkdir(parents=True, exist_ok=True)
    save_file(encoder, folder / "model.safetensors", metadata={"format": "pt"})
    save_file(_heads(stored, hidden), folder / "heads.safetensors")
    (folder / "tokenizer.json").write_bytes(gzip.decompress((artefact / "tokenizer.json.gz").read_bytes()))
    words, positions = (encoder[f"embeddings.{kind}_embeddings.weight"].shape[0] for kind in ("word", "position"))
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": encoder["encoder.layer.0.intermediate.dense.bias"].shape[0],
        "max_position_embeddings": positions,
        "type_vocab_size": 1,
        "vocab_size": words,
        "pad_token_id": PAD_ID,
        "layer_norm_eps": 1e-12,
    }
    special = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>"}
    tokenizer = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>", "mask_token": "<mask>", **special}
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer, indent=1), encoding="utf-8")
    return folder


def _values(stored: dict[str, onnx.TensorProto], name: str) -> Floats:
    return np.ascontiguousarray(numpy_helper.to_array(stored[name]), np.float32)


def _embeddings(stored: dict[str, onnx.TensorProto]) -> dict[str, Floats]:
    shape = tuple(stored["words"].dims)
    packed = np.frombuffer(stored["words"].raw_data, np.uint8)
    nibbles = np.stack([packed & 0xF, packed >> 4], axis=1).reshape(shape).astype(np.int8)
    integers = np.where(nibbles > 7, nibbles - 16, nibbles).astype(np.float32)
    # In float16, as the graph multiplies them: so the table comes out the same to the last bit.
    words = (integers * np.repeat(_values(stored, "words.scales"), EMBEDDING_BLOCK, axis=1)).astype(np.float16)
    return {
        "embeddings.word_embeddings.weight": words.astype(np.float32),
        "embeddings.position_embeddings.weight": _values(stored, "positions"),  # holds the token type's too
        "embeddings.token_type_embeddings.weight": np.zeros((1, shape[1]), np.float32),
        **_norm(stored, "embeddings.LayerNorm"),
    }


def _norm(stored: dict[str, onnx.TensorProto], name: str) -> dict[str, Floats]:
    return {f"{name}.{part}": _values(stored, f"{name}.{part}") for part in ("weight", "bias")}


def _linear(stored: dict[str, onnx.TensorProto], name: str) -> tuple[Floats, Floats]:
    """Weight [out, in] and bias of an int8 layer."""
    weight = _values(stored, f"{name}.w").T * _values(stored, f"{name}.ws")[:, None]
    bias = _values(stored, f"{name}.b")
    if f"{name}.in.smooth" in stored:
        return np.ascontiguousarray(weight * _values(stored, f"{name}.in.smooth")), bias
    return np.ascontiguousarray(weight), bias + GELU_FLOOR * weight.sum(axis=1)


def _layer(stored: dict[str, onnx.TensorProto], p: str) -> dict[str, Floats]:
    parts = {
        "attention": ["attention.output.dense"],
        "qkv": [f"attention.self.{part}" for part in ("query", "key", "value")],
        "wide": ["intermediate.dense"],
        "narrow": ["output.dense"],
    }
    result = _norm(stored, f"{p}attention.output.LayerNorm") | _norm(stored, f"{p}output.LayerNorm")
    for shipped, names in parts.items():
        weight, bias = _linear(stored, p + shipped)
        for name, rows, shifts in zip(names, np.split(weight, len(names)), np.split(bias, len(names)), strict=True):
            result |= {f"{p}{name}.weight": rows.copy(), f"{p}{name}.bias": shifts.copy()}
    return result


def _heads(stored: dict[str, onnx.TensorProto], hidden: int) -> dict[str, Floats]:
    result = {"queries": np.ascontiguousarray(_values(stored, "queries").T * math.sqrt(hidden))}
    weights, biases, start = _values(stored, "outputs"), _values(stored, "outputs.bias"), 0
    for i, classes in enumerate(HEADS.values()):
        stop = start + len(classes)
        result |= {f"outputs.{i}.weight": weights[start:stop].copy(), f"outputs.{i}.bias": biases[start:stop].copy()}
        start = stop
    return result

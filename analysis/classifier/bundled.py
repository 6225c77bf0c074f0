"""The bundled backend: the shipped int8 ONNX model on ONNX Runtime, offline."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no types

from analysis.classifier.artefact import bundled_revision, tokenizer_json, verified_bytes
from analysis.classifier.engine import Engine
from store import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

    from analysis.classifier.settings import ModelSettings


def load_bundled(settings: ModelSettings) -> Engine:
    """The shipped model; `ModelError` where its files are damaged or ONNX Runtime refuses them."""
    return onnx_engine(verified_bytes("model.onnx"), tokenizer_json(), revision=bundled_revision(), settings=settings)


def onnx_engine(model: bytes, tokenizer: str, *, revision: str, settings: ModelSettings) -> Engine:
    """An exported model and its tokenizer's JSON definition as a classifier; `ModelError` where ONNX Runtime refuses it.

    Of the settings only threads and batch_tokens count.
    """
    session = open_session(model, threads=settings.threads, revision=revision)

    def forward(
        input_ids: NDArray[np.int64], lengths: NDArray[np.int32], text_mask: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        feeds = {"input_ids": input_ids, "lengths": lengths, "text_mask": text_mask}
        return np.asarray(session.run(["logits"], feeds)[0], np.float32)

    return Engine(
        revision=revision,
        tokenizer=load_tokenizer(tokenizer),
        forward=forward,
        batch_tokens=settings.batch_tokens,
    )


def load_tokenizer(definition: str) -> PreTrainedTokenizerFast:
    """A transformers tokenizer from its JSON definition, without touching disk or network."""
    # Imported here: it takes a second, and it would print that PyTorch is missing, which for the bundled model is
    # as intended.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    from tokenizers import Tokenizer  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    # Windows are cut by us, so no length is too long for the tokenizer (its default limit only warns).
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers' constructor has no types
        tokenizer_object=Tokenizer.from_str(definition), model_max_length=10**9
    )


def open_session(model: bytes, *, threads: int, revision: str) -> ort.InferenceSession:
    """An ONNX Runtime session on the processor with `threads` threads (0: all the process may use).

    `ModelError`, which names `revision`, where it refuses the model.
    """
    options: Any = ort.SessionOptions()
    options.intra_op_num_threads = threads or usable_processors()
    options.log_severity_level = 3  # errors only: its warnings speak of graph clean-up
    # Processors without VNNI add pairs of u8 × s8 products in 16 bits, where they may saturate; as u8 × u8 they don't. It halves the error of
    # a probability there for a fifth of the speed, and changes nothing on others.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise ModelError(f"ONNX Runtime {ort.__version__} can't load the model {revision}: {error}") from error


def usable_processors() -> int:
    """Processors this process may use; 0 (ONNX Runtime decides) where the system doesn't tell."""
    # Containers and taskset narrow the set on Linux, which ONNX Runtime doesn't see.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0

"""The `transformers` backend: a multi-head checkpoint made by `python -m training`, in torch, on a GPU if there is one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.classifier.bundled import load_tokenizer
from analysis.classifier.engine import Engine
from analysis.classifier.labels import HEADS
from analysis.classifier.text import PREPARATION
from analysis.classifier.windows import CLS_ID, PAD_ID, SEP_ID
from store import ConfigError, ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

    from analysis.classifier.settings import ModelSettings

HEADS_FILE = "heads.safetensors"
_NEEDED = ("config.json", "model.safetensors", HEADS_FILE, "tokenizer.json")
_SHOWN = 3  # weights named in a message
_AGAIN = "Copy its four files again, or make them anew with: python -m training (see docs/your-own-model.md)."


def load_transformers(settings: ModelSettings, *, folder: Path) -> Engine:
    """The checkpoint that `settings.name` points to; a relative one lies in `folder`.

    Raises `ConfigError` without a name, `ModelError` where torch is missing, the folder or hub id holds no multi-head
    checkpoint, parts of its encoder are missing or of another size, or its heads have other classes than ours.
    """
    if not settings.name:
        raise ConfigError('model.backend is "transformers", so model.name must be a folder or a hub id; it is empty.')
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415  # the extra [torch]
        from safetensors.numpy import load_file  # noqa: PLC0415
        from transformers import AutoModel  # noqa: PLC0415
    except ImportError as error:
        raise ModelError(
            f'model.backend "transformers" needs torch, which is missing ({error}). '
            'Install it with: pip install "layoff-pulse[torch]"; or set backend = "bundled".'
        ) from error
    checkpoint = _checkpoint_folder(settings.name, folder)
    missing = [name for name in _NEEDED if not (checkpoint / name).is_file()]
    if missing:
        raise ModelError(
            f"{settings.name} is no checkpoint of this product: {', '.join(missing)} not found in {checkpoint}. "
            "Make one with: python -m training (see docs/your-own-model.md)."
        )
    if settings.threads:
        torch.set_num_threads(settings.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # Sizes that differ are let through here, so that `_check_encoder` can name them: the exception doesn't.
        encoder, loading = AutoModel.from_pretrained(
            checkpoint,
            dtype=torch.float32,
            add_pooling_layer=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
        weights = load_file(checkpoint / HEADS_FILE)
    except Exception as error:  # safetensors, torch and transformers raise types of their own for damaged files
        raise ModelError(f"The checkpoint in {checkpoint} can't be read: {error}. {_AGAIN}") from error
    _check_encoder(loading, checkpoint)
    _check_heads(weights, encoder.config.hidden_size, checkpoint)
    tokenizer = _tokenizer(checkpoint / "tokenizer.json", encoder.get_input_embeddings().num_embeddings)
    encoder = encoder.eval().to(device)
    heads = {name: torch.from_numpy(value).to(device) for name, value in weights.items()}

    def forward(
        input_ids: NDArray[np.int64], lengths: NDArray[np.int32], text_mask: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        with torch.inference_mode():
            ids = torch.from_numpy(input_ids).to(device)
            mask = torch.arange(ids.shape[1], device=device) < torch.from_numpy(lengths).to(device)[:, None]
            states = encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state
            scores = states @ heads["queries"].T / states.shape[-1] ** 0.5
            scores = scores + (torch.from_numpy(text_mask).to(device) - 1.0) * 1e4
            pooled = scores.softmax(dim=1).transpose(1, 2) @ states  # [windows, heads, hidden]
            logits = [
                pooled[:, i] @ heads[f"outputs.{i}.weight"].T + heads[f"outputs.{i}.bias"] for i in range(len(HEADS))
            ]
            return np.asarray(torch.cat(logits, dim=1).float().cpu().numpy(), np.float32)

    return Engine(
        revision=_revision(settings.name, checkpoint),
        tokenizer=tokenizer,
        forward=forward,
        batch_tokens=settings.batch_tokens,
    )


def _checkpoint_folder(name: str, folder: Path) -> Path:
    said = Path(name).expanduser()
    checkpoint = folder / said
    if checkpoint.is_dir():
        return checkpoint
    if said.is_absolute() or name.startswith(".") or name.count("/") > 1:
        raise ModelError(f"model.name is {name!r}: there is no such folder, {checkpoint.resolve()}.")
    from huggingface_hub import snapshot_download  # noqa: PLC0415  # only here does the model use the network

    try:
        return Path(snapshot_download(name, allow_patterns=list(_NEEDED)))
    except Exception as error:  # offline, unknown id, no rights: the hub's exceptions share no useful base class
        raise ModelError(
            f"model.name is {name!r}: there is no such folder, {checkpoint.resolve()}, and the hub did not give it ({error})."
        ) from error


def _tokenizer(path: Path, vocabulary: int) -> PreTrainedTokenizerFast:
    """The tokenizer, all of whose ids are below `vocabulary`, the number of word pieces that the encoder knows."""
    try:
        tokenizer = load_tokenizer(path.read_text(encoding="utf-8"))
    except Exception as error:  # tokenizers raises a bare Exception for a definition that it can't read
        raise ModelError(f"{path} is no tokenizer's definition: {error}. {_AGAIN}") from error
    found = tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>"])
    if found != [CLS_ID, PAD_ID, SEP_ID]:
        raise ModelError(
            f"{path}: <s>, <pad>, </s> are {found}, expected {[CLS_ID, PAD_ID, SEP_ID]}. "
            "Only encoders with XLM-R's tokenizer (multilingual-e5, XLM-R and their kin) can be used."
        )
    highest = max(tokenizer.get_vocab().values())
    if highest >= vocabulary:
        raise ModelError(
            f"{path} gives ids up to {highest:,}, and the encoder beside it knows those below {vocabulary:,} alone: they "
            f"are not of one checkpoint. {_AGAIN}"
        )
    return tokenizer


def _check_encoder(loading: Mapping[str, Any], checkpoint: Path) -> None:
    """Refuse an encoder that transformers filled up with random weights: it would label otherwise at each loading.

    What the file holds beyond the encoder (a pooler, another task's head) is not read and does no harm.
    """
    wrong = [f"{name} is missing" for name in sorted(loading["missing_keys"])]
    wrong += [
        f"{name} is {list(held)}, expected {list(expected)}"
        for name, held, expected in sorted(loading["mismatched_keys"])
    ]
    if wrong:
        more = f" and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
        raise ModelError(
            f"{checkpoint / 'model.safetensors'} is not the whole encoder that config.json describes: "
            f"{'; '.join(wrong[:_SHOWN])}{more}. {_AGAIN}"
        )


def _check_heads(weights: dict[str, NDArray[np.float32]], hidden: int, checkpoint: Path) -> None:
    for i, (head, classes) in enumerate(HEADS.items()):
        found = weights.get(f"outputs.{i}.weight")
        if found is None or len(found) != len(classes):
            raise ModelError(
                f"{checkpoint / HEADS_FILE}: the head {head!r} has {0 if found is None else len(found)} classes, expected "
                f"{len(classes)} ({', '.join(classes)}). The checkpoint was made for another version."
            )
    expected: dict[str, tuple[int, ...]] = {"queries": (len(HEADS), hidden)}
    for i, classes in enumerate(HEADS.values()):
        expected |= {f"outputs.{i}.weight": (len(classes), hidden), f"outputs.{i}.bias": (len(classes),)}
    for name, shape in expected.items():
        held = weights[name].shape if name in weights else None
        if held != shape:
            raise ModelError(
                f"{checkpoint / HEADS_FILE}: {name} is {'missing' if held is None else list(held)}, expected "
                f"{list(shape)}. {_AGAIN}"
            )


def _revision(name: str, checkpoint: Path) -> str:
    """`model@…`: changes with the four files and the way texts are prepared, so folders of one name are told apart."""
    digest = hashlib.sha256(f"{PREPARATION}".encode())
    for part in _NEEDED:
        digest.update((checkpoint / part).read_bytes())
    return f"{Path(name).name}@{digest.hexdigest()[:12]}"

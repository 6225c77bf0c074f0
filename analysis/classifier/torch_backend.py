"""The `transformers` backend: a multi-head checkpoint made by `python -m training`, in torch, on a GPU if there is one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.classifier.bundled import load_tokenizer
from analysis.classifier.engine import Engine
from analysis.classifier.labels import HEADS
from analysis.classifier.windows import CLS_ID, PAD_ID, SEP_ID
from store import ConfigError, ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.classifier.settings import ModelSettings

HEADS_FILE = "heads.safetensors"
_NEEDED = ("config.json", "model.safetensors", HEADS_FILE, "tokenizer.json")


def load_transformers(settings: ModelSettings) -> Engine:
    """The checkpoint that `settings.name` points to.

    Raises `ConfigError` without a name, `ModelError` where torch is missing, the folder or hub id holds no multi-head
    checkpoint, or its heads have other classes than ours.
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
    folder = _checkpoint_folder(settings.name)
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{settings.name} is no checkpoint of this product: {', '.join(missing)} not found in {folder}. "
            "Make one with: python -m training (see docs/your-own-model.md)."
        )
    if settings.threads:
        torch.set_num_threads(settings.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        encoder: Any = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False)
        weights = load_file(folder / HEADS_FILE)
    except Exception as error:  # safetensors, torch and transformers raise types of their own for damaged files
        raise ModelError(f"The checkpoint in {folder} can't be read: {error}") from error
    _check_heads(weights, folder)
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

    tokenizer = load_tokenizer((folder / "tokenizer.json").read_text(encoding="utf-8"))
    found = tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>"])
    if found != [CLS_ID, PAD_ID, SEP_ID]:
        raise ModelError(
            f"{folder / 'tokenizer.json'}: <s>, <pad>, </s> are {found}, expected {[CLS_ID, PAD_ID, SEP_ID]}. "
            "Only encoders with XLM-R's tokenizer (multilingual-e5, XLM-R and their kin) can be used."
        )
    return Engine(
        revision=_revision(settings.name, folder),
        tokenizer=tokenizer,
        forward=forward,
        batch_tokens=settings.batch_tokens,
    )


def _checkpoint_folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith(".") or name.count("/") > 1:
        raise ModelError(f"model.name is {name!r}: there is no such folder.")
    from huggingface_hub import snapshot_download  # noqa: PLC0415  # only here does the model use the network

    try:
        return Path(snapshot_download(name, allow_patterns=list(_NEEDED)))
    except Exception as error:  # offline, unknown id, no rights: the hub's exceptions share no useful base class
        raise ModelError(f"model.name is {name!r}: no such folder, and the hub did not give it ({error}).") from error


def _check_heads(weights: dict[str, NDArray[np.float32]], folder: Path) -> None:
    for i, (head, classes) in enumerate(HEADS.items()):
        found = weights.get(f"outputs.{i}.weight")
        if found is None or len(found) != len(classes):
            raise ModelError(
                f"{folder / HEADS_FILE}: the head {head!r} has {0 if found is None else len(found)} classes, expected "
                f"{len(classes)} ({', '.join(classes)}). The checkpoint was made for another version."
            )


def _revision(name: str, folder: Path) -> str:
    digest = hashlib.sha256()
    for part in _NEEDED:
        digest.update((folder / part).read_bytes())
    return f"{Path(name).name}@{digest.hexdigest()[:12]}"

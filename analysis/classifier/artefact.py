"""The shipped files: where they lie, and that they are the ones this version was released with."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.classifier.manifest import SHA256, VERSION
from analysis.classifier.text import PREPARATION
from store import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "artefact"


def verified_bytes(name: str, *, folder: Path = FOLDER) -> bytes:
    """The content of a shipped file whose SHA-256 is the one in `manifest.py`.

    Raises `ModelError` where it is missing, unreadable or different: a damaged or exchanged model labels posts
    wrongly without any other sign.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The bundled model's file {path} can't be read ({error.strerror}). Install the package again."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise ModelError(
            f"The bundled model's file {path} is not the released one: its SHA-256 is {found}, expected {SHA256[name]}. "
            "It is damaged, exchanged, or a Git LFS pointer. Install the package again."
        )
    return content


@cache
def bundled_revision() -> str:
    """`pulse-1@…`: changes with the weights, the tokenizer and the way texts are prepared."""
    return revision_of(SHA256)


def revision_of(sha256: Mapping[str, str]) -> str:
    """The revision of the files with these hashes: what figures measured with them carry."""
    parts = f"{sha256['model.onnx']} {sha256['tokenizer.json.gz']} {PREPARATION}"
    return f"{VERSION}@{hashlib.sha256(parts.encode()).hexdigest()[:12]}"


def tokenizer_json(*, folder: Path = FOLDER) -> str:
    """The tokenizer's definition, unpacked."""
    return gzip.decompress(verified_bytes("tokenizer.json.gz", folder=folder)).decode()

"""SHA-256 of every shipped artefact file; written by `python -m training`, checked on load."""

from __future__ import annotations

from typing import Final

VERSION: Final = "pulse-1"
SHA256: Final[dict[str, str]] = {
    "model.onnx": "6e242b337fc9e232269e8f59bcd14d66cf78197cf4bd12ddb2c25e42589c6ce5",
    "tokenizer.json.gz": "13d6b692de6c12cb6053516ba6a1bd0963e7b10564395d695a49b1518267b5be",
    "quality.json": "c2718f86630af55a18ae114785a12cfb672a0f417cc78269ce864f9a5708a2ff",
}

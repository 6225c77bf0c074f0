"""SHA-256 of every shipped artefact file; written by `python -m training export`, checked on load."""

from __future__ import annotations

from typing import Final

VERSION: Final = "pulse-1"
SHA256: Final[dict[str, str]] = {
    "model.onnx": "e445488174ee26003b256b1a8b3739e98f15b82b28e956ceb86150ae5a03616b",
    "tokenizer.json.gz": "13d6b692de6c12cb6053516ba6a1bd0963e7b10564395d695a49b1518267b5be",
    "quality.json": "5399761a7a488468ba66795b9e7e02986713add0f5c0bee785dd735ddbfeba41",
}

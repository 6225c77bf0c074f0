"""SHA-256 of every shipped artefact file; written by `python -m training`, checked on load."""

from __future__ import annotations

from typing import Final

VERSION: Final = "pulse-1"
SHA256: Final[dict[str, str]] = {
    "model.onnx": "0b076e074e306e38b1d0ce8ad38010d7f8a0e8c91e9675ce912a4ee5f8a0daf5",
    "tokenizer.json.gz": "13d6b692de6c12cb6053516ba6a1bd0963e7b10564395d695a49b1518267b5be",
    "quality.json": "3fca63c86c1691d058ec814bdafa52f3b1fd42677a25719fad4cc07e76c948b0",
}

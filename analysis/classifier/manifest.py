"""SHA-256 of every shipped artefact file; written by `python -m training`, checked on load."""

from __future__ import annotations

from typing import Final

VERSION: Final = "pulse-1"
SHA256: Final[dict[str, str]] = {
    "model.onnx": "23ffbafcab151a29c3d29f72a85d04a17f1431f2b37296a8e84dd8ad485ed97a",
    "tokenizer.json.gz": "13d6b692de6c12cb6053516ba6a1bd0963e7b10564395d695a49b1518267b5be",
    "quality.json": "daeda9d693b473bb0787ecbef67d3fe1a342fd1bd8ba7772f55376e6c1c8d0ae",
}

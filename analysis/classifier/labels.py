"""The classes of every head, in the order of the model's outputs."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("reaction", "news", "promo", "noise")
VOICES: Final = ("observer", "affected")
SENTIMENTS: Final = ("negative", "neutral", "positive")
EMOTIONS: Final = ("anger", "sadness", "fear", "surprise", "joy", "none")

#: Head name → its classes.
HEADS: Final[dict[str, tuple[str, ...]]] = {
    "kind": KINDS,
    "voice": VOICES,
    "sentiment": SENTIMENTS,
    "emotion": EMOTIONS,
}

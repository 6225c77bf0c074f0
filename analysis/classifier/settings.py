"""The `[model]` section of config.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from store import Section


class ModelSettings(Section):
    """Which classifier reads the posts, and how much of the machine it may use."""

    backend: Literal["bundled", "transformers"] = "bundled"
    """`bundled`: the shipped model, offline, no torch. `transformers`: your own, with the extra `[torch]`."""
    name: str | None = None
    """For `transformers`: a folder made by `python -m training` (a relative one starts at config.toml's), or a hub id that holds the same files."""
    batch_tokens: int = Field(default=4096, ge=256, le=131_072)
    """Padded tokens in one batch; more needs more memory (about 60 kB a token) and gains little beyond 4096."""
    threads: int = Field(default=0, ge=0, le=256)
    """Processor threads; 0 takes all that the process may use."""

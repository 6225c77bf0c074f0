"""How a file's name is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def printable(name: str | Path) -> str:
    """A name that can be stored and printed: bytes that are no UTF-8, as old ZIPs leave them in names, come escaped."""
    return str(name).encode("utf-8", "backslashreplace").decode("utf-8")

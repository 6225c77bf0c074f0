"""The embedded sample: a few hundred invented posts around real announcements, to see the product work at once."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from layoffs.settings import CONFIG_NAME, default_config
from store import UsageError

if TYPE_CHECKING:
    from layoffs.project import Project

WEEK = "2025-W44"
MARKER = "SYNTHETIC.txt"


def prepare(folder: Path) -> tuple[Project, Path]:
    """A project in its own folder, and the sample's file. Running it again goes on with what is there.

    Raises UsageError when the folder holds something else.
    """
    from layoffs.project import open as open_config  # noqa: PLC0415 - polars and the tables only when they are used

    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise UsageError(f"{folder} holds something else, and invented posts must not mix with it. Use --out FOLDER.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("Everything in this folder comes from invented posts.\n", encoding="utf-8")
    config = folder / CONFIG_NAME
    if not config.exists():
        config.write_text(default_config(), encoding="utf-8")
    return open_config(config), Path(str(resources.files("layoffs.demo") / "sample.jsonl"))

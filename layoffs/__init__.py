"""Layoff Pulse: how people take layoffs, per company and week, and how sure the figure is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layoffs.project import Project, open  # noqa: A004 - layoffs.open() reads like the built-in on purpose

__all__ = ["Project", "open"]


def __getattr__(name: str) -> Any:
    """Load tables, model and charts on first use: `layoffs --help` answers at once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from layoffs import project  # noqa: PLC0415

    return getattr(project, name)

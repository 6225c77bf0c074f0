"""Layoff Pulse: how people take layoffs, per company and week, and how sure the figure is."""

from layoffs.project import Project, open  # noqa: A004 - layoffs.open() reads like the built-in on purpose

__all__ = ["Project", "open"]

"""The command line."""

from layoffs.cli import data, doctor, live, model, work  # noqa: F401 - importing registers the commands
from layoffs.cli.app import app, main

__all__ = ["app", "main"]

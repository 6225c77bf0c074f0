"""Commands about the model: evaluate, model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layoffs.cli.app import app, open_project, print_json
from layoffs.cli.data import Json

if TYPE_CHECKING:
    from analysis import Classifier

"""All model backends, by name. A new one is a module with one load function and a line here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.classifier.settings import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.classifier.contract import Classifier


def _bundled(settings: ModelSettings, _folder: Path) -> Classifier:
    from analysis.classifier.bundled import load_bundled  # noqa: PLC0415  # loads transformers: seconds, only here

    return load_bundled(settings)


def _transformers(settings: ModelSettings, folder: Path) -> Classifier:
    from analysis.classifier.torch_backend import load_transformers  # noqa: PLC0415  # needs the extra [torch]

    return load_transformers(settings, folder=folder)


BACKENDS: dict[str, Callable[[ModelSettings, Path], Classifier]] = {
    "bundled": _bundled,
    "transformers": _transformers,
}


def load_classifier(
    settings: ModelSettings = ModelSettings(),  # noqa: B008  # frozen
    *,
    folder: Path = Path(),
) -> Classifier:
    """The classifier that the settings name, ready to predict; `folder` is where a relative `name` starts.

    Raises `ModelError` where it can't be loaded.
    """
    return BACKENDS[settings.backend](settings, folder)

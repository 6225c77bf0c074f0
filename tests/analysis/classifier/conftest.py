import pytest

from analysis.classifier import ModelSettings, load_classifier


@pytest.fixture(scope="session")
def classifier():
    """The shipped model, loaded once."""
    return load_classifier(ModelSettings(threads=2))

"""The shipped files are the released ones, or nothing is loaded."""

import shutil

import pytest

from analysis.classifier import artefact
from analysis.classifier.bundled import open_session
from analysis.classifier.manifest import SHA256
from store import ModelError


@pytest.fixture
def copy(tmp_path):
    for name in SHA256:
        if name != "model.onnx":
            shutil.copy(artefact.FOLDER / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SHA256)
def test_every_shipped_file_is_the_released_one(name):
    assert artefact.verified_bytes(name)


def test_the_artefact_fits_into_60_megabytes():
    assert sum((artefact.FOLDER / name).stat().st_size for name in SHA256) <= 60_000_000


def test_a_damaged_file_is_named_with_both_hashes(copy):
    path = copy / "quality.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelError, match=rf"quality.json is not the released one.*{SHA256['quality.json']}"):
        artefact.verified_bytes("quality.json", folder=copy)


def test_a_missing_file_says_so(copy):
    with pytest.raises(ModelError, match=r"can't be read.*Install the package again"):
        artefact.verified_bytes("model.onnx", folder=copy)


def test_a_file_that_is_no_model_is_refused_with_the_runtimes_version():
    with pytest.raises(ModelError, match=r"ONNX Runtime .* can't load the model mine"):
        open_session(b"not a model", threads=1, revision="mine")

"""The artefact back into a checkpoint that training can go on from."""

import numpy as np
import pytest
from transformers import AutoTokenizer

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from safetensors.numpy import load_file  # noqa: E402

from analysis.classifier import Context  # noqa: E402
from training.corpora import annotated_posts  # noqa: E402
from training.export import export_onnx, export_tokenizer  # noqa: E402
from training.graph import pack_embeddings  # noqa: E402
from training.model import Network  # noqa: E402
from training.release import engine  # noqa: E402
from training.smooth import channel_peaks  # noqa: E402
from training.unpack import ARTEFACT, unpack  # noqa: E402

# The tiny base is random: it lies on no grid.
pytestmark = pytest.mark.filterwarnings("ignore:The word embeddings are rounded:UserWarning")
TEXTS = ["laid off today sad", "we are hiring", "company cuts jobs"]


@pytest.fixture
def exported(tiny_base, tiny_data, tmp_path):
    """A random network as the artefact's two files, and its checkpoint."""
    torch.manual_seed(4)
    checkpoint, network = tmp_path / "checkpoint", Network(tiny_base)
    with torch.no_grad():
        network.heads.queries.normal_()
    network.save(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    tokenizer.save_pretrained(checkpoint)
    examples = annotated_posts(tiny_data / "layoffs/gold-dev.jsonl")
    peaks = channel_peaks(network, tokenizer, examples)
    folder = tmp_path / "artefact"
    export_onnx(checkpoint, folder / "model.onnx", temperatures={}, peaks=peaks)
    export_tokenizer(checkpoint, folder / "tokenizer.json.gz")
    return folder, checkpoint


def test_weights_come_back_but_for_their_rounding(exported, tmp_path):
    folder, checkpoint = exported
    before = load_file(checkpoint / "model.safetensors")
    after = load_file(unpack(folder, tmp_path / "back") / "model.safetensors")
    for name, value in before.items():
        if "embeddings" in name:
            continue  # the tiny encoder's random ones don't lie on the 4-bit grid
        step = np.abs(value).max() / 127
        assert np.abs(after[name] - value).max() <= 4 * step + 1e-6, name
    heads = [load_file(f / "heads.safetensors") for f in (checkpoint, tmp_path / "back")]
    assert heads[0].keys() == heads[1].keys()
    for name, value in heads[0].items():
        assert np.allclose(heads[1][name], value, atol=1e-5), name


def test_what_comes_back_computes_what_the_artefact_computes(exported, tmp_path):
    folder, _ = exported
    back = unpack(folder, tmp_path / "back")
    export_onnx(back, tmp_path / "again" / "model.onnx", temperatures={}, peaks=None)
    contexts = [Context("x")] * len(TEXTS)
    small, full = (
        engine(path, folder).predict(TEXTS, contexts).select("^p_.*$").to_numpy()
        for path in (folder / "model.onnx", tmp_path / "again" / "model.onnx")
    )
    assert np.abs(small - full).max() < 0.02


def test_the_shipped_embeddings_keep_their_grid(tmp_path):
    words = load_file(unpack(ARTEFACT, tmp_path) / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert pack_embeddings(words)[2] == 0.0

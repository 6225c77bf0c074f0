"""The mean of two checkpoints."""

import json

import pytest
from transformers import AutoTokenizer

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from analysis.classifier.torch_backend import HEADS_FILE  # noqa: E402
from store import InputError, UsageError  # noqa: E402
from training.average import average, main  # noqa: E402
from training.model import Network  # noqa: E402

EMBEDDINGS = "embeddings.word_embeddings.weight"


@pytest.fixture
def two(tiny_base, tmp_path):
    """A network and the same after all but its frozen embeddings has moved."""
    network, folders = Network(tiny_base), (tmp_path / "one", tmp_path / "other")
    for folder in folders:
        network.save(folder)
        AutoTokenizer.from_pretrained(tiny_base).save_pretrained(folder)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if EMBEDDINGS not in name:
                    parameter.add_(torch.randn(parameter.shape))
    return folders


def test_a_share_of_one_and_the_rest_of_the_other_is_a_checkpoint(two, tmp_path, monkeypatch):
    one, other = two
    out = tmp_path / "mean"
    monkeypatch.setattr("sys.argv", ["average", str(one), str(other), "--share", "0.8", "--out", str(out)])
    main()
    for name in ("model.safetensors", HEADS_FILE):
        mean, ours, theirs = (load_file(folder / name) for folder in (out / "model", one, other))
        for key, value in mean.items():
            assert torch.allclose(value, 0.8 * ours[key] + 0.2 * theirs[key], atol=1e-6)
    before, after = (load_file(folder / "model.safetensors")[EMBEDDINGS] for folder in (one, out / "model"))
    assert torch.equal(before, after)
    assert {file.name for file in one.iterdir()} == {file.name for file in (out / "model").iterdir()}
    with pytest.raises(UsageError, match="is there already"):
        average(one, other, 0.8, out)


def test_a_kill_leaves_no_checkpoint_that_is_not_the_average(two, tmp_path, monkeypatch):
    out = tmp_path / "mean"

    def disk_full(weights, file, metadata):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("training.average.save_file", disk_full)
        with pytest.raises(OSError, match="No space left"):
            average(*two, 0.8, out)
    assert not (out / "model").exists()
    average(*two, 0.8, out)
    assert [folder.name for folder in out.iterdir()] == ["model"]


def test_what_has_no_average_is_refused(two, tmp_path):
    one, other = two
    with pytest.raises(UsageError, match="--share is 80"):
        average(one, other, 80, tmp_path / "mean")
    definition = json.loads((other / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = definition["model"]["vocab"]
    vocabulary["laid"], vocabulary["off"] = vocabulary["off"], vocabulary["laid"]
    (other / "tokenizer.json").write_text(json.dumps(definition), encoding="utf-8")
    with pytest.raises(InputError, match="different tokenizers"):
        average(one, other, 0.8, tmp_path / "mean")
    weights = load_file(other / "model.safetensors")
    save_file(weights | {EMBEDDINGS: weights[EMBEDDINGS][:-1].clone()}, other / "model.safetensors")
    with pytest.raises(InputError, match=r"different shapes in model\.safetensors"):
        average(one, other, 0.8, tmp_path / "mean")
    (other / HEADS_FILE).unlink()
    (other / "model.safetensors").unlink()
    with pytest.raises(InputError, match="is no checkpoint of training"):
        average(one, other, 0.8, tmp_path / "mean")
    assert not (tmp_path / "mean").exists()

"""From labelled posts to a checkpoint, to the `transformers` backend, and to ONNX: on a tiny encoder."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from analysis.classifier import PREDICTION_SCHEMA, Context, ModelSettings, load_classifier  # noqa: E402
from store import ConfigError, ModelError, UsageError  # noqa: E402
from training import fit as fit_module  # noqa: E402
from training import mixture  # noqa: E402
from training.__main__ import main  # noqa: E402
from training.corpora import annotated_posts  # noqa: E402
from training.export import export_onnx, export_tokenizer  # noqa: E402
from training.fit import Run, fit  # noqa: E402
from training.model import Network  # noqa: E402
from training.recipe import Recipe  # noqa: E402
from training.release import engine  # noqa: E402
from training.smooth import channel_peaks  # noqa: E402

# The tiny base is random: it lies on no grid.
pytestmark = pytest.mark.filterwarnings("ignore:The word embeddings are rounded:UserWarning")
TEXTS = ["laid off today sad", "we are hiring", "company cuts jobs", "", "laid off " * 300]
CONTEXTS = [Context("x"), Context("x"), Context("reddit", "great news"), Context("other"), Context("reddit", "jobs")]


@pytest.fixture(scope="module", autouse=True)
def small_runs():
    patch = pytest.MonkeyPatch()
    patch.setattr(fit_module, "POOL_POSTS", 32)
    patch.setattr(mixture, "OWN", Path("nowhere"))  # the thousands of posts that training ships
    yield
    patch.undo()


def train(data, base, out, *, pools, checkpoint_pools=None, measure_pools=1000):
    # A network this small and random learns at rates that would wreck a pretrained one.
    recipe = Recipe(
        posts=32 * pools,
        batch_tokens=128,
        lr=3e-3,
        head_lr=1e-2,
        average_decay=0.5,
        checkpoint_pools=checkpoint_pools or pools,
        measure_pools=measure_pools,
    )
    run = Run(data, str(base), out, recipe, rank=0, workers=1)
    out.mkdir(exist_ok=True)
    run.train()
    return run


@pytest.fixture(scope="module")
def checkpoint(tiny_data, tiny_base, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    train(tiny_data, tiny_base, out, pools=20)
    return out / "model"


def load(folder):
    return load_classifier(ModelSettings(backend="transformers", name=str(folder), threads=1))


def test_a_tiny_encoder_learns_what_it_was_shown(checkpoint):
    frame = load(checkpoint).predict(TEXTS, CONTEXTS)
    assert frame.schema == PREDICTION_SCHEMA
    assert frame["kind"].to_list()[:2] == ["reaction", "promo"]
    assert frame["sentiment"][0] == "negative"


class StoppedError(Exception):
    """The power went."""


def test_a_run_stopped_at_any_step_goes_on_as_if_it_had_never_stopped(tiny_data, tiny_base, tmp_path, monkeypatch):
    intervals = {"checkpoint_pools": 1, "measure_pools": 1}
    whole = tmp_path / "whole"
    train(tiny_data, tiny_base, whole, pools=4, **intervals)
    log = (whole / "log.jsonl").read_text()
    assert len(log.splitlines()) == 4
    for step in ("_save_model", "_measure", "_save_state"):
        halved = tmp_path / step
        with monkeypatch.context() as patch:
            patch.setattr(Run, step, stop_at(3, getattr(Run, step)))
            with pytest.raises(StoppedError):
                train(tiny_data, tiny_base, halved, pools=4, **intervals)
        shutil.rmtree(halved / "model")
        assert train(tiny_data, tiny_base, halved, pools=4, **intervals).pool == 4
        one, other = (torch.load(folder / "state.pt", weights_only=True) for folder in (whole, halved))
        assert one["steps"] == other["steps"]
        assert all(torch.equal(value, other["model"][name]) for name, value in one["model"].items())
        assert (halved / "log.jsonl").read_text() == log


def stop_at(pool, step):
    def stop_or_go_on(run):
        if run.pool == pool:
            raise StoppedError
        step(run)

    return stop_or_go_on


def stop(*_):
    raise StoppedError


def test_killed_before_its_last_state_a_run_still_ends_with_its_model(tiny_data, tiny_base, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_save_state", stop)
        with pytest.raises(StoppedError):
            train(tiny_data, tiny_base, tmp_path, pools=1)
    train(tiny_data, tiny_base, tmp_path, pools=1)
    before = (tmp_path / "model/model.safetensors").read_bytes()
    shutil.rmtree(tmp_path / "model")
    train(tiny_data, tiny_base, tmp_path, pools=1)
    assert (tmp_path / "model/model.safetensors").read_bytes() == before


def test_two_workers_train_and_another_recipe_or_base_is_refused(tiny_data, tiny_base, tmp_path):
    recipe = Recipe(posts=fit_module.POOL_POSTS, workers=2, seed=1)
    out = tmp_path / "run"
    model = fit(tiny_data, str(tiny_base), out, recipe)
    assert load(model).predict(TEXTS, CONTEXTS).height == len(TEXTS)
    with pytest.raises(
        UsageError, match=r"--lr was 0.00015 and is now 0.001; --seed was 1 and is now 2.*another --out"
    ):
        fit(tiny_data, str(tiny_base), out, dataclasses.replace(recipe, seed=2, lr=1e-3))
    with pytest.raises(UsageError, match="the content of --base was"):
        fit(tiny_data, str(model), out, recipe)
    state = torch.load(out / "state.pt", weights_only=True)
    del state["identity"]
    torch.save(state, out / "state.pt")
    with pytest.raises(UsageError, match="earlier version"):
        fit(tiny_data, str(tiny_base), out, recipe)


@pytest.mark.parametrize("count", ["workers", "checkpoint_pools", "measure_pools"])
def test_a_count_of_nothing_is_refused(count, monkeypatch, capsys):
    flag = f"--{count.replace('_', '-')}"
    with pytest.raises(UsageError, match=f"{flag} is 0; give 1 or more"):
        Recipe(**{count: 0})
    monkeypatch.setattr("sys.argv", ["training", "--data", "d", "--base", "b", "--out", "o", flag, "0"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == UsageError.exit_code
    assert f"{flag} is 0" in capsys.readouterr().err


def test_embeddings_stay_on_the_bases_grid(tiny_base, checkpoint):
    from safetensors.numpy import load_file

    name = "embeddings.word_embeddings.weight"
    before, after = (load_file(folder / "model.safetensors")[name] for folder in (tiny_base, checkpoint))
    assert np.array_equal(before, after)


def test_float_onnx_equals_torch_and_int8_stays_near(checkpoint, tiny_data, tmp_path):
    export_tokenizer(checkpoint, tmp_path / "tokenizer.json.gz")
    frames = [load(checkpoint).predict(TEXTS, CONTEXTS)]
    examples = annotated_posts(tiny_data / "layoffs/gold-dev.jsonl")
    peaks = channel_peaks(Network(checkpoint), AutoTokenizer.from_pretrained(checkpoint), examples)
    for form in (None, peaks):
        export_onnx(checkpoint, tmp_path / "model.onnx", temperatures={}, peaks=form)
        frames.append(engine(tmp_path / "model.onnx", tmp_path).predict(TEXTS, CONTEXTS))
    torch_run, full, small = (frame.select("^p_.*$").to_numpy() for frame in frames)
    assert np.abs(torch_run - full).max() < 1e-4
    # The tiny encoder's random 4-bit embeddings are rounded here; those of the real base lie on the grid.
    assert np.abs(small - full).max() < 0.1


def test_temperature_divides_the_logits(checkpoint, tmp_path):
    export_tokenizer(checkpoint, tmp_path / "tokenizer.json.gz")
    export_onnx(checkpoint, tmp_path / "model.onnx", temperatures={"kind": 1000.0}, peaks=None)
    frame = engine(tmp_path / "model.onnx", tmp_path).predict(TEXTS, CONTEXTS)
    assert frame["p_reaction"].to_numpy() == pytest.approx(0.25, abs=0.01)


def test_without_a_name_the_setting_is_refused():
    with pytest.raises(ConfigError, match=r"model.name must be a folder or a hub id"):
        load_classifier(ModelSettings(backend="transformers"))


def test_a_missing_folder_and_a_plain_encoder_are_refused(tiny_base, tmp_path):
    with pytest.raises(ModelError, match="there is no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"heads.safetensors not found"):
        load(tiny_base)


def test_a_damaged_checkpoint_is_refused(checkpoint, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(checkpoint, folder)
    (folder / "heads.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="can't be read"):
        load(folder)


def test_another_tokenizer_is_refused(checkpoint, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(checkpoint, folder)
    definition = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = definition["model"]["vocab"]
    vocabulary["<pad>"], vocabulary["laid"] = vocabulary["laid"], vocabulary["<pad>"]
    definition["added_tokens"] = []
    (folder / "tokenizer.json").write_text(json.dumps(definition), encoding="utf-8")
    with pytest.raises(ModelError, match=r"XLM-R's tokenizer"):
        load(folder)

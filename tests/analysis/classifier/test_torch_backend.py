"""The `transformers` backend: what a folder is called, and what is said of one that is not whole."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from analysis.classifier import Context, ModelSettings, load_classifier, torch_backend
from analysis.classifier.bundled import load_tokenizer
from analysis.classifier.engine import Engine
from store import ModelError


def load(name, **more):
    return load_classifier(ModelSettings(backend="transformers", name=str(name), threads=1), **more)


def test_the_revision_follows_the_files_and_the_way_texts_are_prepared(tiny_checkpoint, monkeypatch):
    first = load(tiny_checkpoint)
    assert first.revision.startswith("mine@")
    assert first.predict(["laid off"], [Context("x")]).height == 1
    monkeypatch.setattr(torch_backend, "PREPARATION", torch_backend.PREPARATION + 1)
    second = load(tiny_checkpoint).revision
    heads = load_file(tiny_checkpoint / "heads.safetensors")
    save_file({**heads, "queries": heads["queries"] * 2}, tiny_checkpoint / "heads.safetensors")
    assert len({first.revision, second, load(tiny_checkpoint).revision}) == 3


def test_a_relative_name_starts_at_the_given_folder(tiny_checkpoint):
    assert load("mine", folder=tiny_checkpoint.parent).revision == load(tiny_checkpoint).revision
    with pytest.raises(ModelError, match=rf"no such folder, {tiny_checkpoint}/other"):
        load("./other", folder=tiny_checkpoint)


def test_a_broken_tokenizer_is_named(tiny_checkpoint):
    (tiny_checkpoint / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer.json is no tokenizer's definition.*Copy its four files again"):
        load(tiny_checkpoint)


@pytest.mark.parametrize("part", ["queries", "outputs.3.bias"])
def test_heads_that_are_not_whole_are_named(tiny_checkpoint, part):
    heads = load_file(tiny_checkpoint / "heads.safetensors")
    del heads[part]
    save_file(heads, tiny_checkpoint / "heads.safetensors")
    with pytest.raises(ModelError, match=rf"{part} is missing, expected \[.*Copy its four files again"):
        load(tiny_checkpoint)


def change_encoder(folder, change):
    """Rewrite model.safetensors with what `change` makes of its arrays by name."""
    save_file(change(load_file(folder / "model.safetensors")), folder / "model.safetensors", metadata={"format": "pt"})


def change_config(folder, **settings):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_an_encoder_that_lacks_a_layer_is_refused_and_not_filled_with_random_weights(tiny_checkpoint):
    change_encoder(tiny_checkpoint, lambda held: {name: held[name] for name in held if ".layer.1." not in name})
    with pytest.raises(
        ModelError,
        match=rf"{tiny_checkpoint}/model.safetensors is not the whole encoder.*: "
        r"encoder.layer.1.\S+ is missing; .* and 13 more\. Copy its four files again",
    ):
        load(tiny_checkpoint)


def test_weights_of_another_size_are_named(tiny_checkpoint):
    name = "encoder.layer.1.output.dense.bias"
    change_encoder(tiny_checkpoint, lambda held: held | {name: np.zeros(65, np.float32)})
    with pytest.raises(ModelError, match=rf"{name} is \[65\], expected \[64\]\. Copy its four files again"):
        load(tiny_checkpoint)


def test_a_pooler_in_the_file_changes_nothing(tiny_checkpoint):
    before = load(tiny_checkpoint).predict(["laid off"], [Context("x")])
    pooler = {"pooler.dense.weight": np.ones((64, 64), np.float32), "pooler.dense.bias": np.ones(64, np.float32)}
    change_encoder(tiny_checkpoint, lambda held: held | pooler)
    assert load(tiny_checkpoint).predict(["laid off"], [Context("x")]).equals(before)


def test_an_encoder_with_fewer_word_pieces_than_the_tokenizer_is_refused(tiny_checkpoint):
    name = "embeddings.word_embeddings.weight"
    change_encoder(tiny_checkpoint, lambda held: held | {name: held[name][:10].copy()})
    change_config(tiny_checkpoint, vocab_size=10)
    with pytest.raises(
        ModelError, match=r"tokenizer.json gives ids up to 22, and .* below 10 alone.*Copy its four files"
    ):
        load(tiny_checkpoint)


def test_what_fails_while_reading_is_a_model_error_with_its_cause(tiny_checkpoint):
    name = "embeddings.position_embeddings.weight"
    change_encoder(tiny_checkpoint, lambda held: held | {name: held[name][:8].copy()})
    change_config(tiny_checkpoint, max_position_embeddings=8)
    classifier = load(tiny_checkpoint)
    assert classifier.predict(["laid off"], [Context("x")]).height == 1
    with pytest.raises(
        ModelError, match=r"The model mine@\w+ failed on a batch of 1 × 22 tokens: .*batch_tokens"
    ) as failed:
        classifier.predict(["laid off " * 10], [Context("other")])
    assert failed.value.__cause__ is not None


@pytest.mark.parametrize("stop", [MemoryError, KeyboardInterrupt])
def test_running_out_of_memory_and_ctrl_c_stay_what_they_are(tiny_checkpoint, stop):
    def forward(*_):
        raise stop

    tokenizer = load_tokenizer((tiny_checkpoint / "tokenizer.json").read_text())
    engine = Engine(revision="any", tokenizer=tokenizer, forward=forward, batch_tokens=256)
    with pytest.raises(stop):
        engine.predict(["laid off"], [Context("x")])

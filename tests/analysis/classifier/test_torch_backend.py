"""The `transformers` backend: what a folder is called, and what is said of one that is not whole."""

import pytest
from safetensors.numpy import load_file, save_file

from analysis.classifier import Context, ModelSettings, load_classifier, torch_backend
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

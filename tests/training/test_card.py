"""The model card's tables, of a tiny model."""

import json

import pytest

pytest.importorskip("torch")

from analysis.classifier import ModelSettings, load_classifier
from training import card
from training.corpora import read_rows


@pytest.fixture
def classifier(tiny_checkpoint, monkeypatch):
    monkeypatch.setattr(card, "RESAMPLES", 5)
    return load_classifier(ModelSettings(backend="transformers", name=str(tiny_checkpoint), threads=1))


@pytest.mark.parametrize("head", ["sentiment", "emotion", "voice"])
def test_a_head_that_nobody_labelled_has_no_line(classifier, tiny_data, head):
    rows = [row | {head: None} for row in read_rows(tiny_data / "layoffs/gold-dev.jsonl")]
    table = "\n".join(card.annotated(classifier, rows, "x"))
    named = {other for other in ("kind", "sentiment", "emotion", "voice") if f"x: {other}, macro-F1" in table}
    assert named == {"kind", "sentiment", "emotion", "voice"} - {head}


def test_a_language_without_labelled_sentiments_has_a_line_for_kind_only(classifier, tmp_path):
    post = {"text": "laid off", "kind": "reaction", "voice": "affected", "emotion": None}
    rows = [
        post | {"id": "1", "lang": "de", "sentiment": "negative"},
        post | {"id": "2", "lang": "de", "sentiment": None},
        post | {"id": "3", "lang": "vi", "sentiment": None},
    ]
    path = tmp_path / "authored.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    table = "\n".join(card.by_language(classifier, path))
    assert "authored de: sentiment" in table
    assert "authored vi: kind" in table
    assert "authored vi: sentiment" not in table

"""The commands about the model, and the demo."""

import json
import re
import sys
from pathlib import Path

import pytest

from analysis import bundled_revision
from analysis.classifier.manifest import SHA256

WEEK = "2025-W44"


def write_posts(path, posts):
    path.write_text("".join(json.dumps(post) + "\n" for post in posts), encoding="utf-8")


def post(number, text, **labels):
    when = "2025-10-29T10:00:00Z"
    return {"id": f"p{number}", "source": "x", "created_at": when, "author": f"a{number}", "text": text, **labels}


def test_evaluate_prints_the_documented_keys_and_no_others(layoffs, tmp_path):
    (tmp_path / "s.tsv").write_text(
        "lang\tlabel\ttext\nen\tnegative\tThey fired us all, disgusting\nde\tpositive\tIch bin so dankbar!\n"
    )
    gold = {"kind": "reaction", "voice": "affected", "sentiment": "negative", "emotion": "anger", "companies": []}
    write_posts(
        tmp_path / "g.jsonl",
        [
            post(1, "They fired us all, disgusting", **gold),
            post(2, "Amazon cuts jobs", kind="news", voice=None, sentiment="neutral", emotion="none"),
        ],
    )
    result = layoffs("evaluate", "s.tsv", "g.jsonl", "--json").json
    assert result.keys() == {"model", "files"}
    tsv, jsonl = result["files"]
    assert tsv.keys() == jsonl.keys() == {"file", "n", "sentiment", "kind", "voice", "emotion", "net_sentiment"}
    assert tsv["kind"] is tsv["voice"] is tsv["emotion"] is tsv["net_sentiment"] is None
    assert tsv["sentiment"].keys() == {"n", "macro_f1", "macro_recall", "accuracy", "ece", "per_language"}
    assert tsv["sentiment"]["per_language"].keys() == {"en", "de"}
    assert jsonl["kind"]["per_class"]["reaction"].keys() == {"precision", "recall", "f1"}
    assert jsonl["net_sentiment"].keys() == {"truth", "estimate", "low", "high"}
    assert (jsonl["kind"]["n"], jsonl["sentiment"]["n"]) == (2, 1)


def test_an_evaluation_stays_readable_in_60_columns(layoffs, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    gold = {"kind": "reaction", "voice": "affected", "sentiment": "negative", "emotion": "anger", "companies": []}
    write_posts(tmp_path / "a-rather-long-name-of-a-file-of-posts.jsonl", [post(1, "They fired us all", **gold)])
    shown = layoffs("evaluate", "-v", "a-rather-long-name-of-a-file-of-posts.jsonl").out
    assert "\na-rather-long-name-of-a-file-of-posts.jsonl: 1\u00a0post\n" in shown
    for row in (
        r"\s+n  macro-F1\s+ECE",
        r"kind\s+1 +\d\.\d{3}",
        r"sentiment\s+1 +\d\.\d{3}  \d\.\d{3}",
        r"voice +1",
        r"emotion +1",
    ):
        assert re.search(f"^{row}", shown, re.MULTILINE)
    assert re.search(r"^net sentiment: −100, estimated \S+ \(\S+ to \S+\)$", shown, re.MULTILINE)
    assert "…" not in shown


def test_a_model_of_your_own_is_compared_with_the_bundled_one(layoffs, tmp_path, tiny_checkpoint, monkeypatch):
    (tmp_path / "s.tsv").write_text("lang\tlabel\ttext\nen\tnegative\tThey fired us all\n")
    (tmp_path / "config.toml").write_text('[model]\nbackend = "transformers"\nname = "mine"\nthreads = 1\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # as cron does: the folder's name starts at config.toml
    own, bundled = layoffs("--config", "../config.toml", "evaluate", "../s.tsv", "--compare", "bundled", "--json").json
    assert own["model"].startswith("mine@")
    assert bundled["model"] == bundled_revision()
    ended = layoffs("--config", "../config.toml", "evaluate", "../s.tsv", "--compare", tiny_checkpoint)
    assert (ended.code, ended.out) == (2, "")
    assert f"is the model that is measured anyway ({own['model']})" in ended.err


@pytest.mark.parametrize("name", ["./nowhere", "a/b/nowhere", "/nowhere", "../nowhere"])
def test_a_folder_to_compare_with_that_is_not_there_is_said_at_once(layoffs, tmp_path, name):
    (tmp_path / "s.tsv").write_text("lang\tlabel\ttext\nen\tnegative\tThey fired us all\n")
    ended = layoffs("evaluate", "s.tsv", "--compare", name)
    assert (ended.code, ended.out) == (2, "")
    assert f"layoffs: --compare {name}: there is no such folder, {(tmp_path / name).resolve()}." in ended.err


def test_a_folder_to_compare_with_that_holds_no_model_is_named_with_the_option(layoffs, tmp_path):
    pytest.importorskip("torch")
    (tmp_path / "s.tsv").write_text("lang\tlabel\ttext\nen\tnegative\tThey fired us all\n")
    ended = layoffs("evaluate", "s.tsv", "--compare", ".")
    assert (ended.code, ended.out) == (1, "")
    assert "--compare .: . is no checkpoint of this product: config.json" in ended.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "there is no such folder, {folder}/nowhere; a model of the hub needs torch, which is missing"),
        ("some/hub", "there is no such folder, {folder}/some/hub; a model of the hub needs torch, which is missing"),
        (".", "it needs torch, which is missing"),
    ],
)
def test_without_torch_a_comparison_does_not_speak_of_settings_that_are_in_order(
    layoffs, tmp_path, monkeypatch, name, said
):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    (tmp_path / "s.tsv").write_text("lang\tlabel\ttext\nen\tnegative\tThey fired us all\n")
    ended = layoffs("evaluate", "s.tsv", "--compare", name)
    assert (ended.code, ended.out) == (1, "")
    assert f"layoffs: --compare {name}: {said.format(folder=tmp_path)}" in ended.err
    assert 'pip install "layoff-pulse[torch]"; or compare with bundled.' in ended.err
    assert "backend" not in ended.err


def test_progress_of_an_evaluation_goes_to_standard_error(layoffs, tmp_path, monkeypatch):
    monkeypatch.setattr("layoffs.progress.LOG_EVERY_SECONDS", 0)
    (tmp_path / "s.tsv").write_text("lang\tlabel\ttext\nen\tnegative\tThey fired us all\n")
    ended = layoffs("evaluate", "s.tsv", "s.tsv", "--json")
    assert "step=evaluate done=2 total=2" in ended.err
    assert len(ended.json["files"]) == 2


def test_the_model_card_is_shown(layoffs):
    shown = layoffs("model").out
    assert bundled_revision() in shown.splitlines()[0]
    assert f"SHA-256 {SHA256['model.onnx'][:12]}" in shown


def test_demo_runs_the_whole_way_and_marks_everything_synthetic(layoffs, tmp_path):
    ended = layoffs("demo")
    assert ended.code == 0
    pdf = re.search(r"Report: (\S+\.pdf)", ended.out)[1]
    assert Path(pdf).stat().st_size > 10_000
    assert "SYNTHETIC" in ended.out
    alt_texts = json.loads((Path(pdf).parent / "alt-texts.json").read_text())
    assert alt_texts
    assert all("SYNTHETIC" in text for text in alt_texts.values())


def test_demo_does_not_mix_into_a_folder_that_holds_something_else(layoffs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.toml").write_text("")
    ended = layoffs("demo", "--out", "mine")
    assert ended.code == 2
    assert "must not mix" in ended.err

"""What is said of a release, and what is refused."""

import hashlib
import json
import runpy

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from transformers import AutoTokenizer

from analysis.classifier import Quality
from analysis.intervals import net_sentiment_interval
from store import InputError
from training import release
from training.__main__ import main
from training.export import export_onnx
from training.mixture import GOLD
from training.model import Network
from training.net_errors import net_errors
from training.quality import quality_of
from training.release import described, install
from training.splits import split_of


def test_the_figures_name_the_posts_they_rest_on():
    rows = [{"source": "linkedin", "created_at": "2026-01-05"}, {"source": "x"}, {"source": "linkedin"}]
    assert described(rows) == (
        "3 annotated posts (2 from linkedin, 1 from x, 2026) whose threads and authors were kept out of training"
    )


# The tiny base is random: it lies on no grid.
@pytest.mark.parametrize("tuned", [True, False])  # a few dozen posts may all miss the development split
@pytest.mark.filterwarnings("ignore:The word embeddings are rounded:UserWarning")
def test_labelled_posts_of_ones_own_are_enough_for_a_release(tiny_base, tmp_path, tuned):
    data, model, artefact = tmp_path / "mydata", tmp_path / "model", tmp_path / "artefact"
    rows = []
    for i in range(90):
        if split_of(str(i)) == "dev" and not tuned:
            continue
        labels = [
            {"kind": "reaction", "voice": "affected", "sentiment": "negative", "emotion": None, "source": "linkedin"},
            {"kind": "reaction", "voice": None, "sentiment": "positive", "emotion": "joy"},
            {"kind": "noise", "created_at": "2026-01-05T08:00:00Z"},
        ]
        rows.append({"id": str(i), "text": f"laid off today {i}", **labels[i % 3]})
    (data / "layoffs").mkdir(parents=True)
    (data / "layoffs/gold-dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    Network(tiny_base).save(model)
    AutoTokenizer.from_pretrained(tiny_base).save_pretrained(model)
    release.release(data, model, artefact)
    quality = Quality.model_validate_json((artefact / "quality.json").read_bytes())
    held_out = [row for row in rows if split_of(row["id"]) != "train"]
    assert quality.n == len(held_out) > 0
    assert "2026) whose" in quality.measured_on
    assert "from linkedin" in quality.measured_on
    assert "from other" in quality.measured_on
    manifest = runpy.run_path(str(artefact / "manifest.py"))
    assert manifest["SHA256"] == {
        name: hashlib.sha256((artefact / name).read_bytes()).hexdigest() for name in release.FILES
    }


def test_a_release_without_held_out_posts_is_refused(tiny_data, tmp_path):
    (tmp_path / "layoffs").mkdir()
    with pytest.raises(InputError, match=r"gold-dev.jsonl gives 0 posts to train on and 0 held out"):
        release.release(tmp_path, tmp_path / "model", tmp_path / "artefact")
    lines = (tiny_data / GOLD).read_text(encoding="utf-8").splitlines(keepends=True)
    trained = [line for line in lines if split_of(json.loads(line)["author"]) == "train"]
    (tmp_path / GOLD).write_text("".join(trained), encoding="utf-8")
    with pytest.raises(InputError, match=r"posts to train on and 0 held out"):
        release.release(tmp_path, tmp_path / "model", tmp_path / "artefact")


def test_a_release_that_cannot_be_made_is_refused_before_training(tiny_data, tmp_path, monkeypatch, capsys):
    (tmp_path / "layoffs").mkdir()
    rows = [json.loads(line) for line in (tiny_data / GOLD).read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if split_of(row["author"]) != "train":
            row["sentiment"] = None
    (tmp_path / GOLD).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    # A base that isn't there would be the first thing that training complains of.
    arguments = ["--data", str(tmp_path), "--base", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["training", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == InputError.exit_code
    assert "held-out posts is a reaction with a sentiment" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_encoder_of_another_type_is_refused(tiny_base, tmp_path):
    Network(tiny_base).save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "roberta"}), encoding="utf-8")
    with pytest.raises(InputError, match="only encoders of type bert"):
        export_onnx(tmp_path, tmp_path / "model.onnx", temperatures={}, peaks=None)


def test_an_artefact_too_large_for_the_package_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(release, "MOST_BYTES", 10)
    for name in (*release.FILES, "manifest.py"):
        (tmp_path / name).write_bytes(b"12345")
    with pytest.raises(InputError, match="fewer word pieces"):
        install(tmp_path)
    assert not (tmp_path / "package").exists()


def labelled(sentiments):
    """Tweets of four weeks, all reactions; every second negative one is read as neutral."""
    rows, read = [], []
    for i, sentiment in enumerate(sentiments):
        rows.append(
            {
                "id": str(i),
                "source": "x",
                "kind": "reaction",
                "sentiment": sentiment,
                "stratum": "random",
                "created_at": f"2025-10-{1 + 7 * (i % 4):02}T12:00:00Z",
            }
        )
        read.append("neutral" if sentiment == "negative" and i // 4 % 2 else sentiment)
    probabilities = {f"p_{name}": [float(r == name) for r in read] for name in ("negative", "neutral", "positive")}
    return rows, pl.DataFrame({"kind": ["reaction"] * len(rows), "sentiment": read, **probabilities})


def test_platforms_of_ones_own_are_measured_and_those_without_posts_are_not():
    """A void entry would be used for its platform in place of what was measured over all."""
    rows, predicted = labelled(["negative", "neutral", "positive"] * 40)
    for row in rows:
        row["source"] = "linkedin"
    rows[0] |= {"kind": "noise", "sentiment": None}
    rows[1]["sentiment"] = None
    figures = Quality.model_validate(quality_of(rows, predicted, annotated=rows, revision="", measured_on=""))
    for table in (figures.sentiment_confusion, figures.false_reactions, figures.usual_sentiment):
        assert set(table) == {"linkedin", "all"}
    assert net_sentiment_interval({"x": (60, 20, 20)}, figures)[0] < -20


def test_a_bias_that_all_weeks_share_is_corrected_by_the_others():
    rng = np.random.default_rng(3)
    rows, predicted = labelled(rng.choice(["negative", "neutral", "positive"], 800, p=[0.6, 0.25, 0.15]).tolist())
    halves, weeks = net_errors(rows, predicted)
    for line, count in ((halves, 400), (weeks, 4)):
        as_labelled = float(line.split("as labelled ")[1].split(",")[0])
        corrected = float(line.split("corrected ")[1].split(" ")[0])
        assert as_labelled > 25
        assert corrected < 10
        assert f"of {count} hold the truth" in line

"""Calibrate, export, compare and measure a trained checkpoint, and install the artefact into the package."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import AutoTokenizer

from analysis.classifier.artefact import revision_of
from analysis.classifier.bundled import onnx_engine
from analysis.classifier.labels import HEADS
from analysis.classifier.predictions import head_columns, voices
from analysis.classifier.scores import confusion, macro_f1
from analysis.classifier.settings import ModelSettings
from analysis.classifier.text import Context
from store import InputError
from training.calibrate import fit_temperatures
from training.corpora import Example, annotated_post, annotated_posts, sentiment_corpus
from training.export import export_onnx, export_tokenizer, hashes, write_manifest
from training.model import Network
from training.quality import HELD_OUT, annotated_rows, predict_rows, quality_of, refuse_unfelt
from training.smooth import channel_peaks
from training.splits import split_of

if TYPE_CHECKING:
    import polars as pl

    from analysis.classifier.engine import Engine

VERSION = "pulse-1"
PACKAGE = Path(__file__).parent.parent / "analysis" / "classifier"
MOST_BYTES = 60_000_000
FILES = ("model.onnx", "tokenizer.json.gz", "quality.json")


def release(data: Path, model: Path, artefact: Path) -> dict[str, Any]:
    """Write `model.onnx`, `tokenizer.json.gz`, `quality.json` and `manifest.py` into `artefact`; return the comparison.

    Temperatures are fitted on the development split with the int8 model itself; figures come from both held-out
    splits, of which the test split's labels decided nothing else. Raises as `refuse_unfit`.
    """
    refuse_unfit(data)
    artefact.mkdir(parents=True, exist_ok=True)
    export_tokenizer(model, artefact / "tokenizer.json.gz")
    peaks = channel_peaks(Network(model), AutoTokenizer.from_pretrained(model), _calibration(data))
    export_onnx(model, artefact / "model.onnx", temperatures={}, peaks=peaks)
    temperatures = _temperatures(data, artefact)
    export_onnx(model, artefact / "model.onnx", temperatures=temperatures, peaks=peaks)
    export_onnx(model, artefact.parent / "float32" / "model.onnx", temperatures=temperatures, peaks=None)

    small = engine(artefact / "model.onnx", artefact)
    rows = annotated_rows(data, HELD_OUT)
    quality = quality_of(
        rows,
        predict_rows(small, rows),
        annotated=[*rows, *annotated_rows(data, ("train",))],
        revision=revision_of(hashes(artefact, FILES[:2])),
        measured_on=described(rows),
    )
    (artefact / "quality.json").write_text(json.dumps(quality, indent=1) + "\n", encoding="utf-8")
    write_manifest(artefact, artefact / "manifest.py", version=VERSION)
    comparison = {
        "temperatures": temperatures,
        "quality": quality,
        "int8 against float32": compare(data, small, engine(artefact.parent / "float32/model.onnx", artefact)),
    }
    (artefact.parent / "release.json").write_text(json.dumps(comparison, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(comparison, indent=1))
    return comparison


def refuse_unfit(data: Path) -> None:
    """Raise `InputError` where `data` holds no annotated post to train on, none held out or none of these to measure sentiment on."""
    gold = data / "layoffs/gold-dev.jsonl"
    found = Counter(split_of(post.group) for post in annotated_posts(gold)) if gold.exists() else Counter()
    held_out = sum(found[split] for split in HELD_OUT)
    if not found["train"] or not held_out:
        raise InputError(
            f"{gold} gives {found['train']} posts to train on and {held_out} held out; a release needs some of each. "
            "See docs/your-own-model.md."
        )
    refuse_unfelt(annotated_rows(data, HELD_OUT))


def described(rows: list[dict[str, Any]]) -> str:
    """Which posts the figures rest on, for the report: their number, platforms and years."""
    platforms = Counter(row["source"] for row in rows)
    years = sorted({row["created_at"][:4] for row in rows if row.get("created_at")})
    span = ", " + " to ".join(sorted({years[0], years[-1]})) if years else ""
    named = ", ".join(f"{count:,} from {platform}" for platform, count in platforms.most_common())
    return f"{len(rows):,} annotated posts ({named}{span}) whose threads and authors were kept out of training"


def install(artefact: Path) -> None:
    """Copy the artefact into the package; the hashes last, so that a half-done copy is refused and not used.

    Raises `InputError` where it is larger than the package may carry.
    """
    size = sum((artefact / name).stat().st_size for name in FILES)
    if size > MOST_BYTES:
        raise InputError(
            f"{artefact} holds {size / 1e6:.0f} MB, and the package carries at most {MOST_BYTES / 1e6:.0f}: nothing was installed. "
            "Start from an encoder with fewer word pieces; they take most of it."
        )
    (PACKAGE / "artefact").mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(artefact / name, PACKAGE / "artefact" / name)
    shutil.copyfile(artefact / "manifest.py", PACKAGE / "manifest.py")


def engine(onnx_file: Path, artefact: Path) -> Engine:
    """The runtime's own engine around any exported file, so that what is measured is what will run."""
    tokenizer = gzip.decompress((artefact / "tokenizer.json.gz").read_bytes()).decode()
    return onnx_engine(onnx_file.read_bytes(), tokenizer, revision=onnx_file.parent.name, settings=ModelSettings())


def log_probabilities(classifier: Engine, texts: list[str], contexts: list[Context]) -> np.ndarray:
    """Log-probabilities [posts, classes], heads side by side."""
    frame = classifier.predict(texts, contexts)
    names = [f"p_{name}" for head, classes in HEADS.items() if head != "voice" for name in classes]
    probabilities = {name: frame[name].to_numpy() for name in [*names, "p_affected"]}
    probabilities["p_observer"] = 1 - probabilities["p_affected"]
    columns = [probabilities[f"p_{name}"] for classes in HEADS.values() for name in classes]
    return np.log(np.maximum(np.stack(columns, axis=1), 1e-7))


def _calibration(data: Path) -> list[Example]:
    """Some 600 training posts that show which channels are large."""
    posts = [p for p in annotated_posts(data / "layoffs/gold-dev.jsonl") if split_of(p.group) == "train"][::13]
    umsab_file = data / "sentiment/umsab-train.tsv.gz"
    return posts + (sentiment_corpus(umsab_file)[::47] if umsab_file.exists() else [])


def _temperatures(data: Path, artefact: Path) -> dict[str, float]:
    """One temperature a head, on the development split: of log-probabilities, which differ from logits by a constant.

    None where no post fell into that split.
    """
    rows = annotated_rows(data, ("dev",))
    if not rows:
        return {}
    classifier = engine(artefact / "model.onnx", artefact)
    contexts = [Context(row["source"], row.get("thread_title")) for row in rows]
    values = log_probabilities(classifier, [row["text"] for row in rows], contexts)
    labels = np.array([annotated_post(row).labels for row in rows])
    return fit_temperatures({head: values[:, head_columns(head)] for head in HEADS}, labels)


def compare(data: Path, small: Engine, full: Engine) -> dict[str, Any]:
    """Share of equal labels of int8 and float32, on the held-out annotated posts and on UMSAB's validation."""
    rows = annotated_rows(data, HELD_OUT)
    a, b = predict_rows(small, rows), predict_rows(full, rows)
    result: dict[str, Any] = {
        head: round(float((a[head] == b[head]).mean() or 0), 4) for head in ("kind", "sentiment", "emotion")
    }
    result["voice"] = round(float((voices(a) == voices(b)).mean() or 0), 4)
    result["n"] = len(rows)
    result["macro-F1, int8 and float32"] = {
        head: [_macro_f1(rows, frame, head) for frame in (a, b)] for head in ("kind", "sentiment", "emotion")
    }
    umsab_file = data / "sentiment/umsab-val.tsv.gz"
    if umsab_file.exists():
        umsab = sentiment_corpus(umsab_file)
        texts, nowhere = [e.text for e in umsab], [Context("other")] * len(umsab)
        same = small.predict(texts, nowhere)["sentiment"] == full.predict(texts, nowhere)["sentiment"]
        result["umsab sentiment"] = round(float(same.mean() or 0), 4)
    return result


def _macro_f1(rows: list[dict[str, Any]], predicted: pl.DataFrame, head: str) -> float:
    """Of one head; but for kind, over the gold reactions."""
    known = [i for i, row in enumerate(rows) if row[head] and (head == "kind" or row["kind"] == "reaction")]
    truth, guess = [str(rows[i][head]) for i in known], predicted[known][head].to_list()
    return round(macro_f1(confusion(truth, guess, HEADS[head])), 4)

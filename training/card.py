"""The figures of the model card: every measure on held-out posts, with n and a 95 % bootstrap interval.

What the development split decides (temperatures, which run is shipped) is left out of every table but that of net sentiment.
Whole threads and authors are resampled, since their posts resemble each other.

    python -m training.card --data ../shared/data [--model FOLDER]

Without `--model` the bundled model is measured.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.classifier import Classifier, Context, ModelSettings, load_classifier
from analysis.classifier.labels import HEADS
from analysis.classifier.net import net_of_truth
from analysis.classifier.predictions import voices
from analysis.classifier.scores import confusion, expected_calibration_error, macro_f1, macro_recall, per_class
from training.corpora import read_rows
from training.net_errors import net_errors
from training.quality import HELD_OUT, annotated_rows, measured_platforms, predict_rows
from training.splits import group_of, text_key

if TYPE_CHECKING:
    import polars as pl

RESAMPLES = 1000
FLAWLESS = 200  # draws of what a calibrated model would show
Measure = Callable[[Sequence[str], Sequence[str]], float]


def f1_of(head: str) -> Measure:
    """Macro-F1 of a head."""
    return lambda truth, guess: macro_f1(confusion(truth, guess, HEADS[head]))


def reaction_f1(truth: Sequence[str], guess: Sequence[str]) -> float:
    """F1 of the class reaction."""
    return per_class(confusion(truth, guess, HEADS["kind"]), HEADS["kind"])["reaction"]["f1"]


def recall_of_sentiment(truth: Sequence[str], guess: Sequence[str]) -> float:
    """Macro recall of sentiment."""
    return macro_recall(confusion(truth, guess, HEADS["sentiment"]))


def row(
    name: str, truth: Sequence[str], guess: Sequence[str], measure: Measure, groups: Sequence[str] | None = None
) -> str:
    """One line of the card: measure in percent with its 95 % bootstrap interval over `groups` (else posts), and n.

    Where not one label is wrong there is nothing to resample: the lower end is then the exact binomial one of the accuracy.
    """
    rng = np.random.default_rng(5)
    value = measure(truth, guess)
    members: dict[str, list[int]] = {}
    for i in range(len(truth)):
        members.setdefault(groups[i] if groups else str(i), []).append(i)
    parts = list(members.values())
    resampled = []
    for _ in range(RESAMPLES):
        picks = [i for part in rng.integers(0, len(parts), len(parts)) for i in parts[part]]
        resampled.append(measure([truth[i] for i in picks], [guess[i] for i in picks]))
    low, high = np.quantile(resampled, (0.025, 0.975))
    if list(truth) == list(guess):
        low = 0.025 ** (1 / len(truth))
    return f"| {name} | {100 * value:.1f} | {100 * low:.1f} to {100 * high:.1f} | {len(truth):,} |"


def annotated(classifier: Classifier, rows: list[dict[str, Any]], name: str) -> list[str]:
    """All heads on annotated posts, but for those without a gold label."""
    predicted = predict_rows(classifier, rows)
    lines = []
    kinds, groups = [str(r["kind"]) for r in rows], [group_of(r) for r in rows]
    lines.append(row(f"{name}: kind, macro-F1", kinds, predicted["kind"].to_list(), f1_of("kind"), groups))
    lines.append(row(f"{name}: F1 of reaction", kinds, predicted["kind"].to_list(), reaction_f1, groups))
    guesses = {head: predicted[head].to_list() for head in ("sentiment", "emotion")}
    guesses["voice"] = voices(predicted).to_list()
    for head in ("sentiment", "emotion", "voice"):
        known = [i for i, r in enumerate(rows) if r["kind"] == "reaction" and r.get(head) is not None]
        if not known:
            continue
        truth, guess = [str(rows[i][head]) for i in known], [guesses[head][i] for i in known]
        lines.append(row(f"{name}: {head}, macro-F1", truth, guess, f1_of(head), [groups[i] for i in known]))
        if head == "sentiment":
            lines.append(calibration(name, predicted[known], truth))
            net = [net_of_truth(sentiments) for sentiments in (truth, guess)]
            lines.append(
                f"| {name}: net over gold reactions, true and labelled | {net[0]:+.1f} and {net[1]:+.1f} | | {len(known):,} |"
            )
    return lines


def tsv(classifier: Classifier, path: Path, name: str, skip: frozenset[str] = frozenset()) -> list[str]:
    """Sentiment per language of a TSV file; texts in `skip` (seen in training) are left out."""
    rows = [r for r in tsv_rows(path) if text_key(r[2]) not in skip]
    predicted = classifier.predict([r[2] for r in rows], [Context("other")] * len(rows))
    guess, truth = predicted["sentiment"].to_list(), [r[1] for r in rows]
    result, scores = [], []
    for lang in sorted({r[0] for r in rows}):
        here = [i for i, r in enumerate(rows) if r[0] == lang]
        pair = [truth[i] for i in here], [guess[i] for i in here]
        scores.append(f1_of("sentiment")(*pair))
        result.append(row(f"{name} {lang}: sentiment, macro-F1", *pair, f1_of("sentiment")))
    if len(scores) > 1:
        result.append(f"| {name}, mean of {len(scores)} languages | {100 * np.mean(scores):.1f} | | {len(rows):,} |")
    else:
        result.append(row(f"{name}: sentiment, macro recall", truth, guess, recall_of_sentiment))
    result.append(calibration(name, predicted, truth))
    return result


def calibration(name: str, predicted: pl.DataFrame, truth: Sequence[str]) -> str:
    """The line of sentiment's ECE, and what so many posts would show of a model whose probabilities are exactly right."""
    classes = HEADS["sentiment"]
    probabilities = predicted.select([f"p_{c}" for c in classes]).to_numpy()
    ece = expected_calibration_error(probabilities, np.array([classes.index(t) for t in truth]))
    drawn = np.random.default_rng(5).random((FLAWLESS, len(truth), 1)) > probabilities.cumsum(axis=1)[:, :-1]
    flawless = np.mean([expected_calibration_error(probabilities, labels) for labels in drawn.sum(axis=2)])
    return (
        f"| {name}: ECE of sentiment, and of a flawless calibration | {ece:.3f} and {flawless:.3f} | | {len(truth):,} |"
    )


def tsv_rows(path: Path) -> list[list[str]]:
    """Language, label and text of each row of a TSV file with a header."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t", 2) for line in lines][1:]
    return [row for row in rows if len(row) == 3]


def main() -> None:
    """Print the card's tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", help="a checkpoint folder instead of the bundled model")
    arguments = parser.parse_args()
    settings = ModelSettings(backend="transformers", name=arguments.model) if arguments.model else ModelSettings()
    classifier, data = load_classifier(settings), arguments.data
    print(f"Model {classifier.revision}\n\n| measure | value | 95 % interval | n |\n|---|---|---|---|")
    everything, first = (annotated_rows(data, ("test",), more=more) for more in (True, False))
    twice = [r for r in first if r.get("passes") == 2]  # posts on which two passes differed are not among them
    for which, test in (("all held out", everything), ("first annotation", first), ("read twice alike", twice)):
        for platform in measured_platforms(test):
            here = [r for r in test if r["source"] == platform]
            print("\n".join(annotated(classifier, here, f"{platform}, {which}")), flush=True)
    rows = annotated_rows(data, HELD_OUT)
    print("\n".join(net_errors(rows, predict_rows(classifier, rows), annotated_rows(data, ("train",)))), flush=True)
    if (authored := data / "layoffs/gold-multilingual-dev.jsonl").exists():
        print("\n".join(by_language(classifier, authored)), flush=True)
    if (tweets := data / "sentiment/tweeteval-en-val.tsv.gz").exists():
        trained = [data / f"sentiment/{name}-train.tsv.gz" for name in ("semeval-en", "umsab")]
        seen = frozenset(text_key(row[2]) for path in trained if path.exists() for row in tsv_rows(path))
        print("\n".join(tsv(classifier, tweets, "TweetEval validation", seen)), flush=True)
    if (umsab := data / "sentiment/umsab-val.tsv.gz").exists():
        print("\n".join(tsv(classifier, umsab, "UMSAB validation")), flush=True)


def by_language(classifier: Classifier, path: Path) -> list[str]:
    """All heads on the authored posts of a JSONL file, then kind and sentiment of each language."""
    rows = read_rows(path)
    lines = annotated(classifier, rows, "authored")
    for lang in sorted({r["lang"] for r in rows}):
        here = [r for r in rows if r["lang"] == lang]
        predicted = predict_rows(classifier, here)
        kinds = [r["kind"] for r in here]
        lines.append(row(f"authored {lang}: kind", kinds, predicted["kind"].to_list(), f1_of("kind")))
        known = [i for i, r in enumerate(here) if r["kind"] == "reaction" and r["sentiment"] is not None]
        if known:
            truth, guess = [here[i]["sentiment"] for i in known], predicted["sentiment"][known].to_list()
            lines.append(row(f"authored {lang}: sentiment", truth, guess, f1_of("sentiment")))
    return lines


if __name__ == "__main__":
    main()

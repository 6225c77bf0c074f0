"""The figures of the model card: every measure on held-out posts, with n and a 95 % bootstrap interval.

What the development split decides (temperatures, which run is shipped) is left out of every table but that of net sentiment.
Whole threads and authors are resampled, since their posts resemble each other.

    python -m training.card --data ../shared/data [--model FOLDER]

Without `--model` the bundled model is measured.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.classifier import Classifier, Context, ModelSettings, load_classifier
from analysis.classifier.labels import HEADS
from analysis.classifier.scores import confusion, expected_calibration_error, macro_f1, macro_recall, per_class
from training.net_errors import net_errors
from training.quality import HELD_OUT, annotated_rows, predict_rows
from training.splits import group_of, text_key

RESAMPLES = 1000
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
    """One line of the card: measure in percent with its 95 % bootstrap interval over `groups` (else posts), and n."""
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
    return f"| {name} | {100 * value:.1f} | {100 * low:.1f} to {100 * high:.1f} | {len(truth):,} |"


def annotated(classifier: Classifier, rows: list[dict[str, Any]], name: str) -> list[str]:
    """All heads on annotated posts."""
    predicted = predict_rows(classifier, rows)
    lines = []
    kinds, groups = [str(r["kind"]) for r in rows], [group_of(r) for r in rows]
    lines.append(row(f"{name}: kind, macro-F1", kinds, predicted["kind"].to_list(), f1_of("kind"), groups))
    lines.append(row(f"{name}: F1 of reaction", kinds, predicted["kind"].to_list(), reaction_f1, groups))
    guesses = {head: predicted[head].to_list() for head in ("sentiment", "emotion")}
    guesses["voice"] = ["affected" if p > 0.5 else "observer" for p in predicted["p_affected"]]
    for head in ("sentiment", "emotion", "voice"):
        known = [i for i, r in enumerate(rows) if r["kind"] == "reaction" and r.get(head) is not None]
        truth, guess = [str(rows[i][head]) for i in known], [guesses[head][i] for i in known]
        lines.append(row(f"{name}: {head}, macro-F1", truth, guess, f1_of(head), [groups[i] for i in known]))
        if head == "sentiment":
            probabilities = predicted.select([f"p_{c}" for c in HEADS[head]]).to_numpy()[known]
            ece = expected_calibration_error(probabilities, np.array([HEADS[head].index(t) for t in truth]))
            lines.append(f"| {name}: ECE of sentiment | {ece:.3f} | | {len(known):,} |")
            net = [100 * (s.count("positive") - s.count("negative")) / len(s) for s in (truth, guess)]
            lines.append(
                f"| {name}: net over gold reactions, true and labelled | {net[0]:+.1f} and {net[1]:+.1f} | | {len(known):,} |"
            )
    return lines


def tsv(classifier: Classifier, path: Path, name: str, skip: frozenset[str] = frozenset()) -> list[str]:
    """Sentiment per language of a TSV file; texts in `skip` (seen in training) are left out."""
    with gzip.open(path, "rt", encoding="utf-8") as lines_in:
        rows = [line.rstrip("\n").split("\t", 2) for line in lines_in][1:]
    rows = [r for r in rows if len(r) == 3 and text_key(r[2]) not in skip]
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
    probabilities = predicted.select([f"p_{c}" for c in HEADS["sentiment"]]).to_numpy()
    ece = expected_calibration_error(probabilities, np.array([HEADS["sentiment"].index(t) for t in truth]))
    result.append(f"| {name}: ECE of sentiment | {ece:.3f} | | {len(rows):,} |")
    return result


def _texts(path: Path) -> list[str]:
    """The texts of a TSV file of `lang label text`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t", 2)[-1] for line in lines]


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
        for platform, name in (("x", "tweets"), ("reddit", "Reddit")):
            here = [r for r in test if r["source"] == platform]
            print("\n".join(annotated(classifier, here, f"{name}, {which}")), flush=True)
    rows = annotated_rows(data, HELD_OUT)
    print("\n".join(net_errors(rows, predict_rows(classifier, rows), annotated_rows(data, ("train",)))), flush=True)
    with (data / "layoffs/gold-multilingual-dev.jsonl").open(encoding="utf-8") as lines:
        authored = [json.loads(line) for line in lines]
    print("\n".join(annotated(classifier, authored, "authored")), flush=True)
    for lang in sorted({r["lang"] for r in authored}):
        here = [r for r in authored if r["lang"] == lang]
        predicted = predict_rows(classifier, here)
        kinds = [r["kind"] for r in here]
        print(row(f"authored {lang}: kind", kinds, predicted["kind"].to_list(), f1_of("kind")))
        known = [i for i, r in enumerate(here) if r["kind"] == "reaction"]
        print(
            row(
                f"authored {lang}: sentiment",
                [here[i]["sentiment"] for i in known],
                [predicted["sentiment"][i] for i in known],
                f1_of("sentiment"),
            ),
            flush=True,
        )
    seen = frozenset(
        text_key(text) for name in ("semeval-en", "umsab") for text in _texts(data / f"sentiment/{name}-train.tsv.gz")
    )
    print(
        "\n".join(tsv(classifier, data / "sentiment/tweeteval-en-val.tsv.gz", "TweetEval validation", seen)), flush=True
    )
    print("\n".join(tsv(classifier, data / "sentiment/umsab-val.tsv.gz", "UMSAB validation")), flush=True)


if __name__ == "__main__":
    main()

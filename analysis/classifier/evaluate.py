"""Score a classifier on labelled files: the figures of `layoffs evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.classifier.artefact import bundled_revision
from analysis.classifier.labelled_files import LabelledPost, labelled_files, read_labelled
from analysis.classifier.labels import HEADS, KINDS, SENTIMENTS
from analysis.classifier.net import net_of_truth, reported_net
from analysis.classifier.predictions import voices
from analysis.classifier.quality import quality
from analysis.classifier.scores import confusion, expected_calibration_error, macro_f1, macro_recall, per_class
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from analysis.classifier.contract import Classifier
    from analysis.classifier.quality import Quality

SHOWN_MISTAKES = 20
REACTION = KINDS[0]


def evaluate_files(
    paths: Sequence[str | Path],
    classifier: Classifier,
    *,
    verbose: bool = False,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """The figures of each file, as `layoffs evaluate --json` prints them; fractions 0 to 1, net sentiment in points.

    TSV (`lang label text`) has sentiment only. JSONL like the annotated posts has all heads: sentiment, voice and
    emotion are scored on posts whose gold kind is reaction, or on all posts of a file without any kind;
    `net_sentiment` compares those gold reactions with what the pipeline would report for the whole file, where posts
    that repeat an earlier reaction don't count. Of a folder its .tsv and .jsonl files are read. A head
    without gold labels is null. `verbose` adds to each file `confusion` (per head: classes, counts [true][predicted])
    and `mistakes` (the most confident wrong ones). `on_progress` gets (posts done, posts in all files).

    Raises `InputError` for a file that can't be read, holds an unknown label or none at all.
    """
    files = [(path, _labelled(path)) for path in labelled_files(map(Path, paths))]
    total = sum(len(posts) for _, posts in files)
    results: list[dict[str, Any]] = []
    before = 0
    for path, posts in files:

        def advance(done: int, before: int = before) -> None:
            if on_progress is not None:
                on_progress(before + done, total)

        results.append(_evaluate_file(path, posts, classifier, verbose=verbose, on_progress=advance))
        before += len(posts)
    return {"model": classifier.revision, "files": results}


def _labelled(path: Path) -> list[LabelledPost]:
    posts = read_labelled(path)
    if not posts:
        raise InputError(f"{path} holds a header and no post.")
    if not any(post.gold(head) for post in posts for head in HEADS):
        raise InputError(
            f"{path} holds no labelled post among {len(posts):,}. Valid: TSV (lang, label, text), or JSONL with labels under "
            f"{', '.join(HEADS)}, spelt so."
        )
    return posts


def _evaluate_file(
    path: Path,
    posts: list[LabelledPost],
    classifier: Classifier,
    *,
    verbose: bool,
    on_progress: Callable[[int], None],
) -> dict[str, Any]:
    texts, contexts = [post.text for post in posts], [post.context for post in posts]
    predicted = classifier.predict(texts, contexts, on_progress=on_progress)
    guesses = {head: predicted[head].to_list() for head in HEADS} | {"voice": voices(predicted).to_list()}
    result: dict[str, Any] = {"file": str(path), "n": len(posts)}
    # Without any kind the file's posts are scored as reactions; beside kinds a null one is just not known.
    reactions = [post.kind == REACTION for post in posts] if any(post.kind for post in posts) else [True] * len(posts)
    matrices: dict[str, Any] = {}
    mistakes: list[dict[str, Any]] = []
    for head in ("sentiment", "kind", "voice", "emotion"):
        rows = [i for i, post in enumerate(posts) if post.gold(head) is not None and (head == "kind" or reactions[i])]
        if not rows:
            result[head] = None
            continue
        truth = [str(posts[i].gold(head)) for i in rows]
        guess = [str(guesses[head][i]) for i in rows]
        counts = confusion(truth, guess, HEADS[head])
        matrices[head] = {"classes": list(HEADS[head]), "counts": counts.tolist()}
        mistakes += _mistakes(head, dict(zip(rows, zip(truth, guess, strict=True), strict=True)), posts, predicted)
        if head == "sentiment":
            result[head] = _sentiment(rows, truth, guess, posts, predicted)
        else:
            scores = per_class(counts, HEADS[head])
            result[head] = {"n": len(rows), "macro_f1": macro_f1(counts), "per_class": scores}
    measured = quality() if classifier.revision == bundled_revision() else None
    result["net_sentiment"] = _net(posts, predicted, measured)
    if verbose:
        result["confusion"] = matrices
        result["mistakes"] = sorted(mistakes, key=lambda m: -m["confidence"])[:SHOWN_MISTAKES]
    return result


def _sentiment(
    rows: list[int], truth: list[str], guess: list[str], posts: list[LabelledPost], predicted: pl.DataFrame
) -> dict[str, Any]:
    counts = confusion(truth, guess, SENTIMENTS)
    probabilities = predicted.select([f"p_{name}" for name in SENTIMENTS]).to_numpy()[rows]
    languages: dict[str, tuple[list[str], list[str]]] = {}
    for i, true, said in zip(rows, truth, guess, strict=True):
        pair = languages.setdefault(posts[i].lang, ([], []))
        pair[0].append(true)
        pair[1].append(said)
    return {
        "n": len(rows),
        "macro_f1": macro_f1(counts),
        "macro_recall": macro_recall(counts),
        "accuracy": float(np.trace(counts)) / len(rows),
        "ece": expected_calibration_error(probabilities, np.array([SENTIMENTS.index(t) for t in truth])),
        "per_language": {
            lang: {"n": len(pair[0]), "macro_f1": macro_f1(confusion(*pair, SENTIMENTS))}
            for lang, pair in sorted(languages.items())
        },
    }


def _net(
    posts: list[LabelledPost], predicted: pl.DataFrame, measured: Quality | None
) -> dict[str, float | None] | None:
    gold = [post.sentiment for post in posts if post.kind == REACTION and post.sentiment is not None]
    return {"truth": net_of_truth(gold), **reported_net(predicted, posts, measured)} if gold else None


def _mistakes(
    head: str, pairs: dict[int, tuple[str, str]], posts: list[LabelledPost], predicted: pl.DataFrame
) -> list[dict[str, Any]]:
    """Wrong predictions of a head; `pairs` maps a post's index to its true and predicted class."""
    found = []
    for i, (true, said) in pairs.items():
        if true == said:
            continue
        affected = float(predicted["p_affected"][i])
        confidence = {"affected": affected, "observer": 1 - affected}.get(said)
        if confidence is None:
            confidence = float(predicted[f"p_{said}"][i])
        found.append({"head": head, "true": true, "predicted": said, "confidence": confidence, "text": posts[i].text})
    return found

"""Reading the labelled corpora into one record type.

Every corpus becomes a list of `Example`: text and context already cleaned, and for each head a class index, or -1
where the corpus says nothing about that head.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.classifier.labelled_files import platform_of
from analysis.classifier.labelled_lines import numbered_lines
from analysis.classifier.labels import HEADS, SENTIMENTS
from analysis.classifier.text import Context, clean_text, context_segment, whole_text
from store import InputError
from training.splits import group_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MISSING = -1

_GOEMOTIONS = {
    "anger": "anger annoyance disapproval disgust",
    "sadness": "sadness grief disappointment remorse",
    "fear": "fear nervousness",
    "surprise": "surprise",
    "joy": "joy admiration amusement excitement gratitude love optimism pride relief",
    "none": "neutral",
}
#: Emotion names of GoEmotions, TweetEval and VSMEC → ours. Names left out (approval, caring, curiosity, …) name no
#: emotion of the guideline; rows that hold only such names are skipped.
EMOTION_NAMES = {name: ours for ours, names in _GOEMOTIONS.items() for name in names.split()} | {
    "enjoyment": "joy",
    "other": "none",
}
_EMOTION_POLARITY = {
    "anger": "negative",
    "sadness": "negative",
    "fear": "negative",
    "joy": "positive",
    "none": "neutral",
}
# Of the reactions trained on some 52 % are negative and 15 % positive; a little more weight keeps the rare class learnable
# without turning the report's priors upside down.
_GOLD_WEIGHT = {"negative": 0.9, "neutral": 1.0, "positive": 1.3}


@dataclass(frozen=True, slots=True)
class Example:
    """One training or validation item: cleaned text, second segment, class index per head (or -1), group key.

    `soft` are teachers' probabilities of all classes, heads side by side, and `soft_weight` how much each head's count; see
    `distil.py`.
    """

    text: str
    context: str
    labels: tuple[int, ...]
    lang: str
    group: str = ""
    sentiment_weight: float = 1.0
    soft: NDArray[np.float32] | None = field(default=None, compare=False)
    soft_weight: tuple[float, ...] = ()


def _labels(**named: str | None) -> tuple[int, ...]:
    """Class indices in the order of the heads from class names; `None` and absent heads give -1.

    Raises `InputError` for another name.
    """
    for head, label in named.items():
        if label is not None and label not in HEADS[head]:
            raise InputError(f"{head} is {label!r}; valid are {', '.join(HEADS[head])}.")
    return tuple(
        MISSING if named.get(head) is None else classes.index(str(named[head])) for head, classes in HEADS.items()
    )


def _tsv(path: Path) -> Iterator[list[str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        next(lines)  # the header
        for line in lines:
            fields = line.rstrip("\n").split("\t", 2)  # a text may hold tabs
            if len(fields) == 3:
                yield fields


def count_rows(path: Path) -> int:
    """Rows of a TSV file, usable or not, without its header."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return sum(1 for _ in lines) - 1


def sentiment_corpus(path: Path) -> list[Example]:
    """TSV of `lang label text` with the labels negative, neutral, positive."""
    return [
        Example(clean_text(text), "", _labels(sentiment=label), lang)
        for lang, label, text in _tsv(path)
        if label in SENTIMENTS
    ]


def emotion_corpus(path: Path, *, with_sentiment: bool) -> list[Example]:
    """TSV of `lang label[,label…] text`; rows whose labels map to more than one of our emotions are skipped.

    With `with_sentiment` an emotion that implies a polarity also labels the sentiment head (GoEmotions: the only
    large Reddit corpus at hand).
    """
    examples = []
    for lang, names, text in _tsv(path):
        emotions = {EMOTION_NAMES.get(name) for name in names.split(",")} - {None}
        if len(emotions) != 1:
            continue
        emotion = emotions.pop()
        sentiment = _EMOTION_POLARITY.get(emotion) if with_sentiment else None
        examples.append(Example(clean_text(text), "", _labels(emotion=emotion, sentiment=sentiment), lang))
    return examples


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The annotated posts of a JSONL like `gold-dev.jsonl`, each `complete`.

    Raises `InputError` naming file and line for what can't be read.
    """
    rows = []
    for number, line in numbered_lines(path):
        try:
            rows.append(complete(json.loads(line)))
        except (ValueError, RecursionError, InputError) as error:  # the second for brackets in brackets without end
            raise InputError(f"{path}, line {number}: {error}") from error
    return rows


def complete(row: dict[str, Any]) -> dict[str, Any]:
    """An annotated post with what every reader relies on: a `source` as an import names it, `created_at` as `utc_text` or None, each head's class or None.

    Raises `InputError` where a field that can't be done without is missing, or one has no valid value.
    """
    _check_fields(row)
    said = row.get("created_at")
    try:
        created = None if said is None else utc_text(dt.datetime.fromisoformat(str(said)))
    except (ValueError, OverflowError) as error:  # year 1 in the east is year 0 in UTC
        raise InputError(f"created_at is {said!r}; valid is a time such as 2025-10-29T10:00:00Z, or null.") from error
    labels = {head: row.get(head) for head in HEADS}
    source = platform_of(whole_text(str(row.get("source") or "other")))
    return row | labels | {"source": source, "created_at": created}


def utc_text(time: dt.datetime) -> str:
    """A time (UTC if it names no zone) as ISO 8601 text in UTC, to the second."""
    time = time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def annotated_posts(path: Path) -> list[Example]:
    """The same file's posts to train on. Raises as `read_rows`."""
    return [annotated_post(row) for row in read_rows(path)]


def annotated_post(row: dict[str, Any]) -> Example:
    """A `complete` annotated post to train on: all heads.

    The sentiment and emotion of anything but a reaction is never scored; news and promo still teach the sentiment
    head a little (weight 0.3: a headline without a stance is neutral), noise does not.
    """
    kind = row["kind"]
    is_reaction = kind == "reaction"
    labels = _labels(
        kind=kind,
        voice=row["voice"] if is_reaction else None,
        sentiment=None if kind == "noise" else row["sentiment"],
        emotion=row["emotion"] if is_reaction else None,
    )
    context = Context(row["source"], row.get("thread_title"))
    return Example(
        clean_text(row["text"]),
        context_segment(context),
        labels,
        row.get("lang") or "en",
        group=group_of(row),
        sentiment_weight=_GOLD_WEIGHT[row["sentiment"] or "neutral"] * (1.0 if is_reaction else 0.3),
    )


def _check_fields(row: Any) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'expected an object with "text", "kind" and the other labels, got {str(row)[:80]!r}.')
    title = row.get("thread_title")
    if title is not None and not isinstance(title, str):
        raise InputError(f"thread_title is {title!r}; valid is a text or null.")
    if not any(row.get(name) for name in ("thread", "author", "id")):
        raise InputError(
            "thread, author and id are all missing; one of them decides between training and held-out posts."
        )
    _labels(**{head: row.get(head) for head in HEADS})  # also those that this kind doesn't teach
    heads = {"reaction": tuple(HEADS), "noise": ("kind",)}.get(row.get("kind") or "", ("kind", "sentiment"))
    for head in heads:
        if head not in row or (head == "kind" and row[head] is None):
            null = "" if head == "kind" else ", or null where unsure"
            raise InputError(f"{head} is missing; valid are {', '.join(HEADS[head])}{null}.")

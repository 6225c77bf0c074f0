"""Reading the labelled corpora into one record type, and splitting the annotated posts for validation.

Every corpus becomes a list of `Example`: text and context already cleaned, and for each head a class index, or -1
where the corpus says nothing about that head.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.classifier.labels import HEADS, SENTIMENTS
from analysis.classifier.text import Context, clean_text, context_segment
from store import InputError

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

MISSING = -1
#: Share of annotated posts, in percent, set aside by a hash of their thread (else author, else id).
DEV_PERCENT, TEST_PERCENT = 8, 14
#: Parts of the training posts; a teacher leaves one out and labels that one.
FOLDS = 5

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
# Of the reactions trained on some 52 % are negative and 14 % positive; a little more weight keeps the rare class learnable
# without turning the report's priors upside down.
_GOLD_WEIGHT = {"negative": 0.9, "neutral": 1.0, "positive": 1.3}


#: Kinds, voices, sentiments and emotions of more posts, read by the guideline in one pass; see EXPERIMENTS.md.
ANNOTATIONS = Path(__file__).parent / "annotations.tsv"
_THREAD = re.compile(r"/comments/([a-z0-9]+)")


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
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                rows.append(complete(json.loads(line)))
            except (ValueError, InputError) as error:
                raise InputError(f"{path}, line {number}: {error}") from error
    return rows


def complete(row: dict[str, Any]) -> dict[str, Any]:
    """An annotated post with what every reader relies on: a `source`, `created_at` as `utc_text` or None, each head's class or None.

    Raises `InputError` where a field that can't be done without is missing, or one has no valid value.
    """
    _check_fields(row)
    said = row.get("created_at")
    try:
        created = None if said is None else utc_text(dt.datetime.fromisoformat(str(said)))
    except (ValueError, OverflowError) as error:  # year 1 in the east is year 0 in UTC
        raise InputError(f"created_at is {said!r}; valid is a time such as 2025-10-29T10:00:00Z, or null.") from error
    labels = {head: row.get(head) for head in HEADS}
    return row | labels | {"source": str(row.get("source") or "other"), "created_at": created}


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


def more_annotated_rows(data: Path) -> Iterator[dict[str, Any]]:
    """The posts that `annotations.tsv` labels, each `complete` as those of `gold-dev.jsonl`: texts are read from `data`, never shipped.

    The file knows a post by a hash of its id, so it points to nobody's post without the collection beside it.
    """
    with ANNOTATIONS.open(encoding="utf-8", newline="") as lines:
        known = {row.pop("post"): row for row in csv.DictReader(lines, delimiter="\t")}
    for row in _collected(data):
        labels = known.get(annotation_key(row["source"], row["id"]))
        if labels is not None:
            yield complete(row | {name: value or None for name, value in labels.items()})


def unlabelled_posts(data: Path) -> list[Example]:
    """The collected posts that nobody annotated, each text once; none of held-out threads and authors."""
    gold = data / "layoffs/gold-dev.jsonl"
    labelled = [*annotated_posts(gold)] if gold.exists() else []
    labelled += map(annotated_post, more_annotated_rows(data))
    seen = {post.text for post in labelled}
    posts = []
    for row in _collected(data):
        text, group = clean_text(row["text"]), group_of(row)
        if text in seen or split_of(group) != "train":
            continue
        seen.add(text)
        context = context_segment(Context(row["source"], row.get("thread_title")))
        posts.append(Example(text, context, _labels(), row.get("lang") or "", group))
    return posts


@lru_cache(maxsize=1)
def held_out_texts(data: Path) -> frozenset[str]:
    """Keys of the texts of held-out posts, of those longer than three words: shorter ones are equal by chance."""
    gold, authored = data / "layoffs/gold-dev.jsonl", data / "layoffs/gold-multilingual-dev.jsonl"
    posts = annotated_posts(gold) if gold.exists() else []
    posts += map(annotated_post, more_annotated_rows(data))
    held_out = [post for post in posts if split_of(post.group) != "train"]
    held_out += annotated_posts(authored) if authored.exists() else []
    return frozenset(key for key in (text_key(post.text) for post in held_out) if len(key.split()) > 3)


def text_key(text: str) -> str:
    """A text without names, links, case and signs: equal for two copies of one post."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return " ".join(word for word in words if word not in ("user", "http", "https", "co", "t"))


def _collected(data: Path) -> Iterator[dict[str, Any]]:
    """Every collected post, labelled or not."""
    yield from _tweets(data / "layoffs/tweets-2023.jsonl.gz")
    yield from _reddit(data / "layoffs/reddit-2010-2026.csv.gz")
    yield from _hungarian(data / "layoffs/reddit-hu-2023-2026.jsonl.gz")


def annotation_key(source: str, post_id: str) -> str:
    """How `annotations.tsv` names a post."""
    return hashlib.sha256(f"{source} {post_id}".encode()).hexdigest()[:16]


def _tweets(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield {"source": "x", **json.loads(line)}


def _reddit(path: Path) -> Iterator[dict[str, Any]]:
    """Posts and comments with their thread and its title, as the pipeline would give them."""
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows: list[dict[str, Any]] = [
            {"source": "reddit", **row, **_posted(row), "thread": _THREAD.search(row["url"])}
            for row in csv.DictReader(lines)
        ]
    for row in rows:
        row["thread"] = row["thread"] and row["thread"][1]
    titles = {row["thread"]: row["title"] for row in rows if row["type"] == "post"}
    yield from ({**row, "thread_title": titles.get(row["thread"])} for row in rows)


def _hungarian(path: Path) -> Iterator[dict[str, Any]]:
    """The same of a dump whose posts begin with their title."""
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [{"source": "reddit", **row, **_posted(row)} for row in map(json.loads, lines)]
    titles = {row["thread"]: row["text"].partition("\n")[0] for row in rows if row["type"] == "post"}
    yield from ({**row, "lang": "hu", "thread_title": titles.get(row["thread"])} for row in rows)


def _posted(row: dict[str, Any]) -> dict[str, str]:
    """`created_at` of a post from Reddit, whose dumps count seconds."""
    return {"created_at": utc_text(dt.datetime.fromtimestamp(float(row["created_utc"]), dt.UTC))}


def group_of(row: dict[str, Any]) -> str:
    """What keeps an annotated post and its like on one side of a split: its thread, else author, else id."""
    return str(row.get("thread") or row.get("author") or row["id"])


def fold_of(example: Example) -> int:
    """Which of the `FOLDS` parts of the training posts an example belongs to: whole threads and authors fall into one."""
    key = "fold " + (example.group or example.text)
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % FOLDS


def split_of(group: str) -> str:
    """`train`, `dev` or `test` for a group key: the same on every machine and for every later file."""
    bucket = int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 100
    if bucket < DEV_PERCENT:
        return "dev"
    return "test" if bucket < DEV_PERCENT + TEST_PERCENT else "train"


def shuffled_balanced(examples: list[Example], head: str, rng: random.Random) -> list[Example]:
    """All examples once, the rarer classes of `head` repeated up to half the size of the largest."""
    index = list(HEADS).index(head)
    by_class: dict[int, list[Example]] = {}
    for example in examples:
        by_class.setdefault(example.labels[index], []).append(example)
    largest = max(len(group) for group in by_class.values())
    mixed: list[Example] = []
    for group in by_class.values():
        times = max(1, min(3, round(0.5 * largest / len(group))))
        mixed += group * times
    rng.shuffle(mixed)
    return mixed

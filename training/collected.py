"""The collected posts: those that `annotations.tsv` labels by a hash of their ids, and those that nobody labelled."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.classifier.labels import HEADS
from analysis.classifier.text import Context, clean_text, context_segment
from training.corpora import MISSING, Example, annotated_post, annotated_posts, complete, utc_text
from training.splits import group_of, split_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Kinds, voices, sentiments and emotions of more posts, each read twice by the guideline, and a third time where the two readings
#: differed; see EXPERIMENTS.md.
ANNOTATIONS = Path(__file__).parent / "annotations.tsv"
_THREAD = re.compile(r"/comments/([a-z0-9]+)")


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


def annotation_key(source: str, post_id: str) -> str:
    """How `annotations.tsv` names a post."""
    return hashlib.sha256(f"{source} {post_id}".encode()).hexdigest()[:16]


def unlabelled_posts(data: Path) -> list[Example]:
    """The collected posts that nobody annotated, each text once; none of held-out threads and authors."""
    gold = data / "layoffs/gold-dev.jsonl"
    labelled = annotated_posts(gold) if gold.exists() else []
    labelled += map(annotated_post, more_annotated_rows(data))
    seen = {post.text for post in labelled}
    posts = []
    for row in _collected(data):
        text, group = clean_text(row["text"]), group_of(row)
        if text in seen or split_of(group) != "train":
            continue
        seen.add(text)
        context = context_segment(Context(row["source"], row.get("thread_title")))
        posts.append(Example(text, context, (MISSING,) * len(HEADS), row.get("lang") or "", group))
    return posts


def _collected(data: Path) -> Iterator[dict[str, Any]]:
    """Every collected post, labelled or not."""
    yield from _tweets(data / "layoffs/tweets-2023.jsonl.gz")
    yield from _reddit(data / "layoffs/reddit-2010-2026.csv.gz")
    yield from _hungarian(data / "layoffs/reddit-hu-2023-2026.jsonl.gz")


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

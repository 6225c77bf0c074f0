"""Reading labelled files for `layoffs evaluate`: sentiment TSV, and JSONL like the annotated posts."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.classifier.labels import HEADS
from analysis.classifier.text import Context
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TSV_HEADER = ["lang", "label", "text"]


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """A text with gold labels; `None` where a head has none."""

    text: str
    context: Context
    lang: str
    kind: str | None
    voice: str | None
    sentiment: str | None
    emotion: str | None

    def gold(self, head: str) -> str | None:
        """The gold label of a head."""
        label: str | None = getattr(self, head)
        return label


def read_labelled(path: Path) -> list[LabelledPost]:
    """All posts of a `.tsv` or `.jsonl` file (each may be gzipped).

    Raises `InputError` naming file and line for anything else, an unreadable line or an unknown label.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind not in (".tsv", ".jsonl"):
        raise InputError(
            f"{path}: evaluate reads .tsv (lang label text) and .jsonl, each also as .gz; got {path.name!r}."
        )
    posts = []
    try:
        for number, line in _lines(path):
            post = _from_tsv(path, number, line) if kind == ".tsv" else _from_json(path, number, line)
            if post is not None:
                posts.append(post)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {error}. Expected UTF-8 text.") from error
    return posts


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line.rstrip("\r\n")


def _from_tsv(path: Path, number: int, line: str) -> LabelledPost | None:
    fields = line.split("\t", 2)
    if fields == TSV_HEADER:
        return None
    if len(fields) != len(TSV_HEADER):
        raise InputError(
            f"{path}, line {number}: expected lang, label and text between tabs, got {len(fields)} field(s)."
        )
    lang, label, text = fields
    _check(path, number, "sentiment", label)
    return LabelledPost(text, Context("other"), lang, None, None, label, None)


def _from_json(path: Path, number: int, line: str) -> LabelledPost:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{path}, line {number}: not JSON ({error}).") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{path}, line {number}: expected an object with "text" and labels such as "kind".')
    for head in HEADS:
        _check(path, number, head, row.get(head))
    return LabelledPost(
        text=row["text"],
        context=Context(str(row.get("source") or "other"), row.get("thread_title")),
        lang=str(row.get("lang") or "und"),
        **{head: row.get(head) for head in HEADS},
    )


def _check(path: Path, number: int, head: str, label: object) -> None:
    if label is not None and label not in HEADS[head]:
        raise InputError(f"{path}, line {number}: {head} is {label!r}; valid are {', '.join(HEADS[head])}.")

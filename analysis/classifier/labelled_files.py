"""Reading labelled files for `layoffs evaluate`: sentiment TSV, and JSONL like the annotated posts."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis.classifier.labelled_lines import numbered_lines
from analysis.classifier.labels import HEADS, SENTIMENTS
from analysis.classifier.text import Context, whole_text
from store import InputError, platform_names

if TYPE_CHECKING:
    from collections.abc import Iterable

TSV_HEADER = ["lang", "label", "text"]
_IN_HEADERS = frozenset({*TSV_HEADER, "language", "sentiment"})
_ONE_A_LINE = 'Expected one whole object per line, such as {"text": "…", "kind": "reaction"}, neither a list nor an object over several lines.'


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
    author: str | None = None
    created_at: dt.datetime | None = None
    """UTC; None where the file does not say it."""

    def gold(self, head: str) -> str | None:
        """The gold label of a head."""
        label: str | None = getattr(self, head)
        return label


def labelled_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and in place of a folder the labelled files in it, in order of their names.

    Raises `InputError` for a folder that holds none.
    """
    files: list[Path] = []
    for path in paths:
        inside = (
            [file for file in sorted(path.rglob("*")) if file.is_file() and _kind(file)] if path.is_dir() else [path]
        )
        if not inside:
            raise InputError(f"{path} holds no .tsv or .jsonl file. Name the labelled files, or a folder of them.")
        files += inside
    return files


def _kind(path: Path) -> str | None:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    return suffix if suffix in (".tsv", ".jsonl") else None


def read_labelled(path: Path) -> list[LabelledPost]:
    """All posts of a `.tsv` or `.jsonl` file (each may be gzipped).

    Raises `InputError` naming file and line for anything else, an unreadable line or an unknown label.
    """
    kind = _kind(path)
    if kind is None:
        if str(path) == "-" or path.parts[:2] == ("/", "dev"):
            # The format is told by a name, which stands in the result too.
            raise InputError(
                f"{path}: evaluate doesn't read standard input. Save what comes out of it to a .tsv or .jsonl file and name that."
            )
        raise InputError(
            f"{path}: evaluate reads .tsv (lang label text) and .jsonl, each also as .gz; got {path.name!r}."
        )
    read = _from_tsv if kind == ".tsv" else _from_json
    posts = (read(path, number, line) for number, line in numbered_lines(path))
    return [post for post in posts if post is not None]


def _from_tsv(path: Path, number: int, line: str) -> LabelledPost | None:
    columns = [column.strip(' "') for column in line.split("\t")]
    words = [column.lower() for column in columns]
    if words == TSV_HEADER:
        return None
    fields = line.split("\t", 2)
    # Two of these words and no label between them: a post would have to be about this format to look so.
    if len(_IN_HEADERS.intersection(words)) > 1 and fields[1] not in SENTIMENTS:
        raise InputError(
            f"{path}, line {number} looks like a header ({', '.join(columns)}). Expected: lang, label and text between tabs, "
            "in this order, or no header."
        )
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
    except (ValueError, RecursionError) as error:  # the latter for brackets in brackets without end
        # Python's own text names a line too, which within one line is always the first.
        said = f"{error.msg}: column {error.colno:,}" if isinstance(error, json.JSONDecodeError) else error
        raise InputError(f"{path}, line {number}: not JSON that can be read ({said}). {_ONE_A_LINE}") from error
    if not isinstance(row, dict):
        raise InputError(f"{path}, line {number}: no object. {_ONE_A_LINE}")
    if not isinstance(row.get("text"), str):
        raise InputError(f'{path}, line {number}: expected an object with "text" and labels such as "kind".')
    for head in HEADS:
        _check(path, number, head, row.get(head))
    title = row.get("thread_title")
    if title is not None and not isinstance(title, str):
        raise InputError(f"{path}, line {number}: thread_title is {title!r}; valid is a text or null.")
    author = row.get("author")
    return LabelledPost(
        text=whole_text(row["text"]),
        context=Context(
            platform_of(whole_text(str(row.get("source") or "other"))), None if title is None else whole_text(title)
        ),
        lang=whole_text(str(row.get("lang") or "und")),
        author=None if author is None else whole_text(str(author)),
        created_at=_utc(path, number, row.get("created_at")),
        **{head: row.get(head) for head in HEADS},
    )


@lru_cache(maxsize=64)
def platform_of(said: str) -> str:
    """As an import stores it: the model reads "x" where a file says "twitter"."""
    plain, known = platform_names(pl.lit(said))
    name: str = pl.select(pl.coalesce(known, plain)).item()
    return name


def _utc(path: Path, number: int, value: object) -> dt.datetime | None:
    if value is None:
        return None
    try:
        time = dt.datetime.fromisoformat(str(value))
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:  # year 1 in the east is year 0 in UTC
        raise InputError(
            f"{path}, line {number}: created_at is {value!r}; valid is a time such as 2025-10-29T10:00:00Z, or null."
        ) from error


def _check(path: Path, number: int, head: str, label: object) -> None:
    if label is not None and label not in HEADS[head]:
        raise InputError(f"{path}, line {number}: {head} is {label!r}; valid are {', '.join(HEADS[head])}.")

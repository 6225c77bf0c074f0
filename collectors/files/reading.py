"""Which format a file has, by its first bytes and its name, and the reader for it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.csv_rows import csv_batches
from collectors.files.json_rows import json_batches, jsonl_batches
from collectors.files.parquet_rows import parquet_batches
from collectors.files.private import private
from collectors.files.text import decoded
from collectors.files.units import GZIP_MAGIC, ZIP_MAGIC
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collectors.files.batches import Batch
    from collectors.files.streams import Stream
    from collectors.files.units import Unit
    from collectors.settings import ImportSettings

_X_ARCHIVE = ("window.YTD.tweets.", "window.YTD.tweet.")
_X_PRIVATE = "window.YTD.direct_message"
_HEAD_BYTES = 64 * 1024
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_NOT_TEXT = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save it as CSV",
    b"SQLite": "an SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard file; unpack it first",
    b"BZh": "a bzip2 file; unpack it first",
    ZIP_MAGIC: "an archive in an archive; unpack the outer one",
    GZIP_MAGIC: "an archive in an archive; unpack the outer one",
}


def read_batches(
    unit: Unit, stream: Stream, *, settings: ImportSettings, wanted: Callable[[str], bool]
) -> Iterator[Batch]:
    """The rows of one file.

    Args:
        unit: the file; read twice from its start, once for its first bytes alone.
        stream: its bytes, for the second time.
        settings: batch size, caps and mappings.
        wanted: whether a column can be used; of the others, nested formats hand on few or none.

    Raises:
        InputError: empty, binary, in another encoding than said, damaged, without header, or an X archive's private messages.
    """
    try:
        yield from _format_batches(unit, stream, settings=settings, wanted=wanted)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{unit.name} can't be read: {error.strerror or error}. What came before is kept.") from error
    except (Exception, pl.exceptions.PanicException) as error:
        # The formats are read by libraries of others, and whatever one of them raises costs this file alone.
        raise InputError(
            f"{unit.name} can't be read ({type(error).__name__}: {_start(error)}). What came before is kept; "
            "save the file in another format, such as CSV or JSONL, and import that."
        ) from error


def _start(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _format_batches(
    unit: Unit, stream: Stream, *, settings: ImportSettings, wanted: Callable[[str], bool]
) -> Iterator[Batch]:
    with unit.open() as probe:
        head = _head(probe)
    caps = {"batch_rows": settings.batch_rows, "max_row_chars": settings.max_row_bytes}
    if head.startswith(b"PAR1"):
        return parquet_batches(stream, name=unit.name, wanted=wanted, settings=settings)
    mapping = settings.mapping_for(unit.file_name)
    encoding = mapping.encoding if mapping else None
    _refuse_binary(head, name=unit.name, encoding=encoding)
    texts = decoded(stream.chunks(), name=unit.name, encoding=encoding)
    start = next(decoded([head[: len(head) // 4 * 4]], name=unit.name, encoding=encoding), "")
    if start.lstrip().startswith(_X_PRIVATE):
        raise private(unit.name)
    form = _text_format(start, unit.file_name)
    if form == "csv":
        return csv_batches(texts, name=unit.name, **caps)
    if form == "tweets.js":
        return json_batches(_after_assignment(texts), name=unit.name, wanted=wanted, **caps)
    if form == "jsonl":
        return jsonl_batches(texts, wanted=wanted, **caps)
    return json_batches(texts, name=unit.name, wanted=wanted, **caps)


def _head(probe: Stream) -> bytes:
    """The first bytes, as many as there are before any damage: reading the rows comes to it again, and keeps those before."""
    head = b""
    try:
        while len(head) < _HEAD_BYTES and (more := probe.read(_HEAD_BYTES)):
            head += more
    except InputError:
        if not head:
            raise
    return head


def _refuse_binary(head: bytes, *, name: str, encoding: str | None) -> None:
    if not head.strip():
        raise InputError(f"{name} is empty.")
    if head[257:262] == b"ustar":
        raise InputError(f"{name} is a tar archive. Unpack it and import its files.")
    for magic, what in _NOT_TEXT.items():
        if head.startswith(magic):
            raise InputError(f"{name} is {what}. CSV, JSON, JSONL, Parquet, gzip and ZIP can be read.")
    # NULs now and then are dirt in a text; many are a binary file, or UTF-16 that doesn't say so.
    if encoding is None and not head.startswith(_UTF16_BOMS) and head.count(0) > len(head) / 20:
        raise InputError(
            f"{name} is a binary file, or text in an encoding that it doesn't state (first NUL byte at offset {head.index(0):,}). "
            "CSV, JSON, JSONL, Parquet, gzip and ZIP can be read; an encoding can be named in an [import.mapping.NAME] table."
        )


def _text_format(head: str, file_name: str) -> str:
    if head.lstrip().startswith(_X_ARCHIVE):
        return "tweets.js"
    suffix = PurePosixPath(file_name).suffix.lower()
    start = head.lstrip()[:1]
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    if suffix in (".csv", ".tsv"):
        return "csv"
    if suffix == ".json" or start == "{":
        return "jsonl" if _is_lines(head) else "json"
    return "json" if start == "[" else "csv"


def _after_assignment(texts: Iterator[str]) -> Iterator[str]:
    """An X archive's JavaScript from its array on: window.YTD.tweets.part0 = [ … ]."""
    start = ""
    for text in texts:
        start += text
        if "[" in start:
            yield start[start.index("[") :]
            yield from texts


def _is_lines(head: str) -> bool:
    """Whether an object closes on the first line and another opens on the next."""
    first, _, rest = head.lstrip().partition("\n")
    return first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip()[:1] == "{"

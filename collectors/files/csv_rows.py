"""CSV in the dialects that are met: a header, then rows as wide as it; the others are set apart."""

from __future__ import annotations

import csv
import itertools
import re
from typing import TYPE_CHECKING

from collectors.files.batches import BATCH_CHARS, RECEIVED_CHARS, BadRow, Batch, text_frame
from collectors.files.columns import named
from collectors.files.csv_dialect import Dialect, decide_dialect
from collectors.files.csv_records import Records
from collectors.files.text import lines
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n')  # Excel's first line
_LINE_END = re.compile(r"\r*\n|\r")
_SAMPLE_CHARS = 256 * 1024


def csv_batches(texts: Iterator[str], *, name: str, batch_rows: int, max_row_chars: int) -> Iterator[Batch]:
    """The rows of a CSV file with a header. Raises InputError where there is none, and after the last row before damage."""
    sample, rest = _sample(texts)
    end = _LINE_END.search(sample)
    if end and end[0] == "\r":  # as spreadsheets on old Macs wrote
        sample, rest = sample.replace("\r", "\n"), (text.replace("\r", "\n") for text in rest)
    said = _SEP_LINE.match(sample)
    sample = sample[said.end() :] if said else sample
    dialect = decide_dialect(sample[:_SAMPLE_CHARS])
    dialect = Dialect(said[1], dialect.backslash) if said else dialect
    # A quote that is never closed would otherwise take the rest of the file into one field.
    csv.field_size_limit(max_row_chars)
    source = lines(itertools.chain([sample], rest), max_chars=max_row_chars)
    records = Records(source, dialect, lines_before=1 if said else 0)
    del sample
    rows = iter(records)
    yield from _batches(rows, records, _header(rows, name), delimiter=dialect.delimiter, batch_rows=batch_rows)


def _sample(texts: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The start of the file and the rest of it; damage within the start is raised after it."""
    sample = ""
    try:
        for text in texts:
            sample += text
            if len(sample) >= _SAMPLE_CHARS:
                break
    except InputError as error:
        if sample:
            return sample, _raising(error)
        raise
    return sample, texts


def _raising(error: InputError) -> Iterator[str]:
    yield ""
    raise error


def _header(records: Iterator[tuple[int, list[str] | BadRow]], name: str) -> list[str]:
    _, fields = next(records, (0, None))
    if fields is None:
        raise InputError(f"{name} has no header line: a CSV file starts with the names of its columns.")
    if isinstance(fields, BadRow):
        raise InputError(f"{name} has a header line that can't be read: {fields.reason}. Mend it in the file.")
    header = [field.strip() for field in fields]
    doubled = sorted({field for field in header if field and header.count(field) > 1})
    if doubled:
        raise InputError(f"{name} has columns that share a name: {named(doubled, of=header)}. Rename them in the file.")
    return [field or f"column {position}" for position, field in enumerate(header, 1)]


def _batches(
    rows: Iterator[tuple[int, list[str] | BadRow]],
    records: Records,
    header: list[str],
    *,
    delimiter: str,
    batch_rows: int,
) -> Iterator[Batch]:
    kept: list[list[str]] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    chars = 0
    try:
        for row, record in rows:
            if isinstance(record, BadRow):
                bad.append(record)
            elif len(record) != len(header):
                reason = f"{len(record)} fields where the header has {len(header)}"
                bad.append(BadRow(row, reason, delimiter.join(record)[:RECEIVED_CHARS]))
            else:
                kept.append(record)
                numbers.append(row)
            chars += records.take_chars()
            if len(kept) + len(bad) >= batch_rows or chars >= BATCH_CHARS:
                yield _batch(header, kept, numbers, bad)
                kept, numbers, bad, chars = [], [], [], 0
    except InputError:
        yield _batch(header, kept, numbers, bad)  # what came before is sound
        raise
    # Also where no row followed: whether the columns are usable is for the next step to say.
    yield _batch(header, kept, numbers, bad)


def _batch(header: list[str], kept: list[list[str]], rows: list[int], bad: list[BadRow]) -> Batch:
    columns = zip(*kept, strict=True) if kept else [()] * len(header)
    return Batch(text_frame(dict(zip(header, columns, strict=True)), rows), tuple(bad))

"""CSV in the dialects that are met: delimiter and quote escape are decided per file, broken rows set apart."""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.files.batches import BATCH_CHARS, RECEIVED_CHARS, BadRow, Batch, text_frame
from collectors.files.columns import named
from collectors.files.text import TooLong, lines
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DELIMITERS = (",", ";", "\t")
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n')  # Excel's first line
_SAMPLE_CHARS = 256 * 1024


@dataclass(frozen=True)
class Dialect:
    """How a file separates and escapes: `""` inside quotes, or a backslash before the quote."""

    delimiter: str
    backslash: bool

    def reader(self, source: Iterable[str]) -> Iterator[list[str]]:
        """Rows of these lines. Raises csv.Error on one that can't be read, and goes on after it."""
        if self.backslash:
            return csv.reader(source, delimiter=self.delimiter, doublequote=False, escapechar="\\")
        return csv.reader(source, delimiter=self.delimiter)


class _Lines:
    """Feeds the csv module and remembers what it can't: a line that was too long, and how the row at hand began."""

    def __init__(self, source: Iterable[str | TooLong]) -> None:
        self._source = source
        self.chars = 0
        self.count = 0
        self.first = ""
        self.too_long: str | None = None

    def __iter__(self) -> Iterator[str]:
        for line in self._source:
            self.count += 1
            if isinstance(line, TooLong):
                self.too_long = line.start
                yield "\n"
            else:
                self.chars += len(line)
                if not self.first:
                    self.first = line
                yield line


def decide_dialect(sample: str) -> Dialect:
    """The dialect under which most rows of a sample have as many fields as the header; ties by the escapes seen."""
    header = sample.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    fits = {backslash: _fitting_rows(sample, Dialect(delimiter, backslash)) for backslash in (False, True)}
    if fits[True] != fits[False]:
        return Dialect(delimiter, fits[True] > fits[False])
    # A backslash before the closing quote is a backslash; before any other quote it can only be an escape.
    ends = tuple(f'\\"{end}' for end in (delimiter, "\n", "\r"))
    escaped = sample.count('\\"') - sum(sample.count(end) for end in ends)
    doubled = sample.count('""') - sum(
        sample.count(f'{d}""{e}') for d in (delimiter, "\n") for e in (delimiter, "\n", "\r")
    )
    return Dialect(delimiter, escaped > doubled)


def _fitting_rows(sample: str, dialect: Dialect) -> int:
    reader = dialect.reader(sample.splitlines(keepends=True)[:-1] or [sample])
    count = width = 0
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return count
        except csv.Error:
            continue
        width = width or len(fields)
        count += len(fields) == width


def csv_batches(texts: Iterator[str], *, name: str, batch_rows: int, max_row_chars: int) -> Iterator[Batch]:
    """The rows of a CSV file with a header. Raises InputError where there is none."""
    sample = ""
    for text in texts:
        sample += text
        if len(sample) >= _SAMPLE_CHARS:
            break
    said = _SEP_LINE.match(sample)
    sample = sample[said.end() :] if said else sample
    dialect = decide_dialect(sample[:_SAMPLE_CHARS])
    dialect = Dialect(said[1], dialect.backslash) if said else dialect
    # A quote that is never closed would otherwise take the rest of the file into one field.
    csv.field_size_limit(max_row_chars)
    source = _Lines(lines(itertools.chain([sample], texts), max_chars=max_row_chars))
    del sample
    source.count = 1 if said else 0
    records = _records(dialect.reader(source), source, dialect)
    first = next((r for _, r in records if not isinstance(r, BadRow)), None)
    if first is None:
        raise InputError(f"{name} has no header line: a CSV file starts with the names of its columns.")
    header = _header(first, name)
    kept: list[list[str]] = []
    rows: list[int] = []
    bad: list[BadRow] = []
    for row, record in records:
        if isinstance(record, BadRow):
            bad.append(record)
        elif len(record) != len(header):
            reason = f"{len(record)} fields where the header has {len(header)}"
            bad.append(BadRow(row, reason, dialect.delimiter.join(record)[:RECEIVED_CHARS]))
        else:
            kept.append(record)
            rows.append(row)
        if len(kept) + len(bad) >= batch_rows or source.chars >= BATCH_CHARS:
            yield _batch(header, kept, rows, bad)
            kept, rows, bad, source.chars = [], [], [], 0
    # Also where no row followed: whether the columns are usable is for the next step to say.
    yield _batch(header, kept, rows, bad)


def _header(fields: list[str], name: str) -> list[str]:
    header = [field.strip() for field in fields]
    doubled = sorted({field for field in header if field and header.count(field) > 1})
    if doubled:
        raise InputError(f"{name} has columns that share a name: {named(doubled)}. Rename them in the file.")
    return [field or f"column {position}" for position, field in enumerate(header, 1)]


def _records(reader: Iterator[list[str]], source: _Lines, dialect: Dialect) -> Iterator[tuple[int, list[str] | BadRow]]:
    """Rows with the line they start on; empty lines are passed over."""
    while True:
        row = source.count + 1
        source.first = ""
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield row, BadRow(row, f"not readable as CSV: {error}", source.first[:RECEIVED_CHARS])
            source.too_long = None
            continue
        if source.too_long is not None:
            yield row, BadRow(row, "longer than a row may be (max_row_bytes under [import])", source.too_long)
            source.too_long = None
        elif len(fields) == 1 and dialect.delimiter in fields[0]:
            yield row, _unwrapped(row, fields, dialect)
        elif fields:
            yield row, fields


def _unwrapped(row: int, fields: list[str], dialect: Dialect) -> list[str] | BadRow:
    """Some exports quote each line as a whole: its only field is the row."""
    try:
        return next(dialect.reader([fields[0]]), fields)
    except csv.Error as error:
        return BadRow(row, f"not readable as CSV: {error}", fields[0][:RECEIVED_CHARS])


def _batch(header: list[str], kept: list[list[str]], rows: list[int], bad: list[BadRow]) -> Batch:
    columns = zip(*kept, strict=True) if kept else [()] * len(header)
    return Batch(text_frame(dict(zip(header, columns, strict=True)), rows), tuple(bad))

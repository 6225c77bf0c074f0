"""The records of a CSV file: where a quote is left open, its row is set apart and the rows behind it are read all the same."""

from __future__ import annotations

import csv
import re
from collections import deque
from typing import TYPE_CHECKING

from collectors.files.batches import RECEIVED_CHARS, TOO_LONG, BadRow
from collectors.files.text import TooLong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collectors.files.csv_dialect import Dialect

OPEN_QUOTE = "a quote is opened here and closed nowhere in this row"
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
# So many columns of one shape, or one as long as 9-9-9, tell a row from a line of a text.
_TELLING_COLUMNS, _TELLING_CHARS = 3, 5


class _Lines:
    """Feeds the csv module one line at a time, remembers those of the record at hand, and takes lines back."""

    def __init__(self, source: Iterator[str | TooLong], *, lines_before: int) -> None:
        self._source = source
        self._returned: deque[str | TooLong] = deque()
        self.count = lines_before
        self.record: list[str | TooLong] = []
        self.chars = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._source)
        self.count += 1
        self.record.append(line)
        if isinstance(line, TooLong):
            return "\n"
        self.chars += len(line)
        return line

    def give_back(self) -> None:
        """All lines of the record but its first are to be read again."""
        back = self.record[1:]
        self._returned.extendleft(reversed(back))
        self.count -= len(back)
        self.chars -= sum(len(line) for line in back if isinstance(line, str))


class Records:
    """Iterates over (line that the record starts on, fields or what is wrong with it); empty lines are passed over.

    The csv module reads on over line ends until a quote is closed, so that one stray quote would swallow the rows up to the next one.
    """

    def __init__(self, source: Iterable[str | TooLong], dialect: Dialect, *, lines_before: int) -> None:
        """`lines_before`: how many lines of the file were taken off before."""
        self._lines = _Lines(iter(source), lines_before=lines_before)
        self._dialect = dialect
        self._reader = dialect.reader(self._lines)
        self._inner_quote = re.compile(rf'[^{dialect.delimiter}]"[^{dialect.delimiter}"\r\n]')
        self._last: deque[list[str]] = deque(maxlen=2)

    def __iter__(self) -> Iterator[tuple[int, list[str] | BadRow]]:
        while True:
            row = self._lines.count + 1
            self._lines.record = []
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield row, self._set_apart(row, f"not readable as CSV: {error}")
                continue
            lines = self._lines.record
            if any(isinstance(line, TooLong) for line in lines):
                yield row, self._set_apart(row, TOO_LONG)
            elif len(lines) > 1 and self._has_swallowed_rows(lines):
                yield row, self._set_apart(row, OPEN_QUOTE)
            elif len(lines) == 1 and (line := str(lines[0])) and self._is_misquoted(line):
                yield row, self._mended(line) or self._set_apart(row, OPEN_QUOTE)
            elif len(fields) == 1 and self._dialect.delimiter in fields[0]:
                yield row, self._unwrapped(row, fields)
            elif fields:
                self._last.append(fields)
                yield row, fields

    def take_chars(self) -> int:
        """Characters read since this was last asked."""
        chars, self._lines.chars = self._lines.chars, 0
        return chars

    def _set_apart(self, row: int, reason: str) -> BadRow:
        """Refuse the line that the record starts on, and read on behind it."""
        first = self._lines.record[0]
        self._lines.give_back()
        return BadRow(row, reason, (first.start if isinstance(first, TooLong) else first)[:RECEIVED_CHARS])

    def _is_misquoted(self, line: str) -> bool:
        """Whether a quote stands out of place or is left open: the csv module ends such a cell with the line, wherever its text ends."""
        if line.count('"') % 2 == 0 and not self._inner_quote.search(line):  # nearly all lines, in a tenth of the time
            return False
        try:
            next(self._dialect.reader([line], strict=True))
        except csv.Error:
            return True
        return False

    def _mended(self, line: str) -> list[str] | None:
        """The fields of a line whose quotes are not doubled within its texts; None where one may go on behind the line."""
        fields: list[str] = []
        opened = None
        for piece in line.rstrip("\r\n").split(self._dialect.delimiter):
            cell = piece if opened is None else f"{opened}{self._dialect.delimiter}{piece}"
            opened = None
            if not cell.startswith('"'):
                fields.append(cell)
            elif len(cell) > 1 and cell.endswith('"'):
                fields.append(cell[1:-1].replace('\\"' if self._dialect.backslash else '""', '"'))
            else:
                opened = cell
        return fields if opened is None and line.count('"') % 2 == 0 else None

    def _has_swallowed_rows(self, lines: list[str | TooLong]) -> bool:
        """Whether a record of several lines holds a quote out of place, or lines that look like rows of their own."""
        texts = [line for line in lines if isinstance(line, str)]
        try:
            next(self._dialect.reader(texts, strict=True))
        except csv.Error:
            return True
        if len(self._last) < 2 or len(self._last[0]) != len(self._last[1]):
            return False
        shapes = [list(map(_shape, fields)) for fields in self._last]
        telling = [i for i, (a, b) in enumerate(zip(*shapes, strict=True)) if a == b and "9" in a]
        if len(telling) < _TELLING_COLUMNS and not any(len(shapes[0][i]) >= _TELLING_CHARS for i in telling):
            return False
        width = len(shapes[0])
        for line in texts[1:]:
            if line.count(self._dialect.delimiter) >= width - 1:
                fields = self._one(line)
                if len(fields) == width and all(_shape(fields[i]) == shapes[0][i] for i in telling):
                    return True
        return False

    def _one(self, line: str) -> list[str]:
        try:
            return next(self._dialect.reader([line]), [])
        except csv.Error:
            return []

    def _unwrapped(self, row: int, fields: list[str]) -> list[str] | BadRow:
        """Some exports quote each line as a whole: its only field is the row."""
        try:
            return next(self._dialect.reader([fields[0]]), fields)
        except csv.Error as error:
            return BadRow(row, f"not readable as CSV: {error}", fields[0][:RECEIVED_CHARS])


def _shape(cell: str) -> str:
    """How a cell is built: 2025-10-28T10:00Z becomes 9-9-9a9:9a. Only short ones are compared."""
    return _LETTERS.sub("a", _DIGITS.sub("9", cell.strip()[:60]))

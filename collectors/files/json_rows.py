"""JSON lines, and JSON documents read element by element: an array, or an object that holds one."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

from collectors.files.batches import BATCH_CHARS, RECEIVED_CHARS, TOO_LONG, BadRow, Batch, text_frame
from collectors.files.flat import Columns
from collectors.files.text import TooLong, lines
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Keys under which exports and APIs put their list of posts.
CONTAINERS = frozenset(
    {"data", "items", "posts", "results", "tweets", "statuses", "rows", "records", "elements", "hits"}
)
_TOKENS = re.compile(r'\\.|["{}\[\],]', re.DOTALL)
_SPACE = re.compile(r"[\s,]*")


class _DoubledKeyError(ValueError):
    """An object that says two things under one name."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = sorted({name for name in names if names.count(name) > 1})
        raise _DoubledKeyError(f"the key {', '.join(doubled)} stands there twice")
    return found


# Not strict: raw tabs and NULs inside strings are common in dumps and harmless.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, strict=False)


def jsonl_batches(
    texts: Iterator[str], *, wanted: Callable[[str], bool], batch_rows: int, max_row_chars: int
) -> Iterator[Batch]:
    """One JSON object a line; a line that is none is set apart. `wanted`: see `Columns`."""
    rows = _line_rows(lines(texts, max_chars=max_row_chars))
    yield from _batches(rows, columns=Columns(wanted), batch_rows=batch_rows)


def json_batches(
    texts: Iterator[str], *, name: str, wanted: Callable[[str], bool], batch_rows: int, max_row_chars: int
) -> Iterator[Batch]:
    """The posts of a JSON document. Raises InputError where it ends too early or is no JSON. `wanted`: see `Columns`."""
    rows = _Document(texts, name=name, max_chars=max_row_chars).rows()
    yield from _batches(rows, columns=Columns(wanted), batch_rows=batch_rows)


_Row = tuple[int, "dict[str, Any] | BadRow", int]  # row number, content, characters


def _line_rows(source: Iterable[str | TooLong]) -> Iterator[_Row]:
    for row, line in enumerate(source, 1):
        if isinstance(line, TooLong):
            yield row, BadRow(row, TOO_LONG, line.start), 0
        elif not line.isspace():
            try:
                value = _DECODER.decode(line)
            except (ValueError, RecursionError) as error:
                yield row, BadRow(row, _why(error), line[:RECEIVED_CHARS]), len(line)
            else:
                yield row, _object_or_bad(row, value), len(line)


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error) if isinstance(error, _DoubledKeyError) else f"not readable as JSON: {error}"


def _object_or_bad(row: int, value: Any) -> dict[str, Any] | BadRow:
    if isinstance(value, dict):
        inner = value.get("tweet")  # an X archive wraps each in an object of its own
        return inner if len(value) == 1 and isinstance(inner, dict) else value
    return BadRow(row, "not a JSON object", json.dumps(value, ensure_ascii=False)[:RECEIVED_CHARS])


def _batches(source: Iterable[_Row], *, columns: Columns, batch_rows: int) -> Iterator[Batch]:
    kept: list[dict[str, str | None]] = []
    rows: list[int] = []
    bad: list[BadRow] = []
    chars = 0
    try:
        for row, content, size in source:
            chars += size
            if isinstance(content, BadRow):
                bad.append(content)
            else:
                kept.append(columns.cells(content))
                rows.append(row)
            if len(kept) + len(bad) >= batch_rows or chars >= BATCH_CHARS:
                yield _batch(kept, rows, bad)
                kept, rows, bad, chars = [], [], [], 0
    except InputError:
        yield _batch(kept, rows, bad)  # what came before is sound
        raise
    yield _batch(kept, rows, bad)


def _batch(kept: list[dict[str, str | None]], rows: list[int], bad: list[BadRow]) -> Batch:
    names = dict.fromkeys(itertools.chain.from_iterable(kept))
    return Batch(text_frame({name: [record.get(name) for record in kept] for name in names}, rows), tuple(bad))


class _Document:
    """A window over a JSON text that moves from element to element."""

    def __init__(self, texts: Iterator[str], *, name: str, max_chars: int) -> None:
        self._texts, self._name, self._max_chars = texts, name, max_chars
        self._buffer = ""
        self._at = 0
        self._row = 0

    def rows(self) -> Iterator[_Row]:
        while start := self._peek():
            if start == "[":
                yield from self._array()
            elif start == "{":
                yield from self._object()
            else:
                raise InputError(
                    f"{self._name} is not JSON: found {start!r} after row {self._row:,} where [ or {{ belongs."
                )

    def _array(self) -> Iterator[_Row]:
        self._at += 1
        while (start := self._peek()) != "]":
            self._row += 1
            value, size = self._value(start)
            yield self._row, value if isinstance(value, BadRow) else _object_or_bad(self._row, value), size
        self._at += 1

    def _object(self) -> Iterator[_Row]:
        """An object at the top: its posts are in its containers, or it is a post itself."""
        self._at += 1
        own: dict[str, Any] = {}
        contained = False
        while (start := self._peek()) != "}":
            key, _ = self._value(start)
            if self._peek() != ":":
                raise InputError(f"{self._name} is not JSON: a key without value after row {self._row:,}.")
            self._at += 1
            start = self._peek()
            if start == "[" and key in CONTAINERS:
                contained = True
                yield from self._array()
            else:
                own[str(key)], _ = self._value(start)
        self._at += 1
        if not contained:
            self._row += 1
            bad = next((value for value in own.values() if isinstance(value, BadRow)), None)
            yield self._row, bad or own, 0

    def _peek(self) -> str:
        """The next character that means something; empty at the end of the file."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                return ""

    def _fill(self) -> bool:
        more = next(self._texts, None)
        if more is None:
            return False
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return True

    def _value(self, start: str) -> tuple[Any, int]:
        """Decode the value at the window's start, or step over it and say what is wrong with it."""
        if not start:
            raise self._truncated()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                problem: Exception = error
                # Cut off by the window's edge, or wrong: more text tells, as far as a row may go.
                if len(self._buffer) - self._at <= self._max_chars and self._fill():
                    continue
            except (ValueError, RecursionError) as error:
                problem = error
            else:
                size, self._at = end - self._at, end
                return value, size
            received = self._buffer[self._at : self._at + RECEIVED_CHARS]
            skipped = self._skip()
            if not skipped:
                raise InputError(
                    f"{self._name} is not JSON: found {start!r} at row {self._row:,} where a value belongs. The rows before are kept."
                )
            reason = TOO_LONG if skipped > self._max_chars else _why(problem)
            return BadRow(self._row, reason, received), 0

    def _skip(self) -> int:
        """Step over one value without decoding or holding it; returns its characters."""
        depth, quoted, size = 0, False, 0
        while True:
            for token in _TOKENS.finditer(self._buffer, self._at):
                sign = token[0]
                if sign == '"':
                    quoted = not quoted
                elif quoted or sign[0] == "\\":
                    continue
                elif sign in "{[":
                    depth += 1
                elif depth == 0:
                    size += token.start() - self._at
                    self._at = token.start()
                    return size
                elif sign in "]}":
                    depth -= 1
            size += len(self._buffer) - self._at
            # A backslash at the very edge belongs to the character that follows it.
            half = (len(self._buffer) - len(self._buffer.rstrip("\\"))) % 2
            self._at = len(self._buffer) - half
            size -= half
            if not self._fill():
                raise self._truncated()

    def _truncated(self) -> InputError:
        return InputError(
            f"{self._name} ends in the middle of row {max(1, self._row):,}: it was cut off. The rows before are kept."
        )

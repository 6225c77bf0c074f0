"""How a CSV file separates and escapes: decided once per file, from its first rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Dialect:
    """How a file separates and escapes: `""` inside quotes, or a backslash before the quote."""

    delimiter: str
    backslash: bool

    def reader(self, source: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Rows of these lines. Raises csv.Error on one that can't be read, and goes on after it.

        `strict`: also on one whose closing quote is missing, or followed by anything but a delimiter.
        """
        if self.backslash:
            return csv.reader(source, delimiter=self.delimiter, doublequote=False, escapechar="\\", strict=strict)
        return csv.reader(source, delimiter=self.delimiter, strict=strict)


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
    reader = dialect.reader([f"{line}\n" for line in sample.split("\n")[:-1]] or [sample])
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

"""What every reader hands on: frames of text, row by row as received, and the rows that were none."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Column that numbers the rows: the line a row starts on (CSV, JSONL), else its position, from 1.
ROW = "\x00row"
RECEIVED_CHARS = 2_000
TOO_LONG = "longer than a row may be (max_row_bytes under [import])"
# Rows are handed on early when they are large, so that a batch stays small in memory.
BATCH_CHARS = 32 * 1024 * 1024


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read or used."""

    row: int
    reason: str
    received: str
    """As it came, at most RECEIVED_CHARS characters."""


@dataclass(frozen=True)
class Batch:
    """Rows of one file: `frame` has ROW and otherwise String columns under the file's own names."""

    frame: pl.DataFrame
    bad: tuple[BadRow, ...] = ()
    unread: tuple[str, ...] = ()
    """Columns of the file that were not read, as nobody wants them."""


def as_text(value: Any) -> str | None:
    """A JSON value as the text that a CSV would hold; None for what stands for nothing (null, NaN, Infinity)."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def text_frame(columns: dict[str, Sequence[str | None]], rows: Sequence[int]) -> pl.DataFrame:
    """A frame for a batch. Lone surrogates, which JSON can spell and no text can hold, become U+FFFD."""
    series = [pl.Series(ROW, rows, pl.Int64)]
    for name, values in columns.items():
        try:
            series.append(pl.Series(_storable(name), values, pl.String))
        except UnicodeEncodeError:
            series.append(pl.Series(_storable(name), [v if v is None else _storable(v) for v in values], pl.String))
    return pl.DataFrame(series)


def _storable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

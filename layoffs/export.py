"""Frames into files that others can open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from store import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".csv": lambda frame, path: _flat(frame).write_csv(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".parquet": lambda frame, path: frame.write_parquet(path),
}


def require_format(out: Path) -> None:
    """Raises UsageError where a file's ending is no format: before anything is computed."""
    if out.suffix not in _WRITERS:
        raise UsageError(f'"{out.suffix or out.name}" is no format. Name a file that ends in {", ".join(_WRITERS)}.')


def write_frame(frame: pl.DataFrame, out: Path) -> int:
    """Write .csv, .jsonl or .parquet, without pseudonyms; says how many rows."""
    require_format(out)
    # What leaves the tables follows nobody, not even within a week.
    _WRITERS[out.suffix](frame.drop("author", strict=False), out)
    return frame.height


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as text, since CSV has none: companies and themes joined by "; "."""
    columns = []
    for name, dtype in frame.schema.items():
        if dtype == pl.List(pl.String):
            columns.append(pl.col(name).list.join("; "))
        elif isinstance(dtype, pl.List):
            columns.append(pl.col(name).list.eval(pl.element().struct.field("company")).list.join("; "))
    return frame.with_columns(columns)

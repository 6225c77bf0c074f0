"""Parquet, row group by row group, as the same frames of text that the other readers hand on."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, cast

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from collectors.files.batches import RECEIVED_CHARS, ROW, BadRow, Batch, as_text
from collectors.files.json_rows import TOO_LONG
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.files.units import Stream

_READ_ROWS = 10_000


def parquet_batches(stream: Stream, *, name: str, batch_rows: int, max_row_chars: int) -> Iterator[Batch]:
    """The rows of a Parquet file. Raises InputError where it is damaged."""
    # Parquet is read from its end: what comes out of an archive has to lie on the disk first, under the archive's caps.
    with tempfile.TemporaryFile() as file:
        for chunk in stream.chunks():
            file.write(chunk)
        file.seek(0)
        try:
            parquet = pq.ParquetFile(cast("Any", file))
            rows = 0
            for arrow in parquet.iter_batches(batch_size=min(batch_rows, _READ_ROWS)):
                yield _batch(arrow, first_row=rows + 1, max_row_chars=max_row_chars)
                rows += arrow.num_rows
            if rows == 0:
                yield _batch(parquet.schema_arrow.empty_table(), first_row=1, max_row_chars=max_row_chars)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{name} is no readable Parquet file ({str(error).splitlines()[0]}).") from error


def _batch(arrow: pa.RecordBatch | pa.Table, *, first_row: int, max_row_chars: int) -> Batch:
    frame = cast("pl.DataFrame", pl.from_arrow(arrow))
    while structs := [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Struct)]:
        frame = frame.unnest(structs, separator=".")
    frame = frame.select(
        pl.int_range(first_row, first_row + pl.len(), dtype=pl.Int64).alias(ROW), *map(_as_text, frame)
    )
    long = pl.sum_horizontal(pl.exclude(ROW).str.len_bytes().fill_null(0)) > max_row_chars
    bad = [
        BadRow(row[ROW], TOO_LONG, str({k: v[:100] for k, v in row.items() if k != ROW and v})[:RECEIVED_CHARS])
        for row in frame.filter(long).iter_rows(named=True)
    ]
    return Batch(frame.filter(~long), tuple(bad))


def _as_text(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        utc = series.dt.convert_time_zone("UTC") if dtype.time_zone else series
        return utc.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.6f{zone}")
    if dtype.is_float():
        series = series.fill_nan(None)
    if dtype.is_nested():
        return pl.Series(series.name, [as_text(value) for value in series.to_list()], pl.String)
    return series.cast(pl.String, strict=False)

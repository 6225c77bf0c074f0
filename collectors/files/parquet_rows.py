"""Parquet, row group by row group, as the same frames of text that the other readers hand on.

A column may say a long text once and point to it from each row: 100 KB on the disk can be gigabytes of cells. So texts are read as
such pointers, measured, and written out for as many rows at a time as a batch may hold.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from collectors.files.batches import BATCH_CHARS, RECEIVED_CHARS, ROW, TOO_LONG, BadRow, Batch, as_text
from collectors.files.columns import named
from collectors.files.streams import check_unpacked
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

    from collectors.files.streams import Stream
    from collectors.settings import ImportSettings

_READ_ROWS = 10_000
_READ_VALUES = 4_000_000  # of all columns together: a list counts with each element
_BUFFER_BYTES = 1024 * 1024  # without one, pyarrow holds a column of a whole row group
_CELL_CHARS = 100
_TEXT_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)


def parquet_batches(
    stream: Stream, *, name: str, wanted: Callable[[str], bool], settings: ImportSettings
) -> Iterator[Batch]:
    """The wanted columns of a Parquet file. Raises InputError where it is damaged or two columns share a name."""
    with _seekable(stream) as file:
        try:
            metadata = pq.read_metadata(file)
            columns, unread = _columns(metadata, name=name, wanted=wanted)
            leaves = _leaves(metadata, columns)
            options = {"metadata": metadata, "buffer_size": _BUFFER_BYTES, "read_dictionary": _texts(metadata, leaves)}
            parquet = pq.ParquetFile(file, **options)
            rows = 0
            for group in range(metadata.num_row_groups):
                size = _rows_at_once(metadata.row_group(group), leaves, name=name, settings=settings)
                for arrow in parquet.iter_batches(batch_size=size, row_groups=[group], columns=columns):
                    table = _flat(pa.Table.from_batches([arrow]))
                    yield from _batches(table, first_row=rows + 1, max_bytes=settings.max_row_bytes, unread=unread)
                    rows += arrow.num_rows
            if rows == 0:
                yield Batch(_frame(_flat(parquet.read_row_groups([], columns=columns)), []), unread=unread)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{name} is no readable Parquet file ({str(error).splitlines()[0]}).") from error


@contextmanager
def _seekable(stream: Stream) -> Iterator[BinaryIO]:
    """Parquet is read from its end: what comes out of an archive has to lie on the disk first, under the archive's caps."""
    if stream.file is not None:
        yield stream.file
        return
    with tempfile.TemporaryFile() as file:
        for chunk in stream.chunks():
            file.write(chunk)
        file.seek(0)
        yield cast("BinaryIO", file)


def _columns(metadata: Any, *, name: str, wanted: Callable[[str], bool]) -> tuple[list[str], tuple[str, ...]]:
    """Columns to read and the others, nested ones with dots."""
    names = [path for field in metadata.schema.to_arrow_schema() for path in _paths(field)]
    doubled = sorted({path for path in names if names.count(path) > 1})
    if doubled:
        raise InputError(f"{name} has columns that share a name: {named(doubled, of=names)}. Rename them in the file.")
    return [path for path in names if wanted(path)], tuple(path for path in names if not wanted(path))


def _paths(field: Any, prefix: str = "") -> list[str]:
    name = prefix + field.name
    if pa.types.is_struct(field.type):
        return [path for child in field.type for path in _paths(child, f"{name}.")]
    return [name]


def _leaves(metadata: Any, columns: Sequence[str]) -> list[int]:
    """Where the columns and what is nested in them lie in each row group."""
    paths = [f"{metadata.schema.column(index).path}." for index in range(metadata.num_columns)]
    starts = tuple(f"{column}." for column in columns)
    return [index for index, path in enumerate(paths) if path.startswith(starts)]


def _texts(metadata: Any, leaves: Sequence[int]) -> list[str]:
    """Those that can be read as pointers."""
    found = [metadata.schema.column(index) for index in leaves]
    return [c.path for c in found if c.physical_type == "BYTE_ARRAY" and c.logical_type.type in ("STRING", "NONE")]


def _rows_at_once(group: Any, leaves: Sequence[int], *, name: str, settings: ImportSettings) -> int:
    """How many rows of a row group are read together. Raises InputError where it is packed as files are that shall fill a memory."""
    chunks = [group.column(index) for index in leaves]
    unpacked = sum(chunk.total_uncompressed_size for chunk in chunks)
    check_unpacked(unpacked, packed=sum(c.total_compressed_size for c in chunks), caps=settings, name=name)
    by_bytes = BATCH_CHARS * group.num_rows // max(unpacked, 1)
    by_values = _READ_VALUES * group.num_rows // max(sum(chunk.num_values for chunk in chunks), 1)
    return int(max(1, min(settings.batch_rows, _READ_ROWS, by_bytes, by_values)))


def _flat(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _batches(table: pa.Table, *, first_row: int, max_bytes: int, unread: tuple[str, ...]) -> Iterator[Batch]:
    """Pieces of a table that fit into memory once their texts are written out; rows that are too long are never written out."""
    sizes = sum((_sizes(column.combine_chunks()) for column in table.columns), np.zeros(table.num_rows, np.int64))
    fits = sizes <= max_bytes
    pieces = np.cumsum(np.where(fits, sizes, 0)) // BATCH_CHARS
    for piece in np.unique(pieces):
        start, end = np.searchsorted(pieces, [piece, piece + 1])
        rows = table.slice(start, end - start)
        bad = [
            BadRow(first_row + int(index), TOO_LONG, _start_of(table, int(index)))
            for index in start + np.flatnonzero(~fits[start:end])
        ]
        numbers = first_row + start + np.flatnonzero(fits[start:end])
        yield Batch(_frame(rows.filter(pa.array(fits[start:end])), numbers), tuple(bad), unread)


def _sizes(array: Any) -> NDArray[np.int64]:
    """Bytes that each value takes when it is written out."""
    if pa.types.is_dictionary(array.type):
        indices = array.indices.fill_null(0).to_numpy(zero_copy_only=False)
        lengths = _sizes(array.dictionary)
        return lengths[indices] if len(lengths) else np.zeros(len(array), np.int64)
    if pa.types.is_struct(array.type):
        return sum((_sizes(child) for child in array.flatten()), np.zeros(len(array), np.int64))
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        parents, sizes = pc.list_parent_indices(array).to_numpy(), _sizes(pc.list_flatten(array))
        return np.bincount(parents, weights=sizes, minlength=len(array)).astype(np.int64)
    if any(is_text(array.type) for is_text in _TEXT_TYPES):
        bytes_each: NDArray[np.int64] = pc.binary_length(array).fill_null(0).to_numpy(zero_copy_only=False)
        return bytes_each.astype(np.int64)
    return np.full(len(array), 8, np.int64)


def _start_of(table: pa.Table, row: int) -> str:
    cells = {name: as_text(table[name][row].as_py()) for name in table.column_names}
    return str({name: cell[:_CELL_CHARS] for name, cell in cells.items() if cell})[:RECEIVED_CHARS]


def _frame(table: pa.Table, rows: Sequence[int] | NDArray[np.int64]) -> pl.DataFrame:
    columns = [_as_text(name, column) for name, column in zip(table.column_names, table.columns, strict=True)]
    return pl.DataFrame([pl.Series(ROW, rows, pl.Int64), *columns])


def _as_text(name: str, column: pa.ChunkedArray) -> pl.Series:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        return pl.Series(name, [as_text(value) for value in column.to_pylist()], pl.String)
    series = cast("pl.Series", pl.from_arrow(column)).alias(name)
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        utc = series.dt.convert_time_zone("UTC") if dtype.time_zone else series
        return utc.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.6f{zone}")
    if dtype.is_float():
        series = series.fill_nan(None)
    return series.cast(pl.String, strict=False)

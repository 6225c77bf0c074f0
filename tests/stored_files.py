"""What the files of a data folder hold, also where Parquet compresses it."""

from __future__ import annotations

import polars as pl


def holders_of(text: str, folder) -> list[str]:
    """Files that hold the text, also in uncompressed Parquet pages and in the log."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            if text.encode() in path.read_bytes():
                found.append(path.name)
            elif path.suffix == ".parquet":
                columns = [name for name, dtype in pl.read_parquet_schema(path).items() if dtype == pl.String]
                values = pl.read_parquet(path, columns=columns)
                if any(text in str(row) for row in values.iter_rows()):
                    found.append(path.name)
    return found

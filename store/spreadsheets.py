"""What a spreadsheet would do with a CSV that strangers had a hand in."""

from __future__ import annotations

import polars as pl

_FORMULA = r"^[=+\-@\t\r]"


def inert(frame: pl.DataFrame) -> pl.DataFrame:
    """With an apostrophe before texts that a spreadsheet would run as a formula: what strangers wrote must not."""
    text = pl.col(pl.String)
    return frame.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())

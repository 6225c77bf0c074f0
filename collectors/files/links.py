"""Links that come with several texts: the first is the post that they lead to, the others speak in its thread."""

from __future__ import annotations

import polars as pl


class Links:
    """What the links of one file led to so far: so its rows give the same posts in any batches, and after it has grown."""

    def __init__(self) -> None:
        self._first = pl.DataFrame(schema={"link": pl.UInt64, "first": pl.UInt64})

    def of_others(self, keys: pl.DataFrame, texts: pl.DataFrame, *, linked: pl.Series) -> pl.Series:
        """Which of the next rows of a file say something else than the first text under their link (Boolean).

        Args:
            keys: what a row's link names; as many columns as that takes.
            texts: what the row says.
            linked: which rows are known by their link alone; the others are passed over.
        """
        rows = pl.DataFrame(
            {"link": keys.hash_rows(), "text": texts.with_columns(pl.all().str.strip_chars()).hash_rows()}
        )
        first = rows.filter(linked).unique("link", keep="first", maintain_order=True).rename({"text": "first"})
        self._first = pl.concat([self._first, first.join(self._first, on="link", how="anti")])
        return linked & (rows.join(self._first, on="link", how="left", maintain_order="left")["first"] != rows["text"])

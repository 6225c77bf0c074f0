"""Links that come with several texts: one is the post that they lead to, the others speak in its thread.

The post is what is stored under the link already, else the first text in the file. A row with another text is the same post, edited, only
where it states the same moment of writing; else it would take the place of a post that it merely answers.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from collectors.normalise import as_written, with_title
from store import Privacy

if TYPE_CHECKING:
    from collectors.files.again import Reading
    from collectors.files.times import TimeReader
    from store import Store

_SAME_MOMENT = dt.timedelta(seconds=1)  # some exports state no fractions


class Links:
    """What the links of one file led to so far: so its rows give the same posts in any batches, and after it has grown."""

    def __init__(self, store: Store, reading: Reading, *, times: TimeReader) -> None:
        """`times` reads the file's."""
        self._store = store
        self._reading = reading
        self._times = times
        self._post = pl.DataFrame(schema={"link": pl.UInt64, "post": pl.UInt64})

    def of_others(self, frame: pl.DataFrame, *, linked: pl.Series) -> pl.Series:
        """Which of the next rows of a file say something else than the post under their link (Boolean).

        Args:
            frame: source, post_id (which the link names), thread_id, title, text, and created_at as the row itself states it.
            linked: which rows are known by their link alone; the others are passed over.
        """
        rows = frame.filter(linked)
        if rows.is_empty():
            return linked
        rows = _with_whole(rows.with_columns(as_written("title"), as_written("text"))).with_columns(
            rows.select("source", "post_id").hash_rows().alias("link"), pl.coalesce("thread_id", "post_id")
        )
        first = rows.unique("link", keep="first", maintain_order=True).join(self._post, on="link", how="anti")
        posts = first["link"].to_frame().with_columns(self._posts_under(first).hash().alias("post"))
        self._post = pl.concat([self._post, posts])
        known = rows.join(self._post, on="link", how="left", maintain_order="left")["post"]
        return linked.clone().scatter(linked.arg_true(), known != rows["whole"].hash())

    def _posts_under(self, first: pl.DataFrame) -> pl.Series:
        """The text of the post that each link leads to, from the first row of the file with that link."""
        key = ["source", "post_id"]
        stored = self._stored(first)
        written, day_only = self._times.parse(first["created_at"])
        own = stored.unique(key).select(*key, "created_at_estimated", post="whole", written="created_at")
        in_thread = stored.select("source", "thread_id", "whole", answer="post_id")
        rows = first.with_columns(written.alias("created_at"), day_only.alias("day_only")).join(
            own, on=key, how="left", maintain_order="left"
        )
        answers = rows.join(in_thread, on=["source", "thread_id", "whole"], how="inner").filter(
            pl.col("answer") != pl.col("post_id")
        )
        same_moment = (
            ((pl.col("created_at") - pl.col("written")).abs() < _SAME_MOMENT)
            & ~pl.col("day_only")
            & ~pl.col("created_at_estimated")
        ).fill_null(value=False)
        # Once a file was read, what answers is stored: any other text is an older or newer one of the post's.
        another = pl.lit(value=False) if self._reading.repeated else ~same_moment
        stays = pl.col("post").is_not_null() & (pl.col("link").is_in(answers["link"].implode()) | another)
        return rows.select(pl.when(stays).then("post").otherwise("whole")).to_series()

    def _stored(self, first: pl.DataFrame) -> pl.DataFrame:
        """The posts stored under these links and in their threads; what is read anew gives way, and doesn't count."""
        asked = pl.col("post_id").is_in(first["post_id"].implode()) | pl.col("thread_id").is_in(
            first["thread_id"].implode()
        )
        given_way = pl.col("query").str.ends_with(f"({self._reading.mark})").fill_null(value=False)
        counts = ~given_way if self._reading.anew else pl.lit(value=True)
        found = self._store.read(lambda: self._store.scan("posts").filter(asked & counts).collect(engine="streaming"))
        return _with_whole(found)


def _with_whole(frame: pl.DataFrame) -> pl.DataFrame:
    """And the whole text, every account masked: of which ones are kept, the settings may have said otherwise before."""
    masked = Privacy.mask_frame(frame.select("title", "text"))
    return frame.with_columns(masked.select(with_title(pl.col("text"), pl.col("title"))).to_series().alias("whole"))

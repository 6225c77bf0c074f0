"""Rows for the tables, with only what a test cares about spelled out."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from store import POSTS, Store, week_of

NOON = dt.datetime(2025, 10, 28, 12, tzinfo=dt.UTC)


@pytest.fixture
def make_posts():
    """A frame of posts from dicts: `make_posts({"post_id": "1", "text": "…"}, …)`."""

    def make(*rows: dict) -> pl.DataFrame:
        full = []
        for row in rows:
            text = row.get("text", "They cut my whole team")
            full.append(
                {
                    "source": "x",
                    "post_id": "1",
                    "created_at": NOON,
                    "created_at_estimated": False,
                    "collected_at": NOON + dt.timedelta(hours=1),
                    "text": text,
                    "text_hash": f"hash of {text}",
                    **row,
                }
            )
        frame = pl.DataFrame(full, schema=POSTS)
        return frame.with_columns(week=week_of(pl.col("created_at")))

    return make


@pytest.fixture
def many_posts():
    """`many_posts(n)`: n posts spread over `weeks` weeks from 2024 on."""

    def make(n: int, *, first: int = 0, weeks: int = 20, text: str = "post") -> pl.DataFrame:
        number = pl.int_range(first, first + n, eager=True).alias("number")
        start = pl.lit(dt.datetime(2024, 1, 1, tzinfo=dt.UTC)).cast(POSTS["created_at"])
        given = {
            "source": pl.lit("reddit"),
            "post_id": pl.format("t3_{}", "number"),
            "created_at": start + pl.duration(hours=(pl.col("number") * 7919) % (weeks * 168)),
            "created_at_estimated": pl.lit(False),
            "collected_at": pl.lit(NOON),
            "text": pl.format(text + " {}", "number"),
            "text_hash": pl.format(text + "-{}", "number"),
            "likes": pl.col("number") % 50,
        }
        frame = number.to_frame().select(
            given.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in POSTS.items()
        )
        return frame.with_columns(week=week_of(pl.col("created_at")))

    return make


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    return Store.open(folder, wait_seconds=5)


@pytest.fixture
def content():
    """Everything a table holds, in one order."""

    def read(store: Store, table: str = "posts") -> list[tuple]:
        return sorted(store.scan(table).collect().rows(), key=repr)

    return read

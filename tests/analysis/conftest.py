"""Posts, labels and mentions with only what a test cares about spelled out."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl
import pytest

from analysis import MENTIONS, Company, LabelSettings, ModelSettings, Theme, load_classifier
from store import POSTS, week_of

NOON = dt.datetime(2025, 10, 28, 12, tzinfo=dt.UTC)


@pytest.fixture
def make_posts():
    """A frame of posts: `make_posts({"post_id": "1", "text": "…"}, …)`."""

    def make(*rows: dict) -> pl.DataFrame:
        full = []
        for number, row in enumerate(rows):
            said = f"{row.get('text', 'They cut my whole team')}\0{row.get('title')}"
            given = {
                "source": "x",
                "post_id": str(number),
                "created_at": NOON + dt.timedelta(minutes=number),
                "created_at_estimated": False,
                "collected_at": NOON + dt.timedelta(hours=1),
                "text": "They cut my whole team",
                "text_hash": hashlib.blake2b(said.encode(), digest_size=8).hexdigest(),
            }
            full.append({**given, **row})
        return pl.DataFrame(full, schema=POSTS).with_columns(week=week_of(pl.col("created_at")))

    return make


@pytest.fixture
def make_mentions():
    """A frame of mentions; `times` repeats a row as so many posts: `make_mentions({"sentiment": "negative", "times": 30})`."""

    def make(*rows: dict) -> pl.DataFrame:
        full = []
        for row in rows:
            values = {
                "source": "x",
                "company": "Amazon",
                "found_by": "word",
                "created_at": NOON,
                "lang": "en",
                "kind": "reaction",
                "voice": "observer",
                "sentiment": "negative",
                "emotion": "anger",
                "themes": [],
                "text": "…",
            } | row
            for _ in range(values.pop("times", 1)):
                full.append({"post_id": str(len(full)), **values})
        return pl.DataFrame(full, schema=MENTIONS).with_columns(week=week_of(pl.col("created_at")))

    return make


@pytest.fixture(scope="session")
def classifier():
    """The model that the package ships."""
    return load_classifier(ModelSettings(threads=1))


@pytest.fixture(scope="session")
def settings():
    """Companies and themes as a config file would name them."""
    return LabelSettings(
        companies=(
            Company(
                name="Amazon",
                aliases=("AWS", "Amazon Web Services", "アマゾン", "अमेज़न", "亚马逊"),
                handles=("amazon",),
                tickers=("AMZN",),
            ),
            Company(
                name="Meta",
                aliases=("Facebook", "Meta Platforms", "メタ", "메타"),
                handles=("Meta",),
                not_meant=("메타버스",),
                ambiguous=True,
            ),
            Company(name="Dell"),
            Company(name="Block", aliases=("Block Inc",), ambiguous=True),
            Company(name="Target", not_meant=("Targets",), ambiguous=True),
            Company(name="SAP"),
            Company(name="Nissan", aliases=("日産",)),
            Company(
                name="Google", aliases=("Гугл",), not_meant=("Google Sheet*",), hashtags=("xoogler",), tickers=("GOOG",)
            ),
            Company(name="Microsoft"),
            Company(name="Intel", ambiguous=True),
            Company(name="Telefónica"),
        ),
        themes=(
            Theme(name="Severance", words=("severance", "Abfindung*", "退職金", "indemnité*")),
            Theme(name="AI", words=("replaced by AI", "KI")),
        ),
    )

"""What other processes do to the posts while they are being labelled."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analysis import label_posts
from store import Store

NOW = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
KEY = ["source", "post_id"]


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "data")


@pytest.fixture
def posts(make_posts):
    return make_posts({"post_id": "1", "text": "Amazon laid me off"}, {"post_id": "2", "text": "My whole team is gone"})


def label(store, classifier, settings, **options):
    return label_posts(store, classifier, settings, now=NOW, **options)


def labelled(store):
    return store.scan("labels").select(*KEY, "text_hash").collect().sort(KEY).rows()


def test_weeks_that_a_purge_emptied_are_passed_over(store, classifier, settings, posts):
    store.upsert("posts", posts)

    def purge(done, total):
        Store.open(store.root).purge(posts.select(KEY), reason="forgotten")

    assert label(store, classifier, settings, on_progress=purge).by_kind == {}
    assert labelled(store) == []


def test_weeks_that_a_corrected_import_emptied_are_passed_over_for_good(store, classifier, settings, posts):
    store.upsert("posts", posts)
    label(store, classifier, settings)
    copies = store.scan("labels").filter(post_id="1").with_columns(duplicate_of=pl.lit("x:2")).collect()
    store.upsert("labels", copies)
    store.delete("posts", posts.select(KEY))
    for _ in range(2):
        label(store, classifier, settings)

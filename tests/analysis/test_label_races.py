"""What other processes do to the posts while they are being labelled."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analysis import label_posts
from store import LABELS, Store, StoreBusy

NOW = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
KEY = ["source", "post_id"]


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "data")


@pytest.fixture
def posts(make_posts):
    return make_posts({"post_id": "1", "text": "Amazon laid me off"}, {"post_id": "2", "text": "My whole team is gone"})


def meanwhile(classifier, then):
    """The shipped model; `then` happens once while it reads."""

    class Reading:
        revision = classifier.revision
        happened = False

        def predict(self, texts, contexts, *, on_progress=None):
            if not self.happened:
                self.happened = True
                then()
            return classifier.predict(texts, contexts, on_progress=on_progress)

    return Reading()


def label(store, classifier, settings, **options):
    return label_posts(store, classifier, settings, now=NOW, **options)


def test_a_second_run_at_once_is_refused_and_changes_nothing(store, classifier, settings, posts):
    store.upsert("posts", posts)
    refused = []

    def second():
        with pytest.raises(StoreBusy, match="Another run is labelling") as busy:
            label(Store.open(store.root), classifier, settings)
        refused.append(busy.value.exit_code)

    label(store, meanwhile(classifier, second), settings)
    assert refused == [75]
    assert len(labelled(store)) == 2
    assert label(store, classifier, settings).labelled == 0


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
        summary = label(store, classifier, settings)
        assert (summary.labelled, summary.by_kind) == (0, {})
        assert labelled(store) == []


def take_out(posts, store):
    store.delete("labels", posts.head(1).select(KEY))
    store.delete("posts", posts.head(1).select(KEY))


def edit(posts, store):
    later = pl.lit(NOW).cast(posts.schema["collected_at"])
    store.upsert("posts", posts.head(1).with_columns(text=pl.lit("Hiring"), text_hash=pl.lit("h"), collected_at=later))


@pytest.mark.parametrize("import_again", [take_out, edit])
def test_no_label_is_stored_of_what_an_import_changed_meanwhile(store, classifier, settings, posts, import_again):
    store.upsert("posts", posts)
    label(store, meanwhile(classifier, lambda: import_again(posts, Store.open(store.root))), settings)
    assert [key for _, key, _ in labelled(store)] == ["2"]
    label(store, classifier, settings)
    assert labelled(store) == store.scan("posts").select(*KEY, "text_hash").collect().sort(KEY).rows()


def test_labels_whose_post_is_gone_go_with_the_next_run_of_any_model(store, classifier, settings, posts):
    store.upsert("posts", posts)
    orphan = {"source": "blind", "post_id": "9", "model": "another", "week": dt.date(2025, 10, 27), "kind": "news"}
    store.upsert("labels", pl.DataFrame([orphan], schema=LABELS))
    label(store, classifier, settings)
    assert [key for _, key, _ in labelled(store)] == ["1", "2"]

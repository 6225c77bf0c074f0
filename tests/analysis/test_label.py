import datetime as dt
import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analysis import LabelSettings, label_posts
from store import LABELS, Store

NOW = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2025, 10, 28, 12, tzinfo=dt.UTC)
COPIED = "Eleven years in this team at Amazon and I learnt from an e-mail at six that I am out"


class Spy:
    """The shipped model, with a list of what it was asked."""

    def __init__(self, model):
        self.model = model
        self.read = []

    @property
    def revision(self):
        return self.model.revision

    def predict(self, texts, contexts, *, on_progress=None):
        self.read += zip(texts, contexts, strict=True)
        return self.model.predict(texts, contexts, on_progress=on_progress)


@pytest.fixture
def spy(classifier):
    return Spy(classifier)


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "data")


@pytest.fixture
def thread(make_posts):
    """A Reddit thread, two posts from X that say the same, and one of an earlier week."""
    return make_posts(
        {
            "source": "reddit",
            "post_id": "t",
            "thread_id": "t",
            "title": "Amazon lays off 14,000",
            "text": "Amazon lays off 14,000\n\nJust announced.",
        },
        {
            "source": "reddit",
            "post_id": "c",
            "thread_id": "t",
            "parent_id": "t",
            "text": "My whole team is gone, no severance",
        },
        {"post_id": "1", "text": COPIED},
        {"post_id": "2", "text": f"{COPIED} #layoffs"},
        {
            "post_id": "old",
            "created_at": NOON - dt.timedelta(days=9),
            "text": "Nach vielen Jahren entlassen, die Abfindung ist ein Witz",
        },
    )


def labels(store: Store) -> dict[str, dict]:
    return {row["post_id"]: row for row in store.scan("labels").collect().rows(named=True)}


def label(store, classifier, settings, *, now=NOW, **options):
    return label_posts(store, classifier, settings, now=now, **options)


def test_posts_get_language_companies_themes_duplicates_and_what_the_model_says(store, classifier, settings, thread):
    store.upsert("posts", thread)
    summary = label(store, classifier, settings)
    assert (summary.labelled, summary.rules_only, summary.unchanged, summary.duplicates) == (5, 0, 0, 1)
    assert sum(summary.by_kind.values()) == 5
    assert summary.posts_per_second > 0
    found = labels(store)
    assert store.scan("labels").collect_schema() == LABELS
    assert {row["model"] for row in found.values()} == {classifier.revision}
    assert {name: row["lang"] for name, row in found.items()} == {
        "t": "en",
        "c": "en",
        "1": "en",
        "2": "en",
        "old": "de",
    }
    assert found["t"]["companies"] == [{"company": "Amazon", "found_by": "word"}]
    assert found["c"]["companies"] == [{"company": "Amazon", "found_by": "thread"}]
    assert found["old"]["companies"] == []
    assert {name: row["themes"] for name, row in found.items() if row["themes"]} == {
        "c": ["Severance"],
        "old": ["Severance"],
    }
    assert {name: row["duplicate_of"] for name, row in found.items() if row["duplicate_of"]} == {"2": "x:1"}
    assert all(row["labelled_at"] == NOW and row["kind"] and row["p_joy"] is not None for row in found.values())


def test_settings_without_companies_or_themes_label_all_the_same(store, classifier, thread):
    store.upsert("posts", thread)
    assert label(store, classifier, LabelSettings()).labelled == 5
    assert [(row["companies"], row["themes"]) for row in labels(store).values()] == [([], [])] * 5


def test_each_post_is_read_once_with_its_platform_and_its_threads_title(store, spy, settings, thread):
    store.upsert("posts", thread)
    label(store, spy, settings)
    contexts = {text.split("\n")[0]: (context.platform, context.thread_title) for text, context in spy.read}
    assert len(spy.read) == 5
    assert contexts["My whole team is gone, no severance"] == ("reddit", "Amazon lays off 14,000")
    assert contexts["Amazon lays off 14,000"] == ("reddit", "Amazon lays off 14,000")
    assert contexts[COPIED] == ("x", None)


def test_labelling_again_does_nothing(store, spy, settings, thread):
    store.upsert("posts", thread)
    label(store, spy, settings)
    before = store.scan("labels").collect()
    summary = label(store, spy, settings, now=NOW + HOUR)
    assert (summary.labelled, summary.unchanged, len(spy.read)) == (0, 5, 5)
    assert_frame_equal(store.scan("labels").collect(), before, check_row_order=False)


def test_an_edited_post_is_read_again_and_no_other(store, spy, settings, thread, make_posts):
    store.upsert("posts", thread)
    label(store, spy, settings)
    edited = make_posts(
        {
            "post_id": "1",
            "created_at": NOON + 2 * dt.timedelta(minutes=1),
            "collected_at": NOON + 2 * HOUR,
            "text": "Never mind, they took it back",
        }
    )
    store.upsert("posts", edited)
    summary = label(store, spy, settings)
    assert [text for text, _ in spy.read[5:]] == ["Never mind, they took it back"]
    assert (summary.labelled, summary.unchanged) == (1, 4)
    assert labels(store)["2"]["duplicate_of"] is None, "its original says something else now"


def test_a_new_thread_title_makes_its_comments_stale(store, spy, settings, thread):
    store.upsert("posts", thread)
    label(store, spy, settings)
    renamed = thread.filter(post_id="t").with_columns(
        title=pl.lit("Google lays off 600"),
        text=pl.lit("Google lays off 600"),
        text_hash=pl.lit("new"),
        collected_at=pl.col("collected_at") + HOUR,
    )
    store.upsert("posts", renamed)
    assert label(store, spy, settings).labelled == 2
    assert labels(store)["c"]["companies"] == [{"company": "Google", "found_by": "thread"}]


def test_changed_rules_are_applied_without_the_model(store, spy, settings, thread):
    store.upsert("posts", thread)
    label(store, spy, settings)
    before = labels(store)
    fewer = LabelSettings(companies=settings.companies[1:], themes=settings.themes[1:])
    summary = label(store, spy, fewer, now=NOW + HOUR)
    assert (summary.labelled, summary.rules_only, len(spy.read)) == (0, 5, 5)
    after = labels(store)
    assert all(row["companies"] == [] and row["themes"] == [] for row in after.values())
    kept = [
        name
        for name in LABELS
        if name.startswith("p_") or name in ("kind", "voice", "sentiment", "emotion", "duplicate_of")
    ]
    assert [[row[name] for name in kept] for row in after.values()] == [
        [before[name][column] for column in kept] for name in after
    ]


def test_an_earlier_copy_that_arrives_late_becomes_the_original(store, spy, settings, thread, make_posts):
    store.upsert("posts", thread)
    label(store, spy, settings)
    first = make_posts({"source": "linkedin", "post_id": "0", "created_at": NOON - HOUR, "text": COPIED})
    store.upsert("posts", first)
    label(store, spy, settings)
    found = labels(store)
    assert [found[name]["duplicate_of"] for name in ("0", "1", "2")] == [None, "linkedin:0", "linkedin:0"]
    assert len(spy.read) == 6


def test_a_purged_original_leaves_no_label_that_points_to_it(store, spy, settings, thread):
    store.upsert("posts", thread)
    label(store, spy, settings)
    store.purge(pl.DataFrame({"source": ["x"], "post_id": ["1"]}), reason="deleted")
    label(store, spy, settings)
    assert labels(store)["2"]["duplicate_of"] is None
    assert "1" not in labels(store)
    assert len(spy.read) == 5


def test_a_post_whose_time_is_corrected_moves_with_its_label(store, spy, settings, thread):
    store.upsert("posts", thread.with_columns(created_at_estimated=pl.lit(value=True)))
    label(store, spy, settings)
    corrected = thread.filter(post_id="1").with_columns(
        created_at=pl.col("created_at") - dt.timedelta(days=7), week=pl.col("week") - dt.timedelta(days=7)
    )
    store.upsert("posts", corrected)
    label(store, spy, settings)
    found = labels(store)
    assert found["1"]["week"] == dt.date(2025, 10, 20)
    assert found["2"]["duplicate_of"] is None


def test_another_model_labels_everything_beside_the_first(store, spy, settings, thread, monkeypatch):
    store.upsert("posts", thread)
    label(store, spy, settings)
    monkeypatch.setattr(Spy, "revision", "another@1")
    assert label(store, spy, settings).labelled == 5
    assert store.scan("labels").collect()["model"].n_unique() == 2


def test_progress_goes_up_to_all_there_is_to_do(store, classifier, settings, thread):
    store.upsert("posts", thread)
    seen = []
    label(store, classifier, settings, on_progress=lambda done, total: seen.append((done, total)), batch=2)
    assert seen[0] == (0, 5)
    assert seen[-1] == (5, 5)
    assert seen == sorted(seen)


def test_an_interrupted_run_keeps_what_it_read_before(store, spy, settings, make_posts):
    store.upsert("posts", make_posts(*({"post_id": f"p{n}", "text": f"Out with {n} others"} for n in range(200))))
    read = spy.predict

    def interrupted(texts, contexts, *, on_progress=None):
        if spy.read:
            raise KeyboardInterrupt
        return read(texts, contexts, on_progress=on_progress)

    spy.predict = interrupted
    with pytest.raises(KeyboardInterrupt):
        label(store, spy, settings)
    assert len(labels(store)) == len(spy.read) == 128
    spy.predict = read
    assert label(store, spy, settings).labelled == 72


def test_an_empty_store_has_nothing_to_label(store, spy, settings):
    summary = label(store, spy, settings)
    assert (summary.labelled, summary.unchanged, summary.by_kind, summary.posts_per_second) == (0, 0, {}, 0.0)


def many(make_posts) -> pl.DataFrame:
    said = [
        "They cut my whole team",
        COPIED,
        "So sorry to hear that",
        "Meta lays off 600 in its AI unit",
        "We are hiring! Apply now",
        "おめでとう？解雇された",
    ]
    return make_posts(
        *(
            {
                "post_id": f"p{n}",
                "author": f"a{n % 5}",
                "created_at": NOON - dt.timedelta(days=n % 17, minutes=n),
                "text": said[n % 6] + (f" and {n} others in this week of all weeks" if n % 4 == 0 else ""),
            }
            for n in range(36)
        )
    )


def same_labels(one: Store, other: Store) -> None:
    frames = [s.scan("labels").collect().drop("labelled_at").sort("source", "post_id") for s in (one, other)]
    # Batches differ, and with them the last digits of a probability.
    assert_frame_equal(*frames, abs_tol=2e-3)


def test_the_labels_are_the_same_for_any_order_and_size_of_batches(tmp_path, classifier, settings, make_posts):
    posts = many(make_posts)
    once, bit_by_bit = Store.open(tmp_path / "once"), Store.open(tmp_path / "bits")
    once.upsert("posts", posts)
    label(once, classifier, settings)
    for part in posts.sample(fraction=1, shuffle=True, seed=3).iter_slices(12):
        bit_by_bit.upsert("posts", part)
        label(bit_by_bit, classifier, settings, batch=5)
    same_labels(once, bit_by_bit)


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_labels(tmp_path, classifier, settings, make_posts):
    posts = many(make_posts)
    whole, killed = Store.open(tmp_path / "whole"), Store.open(tmp_path / "killed")
    for target in (whole, killed):
        target.upsert("posts", posts)
    label(whole, classifier, settings)
    command = [
        sys.executable,
        str(Path(__file__).with_name("label_until_killed.py")),
        killed.root,
        settings.model_dump_json(),
    ]
    patience = random.Random(28)
    for _ in range(3):
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], env={"PYTHONPATH": "."}
        ) as run:
            assert run.stdout.readline() == b"labelling\n"
            try:
                run.wait(timeout=patience.uniform(0.05, 1.2))
            except subprocess.TimeoutExpired:
                run.kill()
        assert killed.scan("labels").collect().select("source", "post_id").is_unique().all()
    label(killed, classifier, settings)
    same_labels(whole, killed)

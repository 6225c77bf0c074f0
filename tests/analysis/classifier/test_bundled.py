"""The shipped model, as the pipeline uses it."""

import random
import socket

import numpy as np
import polars as pl
import pytest

from analysis.classifier import HEADS, PREDICTION_SCHEMA, Context, ModelSettings, load_classifier, quality
from store import UsageError

POSTS = [
    ("Got laid off this morning after 11 years. I feel sick.", Context("x")),
    ("They call it 'rightsizing' while the CEO buys another yacht. Disgusting greed 🤬 #layoffs", Context("x")),
    ("Amazon to cut 14,000 corporate jobs, company says https://t.co/x1", Context("x")),
    ("We're hiring! Senior recruiter, remote. Apply now via the link in bio #hiring #jobs", Context("x")),
    ("Same here. Three rounds in two years, I can't sleep any more.", Context("reddit", "Meta layoffs megathread")),
    ("Nach 20 Jahren einfach aussortiert. Ich bin fassungslos.", Context("linkedin")),
    ("Bị sa thải ngay trước Tết, buồn quá.", Context("reddit", "Làn sóng cắt giảm nhân sự")),
    ("So grateful for my old team, and thrilled to say I found a new job! 🎉", Context("linkedin")),
    ("😡", Context("x")),
    ("", Context("other")),
    ("تم تسريحي من العمل اليوم وأنا حزين جدا", Context("mastodon")),
    ("Kündigung per E-Mail. " * 600, Context("reddit", "Wie wurde euch gekündigt?")),
]
TEXTS = [text for text, _ in POSTS]
CONTEXTS = [context for _, context in POSTS]


def numbers(frame: pl.DataFrame) -> np.ndarray:
    return frame.select(pl.col(pl.Float32)).to_numpy()


@pytest.fixture(scope="module")
def together(classifier):
    return classifier.predict(TEXTS, CONTEXTS)


def test_clear_cases_are_labelled_as_a_reader_would(together):
    assert together["kind"].to_list()[:5] == ["reaction", "reaction", "news", "promo", "reaction"]
    assert together["sentiment"].to_list()[:2] == ["negative", "negative"]
    assert together["sentiment"][7] == "positive"
    assert together["sentiment"][5] == "negative"


def test_the_frame_keeps_its_promises(together):
    assert together.schema == PREDICTION_SCHEMA
    assert together.height == len(POSTS)
    for head, classes in HEADS.items():
        assert set(together[head].drop_nulls()) <= set(classes)
    for classes in (HEADS["kind"], HEADS["sentiment"], HEADS["emotion"]):
        assert np.allclose(together.select([f"p_{name}" for name in classes]).to_numpy().sum(axis=1), 1, atol=1e-5)
    is_reaction = together["kind"] == "reaction"
    assert (together["voice"].is_not_null() == is_reaction).all()


def test_no_posts_keep_the_schema(classifier):
    assert classifier.predict([], []).schema == PREDICTION_SCHEMA


def test_a_post_gets_the_same_label_alone(classifier, together):
    for i, (text, context) in enumerate(POSTS):
        alone = classifier.predict([text], [context])
        assert np.abs(numbers(alone) - numbers(together[i])).max() < 1e-3, text[:40]


def test_a_post_gets_the_same_label_in_any_order_and_company(classifier, together):
    order = list(range(len(POSTS))) * 4
    random.Random(7).shuffle(order)
    mixed = classifier.predict([TEXTS[i] for i in order], [CONTEXTS[i] for i in order])
    assert np.abs(numbers(mixed) - numbers(together[order])).max() < 1e-3


def test_the_size_of_a_batch_changes_nothing(together):
    small = load_classifier(ModelSettings(batch_tokens=256, threads=1)).predict(TEXTS, CONTEXTS)
    assert np.abs(numbers(small) - numbers(together)).max() < 1e-3


def test_progress_counts_posts_and_ends_at_all(classifier):
    seen = []
    classifier.predict(TEXTS, CONTEXTS, on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == len(POSTS)


def test_a_post_of_40_000_characters_is_read_to_its_end(classifier):
    filler = "The meeting is on Tuesday and the agenda has four items. " * 350
    angry = "I am furious about these disgusting layoffs, I hate this company. " * 300
    calm, ends_angry = classifier.predict([filler, filler + angry], [Context("reddit", "Layoffs")] * 2)["p_negative"]
    assert len(filler + angry) > 39_000
    assert ends_angry > calm + 0.1


@pytest.mark.parametrize(
    "text", ["\x00\x01", "\ud800 lone", "\u200f\u202eمرحبا", "💀" * 5000, "a" * 40_000, " \n", "\U0010ffff", "@" * 999]
)
def test_no_text_breaks_the_model(classifier, text):
    frame = classifier.predict([text], [Context("x", text)])
    assert np.isfinite(numbers(frame)).all()


def test_as_many_contexts_as_texts(classifier):
    with pytest.raises(UsageError, match="2 texts and 1 contexts"):
        classifier.predict(["a", "b"], [Context("x")])


def test_loading_and_predicting_open_no_connection(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the bundled model must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_classifier().predict(["laid off"], [Context("x")]).height == 1


def test_the_revision_is_short_and_that_of_the_measured_figures(classifier):
    name, _, digest = classifier.revision.partition("@")
    assert name.startswith("pulse-")
    assert len(digest) == 12
    assert quality().revision == classifier.revision


def test_the_shipped_figures_add_up():
    figures = quality()
    for platform in ("x", "reddit", "all"):
        taken = sum(map(sum, figures.sentiment_confusion[platform]))
        false = figures.false_reactions[platform]
        # False reactions are measured on the posts that were drawn as they come: all of Reddit's, some of X's.
        assert 0 < false.predicted_reaction - false.of_them_not_reaction <= taken
        assert sum(false.their_predicted_sentiment) == false.of_them_not_reaction
        missed = sum(figures.missed_reactions[platform])
        assert figures.reaction_recall[platform] == pytest.approx(taken / (taken + missed), abs=1e-4)
    assert sum(map(sum, figures.kind_confusion["all"])) == figures.n

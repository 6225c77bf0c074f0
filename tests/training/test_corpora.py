"""Reading and splitting the corpora."""

import gzip

import pytest

pytest.importorskip("torch")

from analysis.classifier.labels import HEADS
from training.corpora import annotated_posts, emotion_corpus, sentiment_corpus, split_of


def named(example):
    return {head: HEADS[head][i] if i >= 0 else None for head, i in zip(HEADS, example.labels, strict=True)}


def test_a_thread_or_author_falls_on_one_side_whatever_the_file(tiny_data):
    assert split_of("thread-1") == split_of("thread-1")
    shares = [split_of(str(i)) for i in range(5000)]
    assert shares.count("test") / 5000 == pytest.approx(0.14, abs=0.02)
    assert shares.count("dev") / 5000 == pytest.approx(0.08, abs=0.02)
    assert {post.group for post in annotated_posts(tiny_data / "layoffs/gold-dev.jsonl")} == {
        f"a{i}" for i in range(40)
    }


def test_only_reactions_teach_voice_and_emotion(tiny_data):
    reaction, promo = annotated_posts(tiny_data / "layoffs/gold-dev.jsonl")[:2]
    assert named(reaction) == {"kind": "reaction", "voice": "affected", "sentiment": "negative", "emotion": "sadness"}
    assert named(promo) == {"kind": "promo", "voice": None, "sentiment": "neutral", "emotion": None}
    assert promo.sentiment_weight < reaction.sentiment_weight


def test_sentiment_rows_carry_no_other_label(tmp_path):
    path = tmp_path / "s.tsv.gz"
    path.write_bytes(gzip.compress(b"lang\tlabel\ttext\nde\tpositive\tToll! https://t.co/x\n"))
    (example,) = sentiment_corpus(path)
    assert (example.text, example.lang, example.context) == ("Toll! http", "de", "")
    assert named(example) == {"kind": None, "voice": None, "sentiment": "positive", "emotion": None}


def test_emotions_that_contradict_each_other_or_name_none_of_ours_are_skipped(tmp_path):
    path = tmp_path / "e.tsv.gz"
    path.write_bytes(
        gzip.compress(b"lang\tlabel\ttext\nen\tanger,annoyance\ta\nen\tanger,joy\tb\nen\tcuriosity\tc\nen\tgrief\td\n")
    )
    assert [
        (e.text, named(e)["emotion"], named(e)["sentiment"]) for e in emotion_corpus(path, with_sentiment=True)
    ] == [
        ("a", "anger", "negative"),
        ("d", "sadness", "negative"),
    ]

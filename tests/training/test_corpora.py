"""Reading and splitting the corpora."""

import gzip
import json

import pytest

pytest.importorskip("torch")

from analysis.classifier.labelled_files import read_labelled
from analysis.classifier.labels import HEADS
from analysis.classifier.text import Context, context_segment
from store import InputError
from training import collected
from training.collected import annotation_key, more_annotated_rows
from training.corpora import (
    annotated_posts,
    count_rows,
    emotion_corpus,
    read_rows,
    sentiment_corpus,
)
from training.mixture import GOLD, OWN, SOURCES, load, survey
from training.splits import group_of, split_of


def named(example):
    return {head: HEADS[head][i] if i >= 0 else None for head, i in zip(HEADS, example.labels, strict=True)}


def test_a_thread_or_author_falls_on_one_side_whatever_the_file(tiny_data):
    assert (split_of("thread-1"), split_of("thread-2")) == ("test", "train")
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


def test_a_text_may_hold_tabs_and_unusable_rows_are_counted(tmp_path):
    path = tmp_path / "s.tsv.gz"
    path.write_bytes(gzip.compress(b"lang\tlabel\ttext\nen\tpositive\ta\tb\nen\tangry\tc\nen\tpositive\n"))
    assert [e.text for e in sentiment_corpus(path)] == ["a b"]
    assert count_rows(path) == 3


POST = {
    "id": "1",
    "text": "laid off",
    "kind": "reaction",
    "voice": "affected",
    "sentiment": "negative",
    "emotion": "fear",
}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (json.dumps(POST | {"sentiment": "angry"}), "sentiment is 'angry'; valid are negative, neutral, positive"),
        (json.dumps({k: v for k, v in POST.items() if k != "voice"}), "voice is missing; valid are observer, affected"),
        (json.dumps({k: v for k, v in POST.items() if k != "id"}), "thread, author and id are all missing"),
        (json.dumps(POST | {"kind": None}), "kind is missing; valid are reaction, news, promo, noise"),
        (json.dumps(POST | {"created_at": "29.10.2025"}), "created_at is '29.10.2025'; valid is a time such as"),
        (json.dumps(POST | {"thread_title": 7}), "thread_title is 7; valid is a text or null"),
        ("[" * 100_000, "maximum recursion depth exceeded"),
        ("[]", "expected an object"),
        ("{", "Expecting property name"),
    ],
)
def test_a_post_that_cannot_be_used_is_named_by_file_and_line(tmp_path, line, said):
    path = tmp_path / "gold-dev.jsonl"
    path.write_text(json.dumps(POST) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"gold-dev.jsonl, line 2: {said}"):
        annotated_posts(path)


def test_a_post_file_is_read_as_evaluate_reads_it(tmp_path):
    path = tmp_path / "gold-dev.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(POST).encode() + b"\r\n\r\n" + json.dumps(POST).encode() + b"\r\n")
    assert len(read_rows(path)) == 2
    path.write_bytes(json.dumps(POST).encode() + b'\n{"text": "K\xfcndigung"}\n')  # cp1252
    with pytest.raises(InputError, match=r"gold-dev.jsonl, line 2: .* is not UTF-8"):
        read_rows(path)


def test_platforms_are_named_as_an_import_names_them(tmp_path):
    path = tmp_path / "gold-dev.jsonl"
    names = ("Twitter", "www.Reddit.com", "Glassdoor", "half \ud83d")
    path.write_text("".join(json.dumps(POST | {"source": name}) + "\n" for name in names), encoding="utf-8")
    assert [row["source"] for row in read_rows(path)] == ["x", "reddit", "glassdoor", "half \ufffd"]
    assert [row["source"] for row in read_rows(path)] == [post.context.platform for post in read_labelled(path)]
    assert annotated_posts(path)[0].context == context_segment(Context("x"))


def test_a_post_has_every_field_that_readers_rely_on(tmp_path):
    noise = {"id": "2", "text": "buy now", "kind": "noise", "created_at": "2025-10-29T10:00:00+02:00"}
    path = tmp_path / "gold-dev.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (POST, noise)), encoding="utf-8")
    first, second = read_rows(path)
    assert (first["source"], first["created_at"], first["sentiment"]) == ("other", None, "negative")
    assert (second["source"], second["created_at"], second["sentiment"]) == ("other", "2025-10-29T08:00:00Z", None)
    assert [post.context for post in annotated_posts(path)] == [context_segment(Context("other"))] * 2


def test_a_training_post_that_repeats_a_held_out_one_is_left_out(tmp_path):
    (tmp_path / "layoffs").mkdir()
    texts = {
        "thread-1": "So many of my friends laid off today https://t.co/a",  # held out
        "thread-2": "@you SO MANY of my friends laid off today!",
        "thread-3": "So many of my friends hired today",
    }
    rows = [POST | {"thread": thread, "text": text} for thread, text in texts.items()]
    rows += [POST | {"thread": thread, "text": "So sad"} for thread in ("thread-1", "thread-2")]
    (tmp_path / GOLD).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert (split_of("thread-1"), split_of("thread-2"), split_of("thread-3")) == ("test", "train", "train")
    assert [post.text for post in load(tmp_path, GOLD)] == [texts["thread-3"], "So sad"]


def test_a_survey_says_what_is_read_and_refuses_a_folder_without_annotated_posts(tiny_data, tmp_path, capsys):
    survey(tiny_data, SOURCES, posts=480, start=0.0)
    gold, authored = capsys.readouterr().out.splitlines()
    assert gold.startswith(f"{GOLD}: 27 posts, ")
    assert authored.startswith("training/authored.jsonl: ")
    with pytest.raises(InputError, match="holds no annotated posts to train on"):
        survey(tmp_path, SOURCES, posts=480, start=0.0)


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


def test_annotations_find_their_texts_by_a_hash_of_the_id(tmp_path, monkeypatch):
    (tmp_path / "layoffs").mkdir()
    tweets = b'{"id": "1", "author": "a", "text": "laid off"}\n{"id": "2", "author": "b", "text": "unknown"}\n'
    (tmp_path / "layoffs/tweets-2023.jsonl.gz").write_bytes(gzip.compress(tweets))
    reddit = (
        "id,subreddit,type,text,title,score,created_utc,url\n"
        "p,r/x,post,Cuts at Z,Cuts at Z,1,1224273506,https://reddit.com/r/x/comments/p1/cuts/\n"
        "c,r/x,comment,Sad,,1,1224287702.0,https://reddit.com/r/x/comments/p1/cuts/\n"
    )
    (tmp_path / "layoffs/reddit-2010-2026.csv.gz").write_bytes(gzip.compress(reddit.encode()))
    hungarian = {"id": "h-c0", "thread": "h", "type": "comment", "created_utc": 1771521100.0, "text": "Sajnálom"}
    (tmp_path / "layoffs/reddit-hu-2023-2026.jsonl.gz").write_bytes(gzip.compress(json.dumps(hungarian).encode()))
    labels = tmp_path / "annotations.tsv"
    posts = [("x", "1", "affected"), ("reddit", "c", "observer"), ("reddit", "h-c0", "observer")]
    rows = [(annotation_key(source, post), "reaction", voice) for source, post, voice in posts]
    labels.write_text(
        "post\tkind\tvoice\tsentiment\temotion\n" + "".join("\t".join((*r, "negative", "sadness")) + "\n" for r in rows)
    )
    monkeypatch.setattr(collected, "ANNOTATIONS", labels)
    tweet, comment, sorry = more_annotated_rows(tmp_path)
    assert (tweet["text"], tweet["voice"], group_of(tweet)) == ("laid off", "affected", "a")
    assert (comment["thread_title"], group_of(comment), comment["source"]) == ("Cuts at Z", "p1", "reddit")
    assert [row["created_at"] for row in (tweet, comment, sorry)] == [
        None,
        "2008-10-17T23:55:02Z",
        "2026-02-19T17:11:40Z",
    ]


def test_what_training_ships_is_labelled_by_the_guideline():
    for post in annotated_posts(OWN / "training/authored.jsonl"):
        assert (named(post)["voice"] is None) == (named(post)["kind"] != "reaction")
    with collected.ANNOTATIONS.open(encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    assert len({row[0] for row in rows}) == len(rows)
    for _, kind, voice, sentiment, emotion in rows:
        assert kind in HEADS["kind"]
        assert sentiment in HEADS["sentiment"]
        # The emotion is left open where two readings differ.
        assert (
            (voice in HEADS["voice"] and emotion in (*HEADS["emotion"], ""))
            if kind == "reaction"
            else not voice + emotion
        )

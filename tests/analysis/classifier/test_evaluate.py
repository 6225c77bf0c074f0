"""`evaluate_files`: the keys that the issue fixes, and scores on files whose answer is known."""

import gzip
import json

import numpy as np
import pytest

from analysis.classifier import evaluate_files, quality
from analysis.classifier.labels import HEADS
from analysis.classifier.predictions import CLASSES, head_columns, to_frame
from analysis.intervals import net_sentiment_interval
from store import InputError


class Parrot:
    """A classifier that reads its labels from the text: "reaction negative affected anger"."""

    revision = "parrot@1"

    def predict(self, texts, contexts, *, on_progress=None):
        log_probabilities = np.full((len(texts), CLASSES), np.log(0.02), np.float32)
        for row, text in enumerate(texts):
            for head, classes in HEADS.items():
                said = [classes.index(word) for word in text.split() if word in classes] or [0]
                sure = 0.97 if "surely" in text else 0.9
                log_probabilities[row, head_columns(head).start + said[0]] = np.log(sure)
        if on_progress is not None:
            on_progress(len(texts))
        return to_frame(log_probabilities)


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def gold(kind, sentiment, text, **more):
    return {"text": text, "source": "x", "lang": "en", "kind": kind, "sentiment": sentiment, "voice": None, **more}


def test_tsv_scores_sentiment_by_language_and_nothing_else(tmp_path):
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b'lang\tlabel\ttext\nde\tnegative\tnegative\nen\tpositive\tnegative "quote\n'))
    result = evaluate_files([path], Parrot())
    assert result["model"] == "parrot@1"
    (file,) = result["files"]
    assert list(file) == ["file", "n", "sentiment", "kind", "voice", "emotion", "net_sentiment"]
    assert list(file["sentiment"]) == ["n", "macro_f1", "macro_recall", "accuracy", "ece", "per_language"]
    assert file["sentiment"]["per_language"]["de"] == {"n": 1, "macro_f1": 1.0}
    assert file["sentiment"]["accuracy"] == 0.5
    assert [file[head] for head in ("kind", "voice", "emotion", "net_sentiment")] == [None] * 4


def test_jsonl_scores_other_heads_on_gold_reactions_only(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        gold("reaction", "negative", "reaction negative affected anger", voice="affected", emotion="anger"),
        gold("reaction", "positive", "reaction negative observer joy", voice="observer", emotion=None),
        gold("noise", "neutral", "news positive"),
    )
    (file,) = evaluate_files([path], Parrot())["files"]
    assert (file["n"], file["kind"]["n"], file["sentiment"]["n"], file["emotion"]["n"]) == (3, 3, 2, 1)
    assert file["kind"]["per_class"]["reaction"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert file["voice"]["macro_f1"] == 1.0
    assert file["sentiment"]["accuracy"] == 0.5
    net = file["net_sentiment"]
    assert net["truth"] == 0.0
    assert -100 <= net["low"] <= net["estimate"] <= net["high"] <= 100
    assert net["estimate"] == -100.0  # both were read as negative


def test_a_post_whose_reaction_is_missed_still_counts_for_voice(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", gold("reaction", "negative", "news negative affected", voice="affected"))
    (file,) = evaluate_files([path], Parrot())["files"]
    assert file["voice"]["macro_f1"] == 1.0
    assert file["net_sentiment"] == {"truth": -100.0, "estimate": None, "low": None, "high": None}


def test_verbose_adds_confusion_and_the_most_confident_mistakes(tmp_path):
    rows = [gold("news", "neutral", f"reaction {i}" + (" surely" if i == 29 else "")) for i in range(30)]
    (file,) = evaluate_files([jsonl(tmp_path / "a.jsonl", *rows)], Parrot(), verbose=True)["files"]
    assert file["confusion"]["kind"]["counts"][1][0] == 30
    assert len(file["mistakes"]) == 20
    assert file["mistakes"][0]["true"] == "news"
    assert [mistake["confidence"] for mistake in file["mistakes"]] == pytest.approx([0.97] + [0.9] * 19)
    assert file["mistakes"][0]["text"] == "reaction 29 surely"


def test_a_file_without_any_known_label_is_an_input_error(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"text": "x", "Kind": "news"})
    with pytest.raises(InputError, match=r"no labelled post among 1.*under kind, voice, sentiment, emotion"):
        evaluate_files([path], Parrot())
    (tmp_path / "a.tsv").write_text("lang\tlabel\ttext\n")
    with pytest.raises(InputError, match="holds a header and no post"):
        evaluate_files([tmp_path / "a.tsv"], Parrot())


def test_the_shipped_model_is_measured_with_its_own_figures(tmp_path, classifier):
    rows = [gold("reaction", "negative", "I was laid off and I am devastated", voice="affected", emotion="sadness")] * 5
    (file,) = evaluate_files([jsonl(tmp_path / "a.jsonl", *rows)], classifier)["files"]
    # Five posts that say the same are one reaction.
    estimate, low, high = net_sentiment_interval({"x": [1, 0, 0]}, quality())
    assert file["net_sentiment"] == {"truth": -100.0, "estimate": estimate, "low": low, "high": high}
    assert estimate > -100.0, "of a flawless model it would be what was counted"


def test_half_an_emoji_can_be_shown_among_the_mistakes(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", gold("news", "neutral", "reaction \ud83d"))
    (file,) = evaluate_files([path], Parrot(), verbose=True)["files"]
    assert file["mistakes"][0]["text"].encode()


def test_of_a_folder_the_labelled_files_are_read(tmp_path):
    (tmp_path / "notes.md").write_text("no posts")
    for name in ("b.jsonl", "a.jsonl"):
        jsonl(tmp_path / name, gold("news", "neutral", "news"))
    files = evaluate_files([tmp_path], Parrot())["files"]
    assert [file["file"] for file in files] == [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    assert files[0]["kind"]["per_class"]["reaction"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no"):
        evaluate_files([tmp_path / "empty"], Parrot())


def test_a_post_whose_kind_is_unknown_is_no_reaction_unless_no_kind_is_known(tmp_path):
    unknown = gold(None, "positive", "reaction negative", voice="observer", emotion="joy")
    known = gold("reaction", "negative", "reaction negative affected anger", voice="affected", emotion="anger")
    mixed, alone = evaluate_files(
        [jsonl(tmp_path / "a.jsonl", unknown, known), jsonl(tmp_path / "b.jsonl", unknown)], Parrot()
    )["files"]
    assert [mixed[head]["n"] for head in ("kind", "sentiment", "voice", "emotion")] == [1, 1, 1, 1]
    assert [alone[head] and alone[head]["n"] for head in ("kind", "sentiment", "voice", "emotion")] == [None, 1, 1, 1]


def test_progress_counts_the_posts_of_all_files(tmp_path):
    seen = []
    path = jsonl(tmp_path / "a.jsonl", gold("news", "neutral", "news"), gold("news", "neutral", "news"))
    evaluate_files([path, path], Parrot(), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 4), (4, 4)]


def test_repeated_posts_count_once_in_the_estimate(tmp_path):
    said = "reaction negative we were told by a recorded call at dawn"
    more = gold("reaction", "positive", "reaction positive my new job starts on Monday and I am so glad")
    rows = [gold("reaction", "negative", said, created_at="2025-10-29T10:00:00Z")] * 9
    rows += [{**more, "created_at": "2025-10-30T10:00:00Z"}]
    (file,) = evaluate_files([jsonl(tmp_path / "a.jsonl", *rows)], Parrot())["files"]
    assert (file["net_sentiment"]["truth"], file["net_sentiment"]["estimate"]) == (-80.0, 0.0)

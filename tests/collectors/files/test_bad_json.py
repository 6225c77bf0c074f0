"""JSON with broken parts: the rest of it is read, and every row is counted."""

import json

import pytest


def test_lone_surrogates_become_the_replacement_character(desk):
    desk.one(desk.file("tweets.jsonl", json.dumps(desk.tweet(1)).replace("post 1", "\\ud83d half") + "\n"))
    assert desk.posts()["text"].to_list() == ["\ufffd half on #layoffs"]


def test_json_rows_that_are_none_are_set_apart(desk):
    lines = [
        json.dumps(desk.tweet(1)),
        '{"id": "2", "text": "cut of',
        '{"id": "3", "text": "a", "text": "b", "created_at": "2025-10-28"}',
        "[" * 100_000,
        '["a list"]',
        "12",
        json.dumps(desk.tweet(7) | {"likes": float("nan"), "replies": float("inf"), "extra": [{"a": {"b": [1]}}]}),
        '{"id": ' + "9" * 5000 + "}",
        '{"a":' * 50_000,
    ]
    summary = desk.one(desk.file("tweets.jsonl", "\n".join(lines)))
    assert (summary.seen, summary.new, summary.rejected) == (9, 2, 7)
    reasons = {reject["row"]: reject["reason"] for reject in desk.rejected(summary)}
    assert "not readable as JSON" in reasons[2]
    assert reasons[3] == "the key text stands there twice"
    assert reasons[4] == reasons[9] == "nested too deeply"
    assert reasons[5] == reasons[6] == "not a JSON object"
    assert desk.posts()["likes"].to_list() == [1, None]


def test_a_json_array_with_a_broken_element_goes_on_after_it(desk):
    content = f'[{json.dumps(desk.tweet(1))}, {{"id": "2", "text": nope}}, {json.dumps(desk.tweet(3))}, {{"text": "x", "text": "y"}}, {json.dumps(desk.tweet(5))}]'
    summary = desk.one(desk.file("tweets.json", content))
    assert (summary.error, summary.new, summary.rejected) == (None, 3, 2)


@pytest.mark.parametrize("stray", ["}", "]]", "},{"])
def test_a_stray_bracket_ends_a_json_array_with_an_error(desk, stray: str):
    content = f"[{json.dumps(desk.tweet(1))}, {stray} {json.dumps(desk.tweet(2))}]"
    summary = desk.one(desk.file("tweets.json", content))
    assert "is not JSON" in summary.error
    assert summary.new == 1


def test_a_truncated_json_array_keeps_what_came_before(desk):
    content = json.dumps([desk.tweet(n) for n in range(10)])
    summary = desk.one(desk.file("tweets.json", content[:-40]))
    assert "ends in the middle of row 10" in summary.error


@pytest.mark.parametrize("content", ["hello", '{"a" 1}', '"text"', "[1, 2] x"])
def test_what_only_looks_like_json_is_refused(desk, content: str):
    assert desk.one(desk.file("tweets.json", content)).error

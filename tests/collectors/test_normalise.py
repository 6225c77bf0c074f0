"""The gate: what passes is whole and masked, what does not has its reason."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import RAW, REJECTED, to_posts, with_title
from store import POSTS, Privacy

NOW = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)
PRIVACY = Privacy(b"a secret of the tests")


def raw(*rows: dict) -> pl.DataFrame:
    base = {
        "source": "x",
        "post_id": "1",
        "created_at": NOW - dt.timedelta(days=1),
        "collected_at": NOW,
        "text": "laid off",
        "row": 1,
    }
    return pl.DataFrame([dict.fromkeys(RAW) | base | row for row in rows], schema=RAW)


def gate(*rows: dict, keep_handles: frozenset[str] = frozenset()):
    return to_posts(raw(*rows), privacy=PRIVACY, keep_handles=keep_handles, now=NOW)


def test_a_good_row_becomes_a_post():
    result = gate({"author": "jane", "title": "", "likes": 3})
    post = result.posts.row(0, named=True)
    assert result.posts.schema == POSTS
    assert post["week"] == dt.date(2025, 10, 27)
    assert post["created_at_estimated"] is False
    assert post["title"] is None
    assert len(post["author"]) == 16
    assert result.rejected.is_empty()


def test_no_rows_keep_the_schemas():
    result = to_posts(raw().clear(), privacy=PRIVACY, keep_handles=frozenset(), now=NOW)
    assert (result.posts.schema, result.rejected.schema) == (POSTS, REJECTED)
    assert (result.posts.height, result.rejected.height) == (0, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": None}, "no text"),
        ({"text": " \x00\u200d\n"}, "no text"),
        (
            {"text": "layoffs " * 30_000},
            "a text of 239999 characters, and no platform takes more than 200000: a quote in the file may be missing",
        ),
        ({"post_id": " "}, "no id"),
        ({"source": None}, "no source"),
        ({"created_at": None}, "no readable time"),
        ({"created_at": None, "post_id": None}, "no readable time"),
        ({"created_at": dt.datetime(1970, 1, 1, tzinfo=dt.UTC)}, "impossible time: 1970-01-01 is before 2004"),
        ({"created_at": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)}, "impossible time: 2099-01-01 is in the future"),
        ({"collected_at": None}, "no time of collection"),
        (
            {"collected_at": NOW - dt.timedelta(days=9)},
            "impossible time: 2025-11-02 is after it was collected (2025-10-25)",
        ),
        ({"collected_at": NOW + dt.timedelta(days=9)}, "impossible time of collection: in the future"),
    ],
)
def test_a_row_that_can_not_be_stored_has_its_reason(change: dict, reason: str):
    result = gate({"row": 5}, change | {"row": 6})
    assert result.posts.height == 1
    assert result.rejected.select("row", "reason").rows() == [(6, reason)]


def test_an_author_is_one_within_a_week_and_another_after_it():
    week_later = NOW - dt.timedelta(days=8)
    authors = gate(
        {"author": "jane"}, {"author": "Jane"}, {"author": "jane", "created_at": week_later}, {"author": "joe"}
    ).posts["author"]
    assert authors[0] == authors[1]
    assert authors.n_unique() == 3
    assert "jane" not in authors.to_list()


def test_texts_titles_and_links_are_masked_and_company_handles_kept():
    post = gate(
        {"text": "hi @jane and @Amazon", "title": "ask @jane", "url": "https://x.com/jane/status/1"},
        keep_handles=frozenset({"amazon"}),
    ).posts.row(0, named=True)
    assert "jane" not in str(post)
    assert "@Amazon" in post["text"]


def test_an_edit_of_text_or_title_shows_in_the_hash_and_a_masked_name_does_not():
    rows = [{}, {"text": "laid off!"}, {"title": "a title"}, {"text": "laid", "title": "off"}, {"text": "laid off"}]
    hashes = gate(*rows).posts["text_hash"].to_list()
    assert len(set(hashes)) == 4
    assert hashes[0] == hashes[4]
    assert all(len(value) == 16 for value in hashes)
    first, second = gate({"text": "sorry @jane"}, {"text": "sorry @john"}).posts["text_hash"]
    assert first == second


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=10))
def test_every_row_comes_out_exactly_once(texts: list):
    result = to_posts(
        raw(*({"text": text, "row": n} for n, text in enumerate(texts))),
        privacy=PRIVACY,
        keep_handles=frozenset(),
        now=NOW,
    )
    assert result.posts.height + result.rejected.height == len(texts)
    assert "\x00" not in "".join(result.posts["text"])


@pytest.mark.parametrize(
    ("text", "title", "whole"),
    [
        ("Body", "Title", "Title\n\nBody"),
        ("Title", "Title", "Title"),
        ("Title and body", "Title", "Title and body"),
        ("", "Title", "Title"),
        (None, "Title", "Title"),
        ("Body", None, "Body"),
        ("Body", " ", "Body"),
        (None, None, None),
    ],
)
def test_a_title_is_put_before_its_text_once(text: str | None, title: str | None, whole: str | None):
    frame = pl.DataFrame({"text": [text], "title": [title]}, schema={"text": pl.String, "title": pl.String})
    assert frame.select(with_title(pl.col("text"), pl.col("title"))).item() == whole


@pytest.mark.parametrize(
    ("source", "said", "stored"),
    [
        ("x", "AT&amp;T &lt;3 &amp;amp; 1&gt;0", "AT&T <3 &amp; 1>0"),
        ("reddit", r"so u/jane\_doe\_99 and jane\_doe@gmail.com, \*really\*", "so @user and [email], *really*"),
        ("reddit", r"75 % &gt; 0 %, ¯\\\_(ツ)\_/¯", r"75 % > 0 %, ¯\_(ツ)_/¯"),
        ("reddit", r"C:\temp", r"C:\temp"),
        ("mastodon", r"&lt;b&gt; \_", r"&lt;b&gt; \_"),
    ],
)
def test_a_text_is_stored_as_its_author_wrote_it(source, said, stored):
    post = gate({"source": source, "text": said, "title": said}).posts.row(0, named=True)
    assert (post["text"], post["title"]) == (stored, stored)

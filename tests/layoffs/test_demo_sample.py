"""The embedded sample is what its README says: invented, varied, and enough of it to show every part of the report."""

import datetime as dt
import json
import re
import tomllib
from collections import Counter
from functools import cache
from importlib import resources

import pytest

from layoffs.settings import default_config
from store import format_week

BOT = "synthetic_bot_3000"
FIELDS = {
    "id", "source", "created_at", "author", "text", "title", "thread_id", "parent_id", "community", "url", "likes", "replies", "reposts",
    "lang", "expected_kind", "expected_sentiment",
}  # fmt: skip
FROM_META = dt.datetime(2025, 10, 22, 15, tzinfo=dt.UTC)
FROM_AMAZON = dt.datetime(2025, 10, 28, 10, tzinfo=dt.UTC)


@cache
def sample():
    lines = (resources.files("layoffs.demo") / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def created(post):
    return dt.datetime.fromisoformat(post["created_at"])


def week(post):
    return format_week(created(post).date())


@cache
def pattern_of(company):
    (found,) = [item for item in tomllib.loads(default_config())["companies"] if item["name"] == company]
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}" for name in (found["name"], *found.get("aliases", ()))))


@cache
def titles():
    return {post["id"]: post.get("title", "") for post in sample()}


def is_about(post, company):
    """Roughly what the labelling finds: the post's own words, else those of its thread's title."""
    return bool(pattern_of(company).search(f"{post['text']} {titles().get(post.get('thread_id'), '')}"))


def test_every_line_has_the_fields_of_the_import_format():
    for post in sample():
        assert set(post) <= FIELDS
        assert {
            "id",
            "source",
            "created_at",
            "author",
            "text",
            "url",
            "lang",
            "expected_kind",
            "expected_sentiment",
        } <= set(post)
        assert post["text"].strip() == post["text"] != ""
        assert created(post).tzinfo is not None


def test_nothing_in_it_can_be_taken_for_a_real_post_or_person():
    handles = {
        name.casefold()
        for company in tomllib.loads(default_config())["companies"]
        for name in company.get("handles", ())
    }
    for post in sample():
        words = f"{post.get('title', '')} {post['text']}"
        assert post["id"].startswith("synthetic-")
        assert post["author"].startswith("synthetic_")
        assert {name.casefold() for name in re.findall(r"@(\w+)", words)} <= handles
        links = re.findall(r"https?://[^\s/]+", f"{words} {post['url']}")
        assert set(links) == {"https://example.invalid"}
        assert not re.search(r"\b[\w.]+@[\w.]+\.\w+|\+?\d[\d\s-]{8,}\d", words), "an e-mail address or a phone number"


def test_ids_are_unique_and_only_the_bot_repeats_itself():
    assert len({post["id"] for post in sample()}) == len(sample())
    texts = Counter(post["text"] for post in sample() if post["author"] != BOT)
    assert [text for text, count in texts.items() if count > 1] == []
    bot = [post["text"] for post in sample() if post["author"] == BOT]
    assert len(bot) > len(set(bot)) > 1
    assert {post["expected_kind"] for post in sample() if post["author"] == BOT} == {"noise"}


def test_headlines_are_reposted_with_small_changes():
    headlines = [post["text"] for post in sample() if "Amazon to cut about 14,000 corporate jobs" in post["text"]]
    assert len(headlines) >= 4


def test_kinds_are_mixed_as_in_a_real_stream():
    kinds = Counter(post["expected_kind"] for post in sample())
    assert set(kinds) == {"reaction", "news", "promo", "noise"}
    shares = {kind: count / kinds.total() for kind, count in kinds.items()}
    assert 0.5 < shares["reaction"] < 0.7
    assert 0.15 < shares["news"] < 0.3
    assert 0.08 < shares["promo"] < 0.15
    assert 0.06 < shares["noise"] < 0.12
    assert {post["expected_sentiment"] for post in sample() if post["expected_kind"] != "reaction"} == {"neutral"}


def test_reactions_are_mostly_negative_and_never_only_that():
    moods = Counter(post["expected_sentiment"] for post in sample() if post["expected_kind"] == "reaction")
    assert 0.5 < moods["negative"] / moods.total() < 0.7
    assert moods["neutral"] / moods.total() > 0.2
    assert moods["positive"] / moods.total() > 0.1


@pytest.mark.parametrize(
    ("lang", "at_least"),
    [
        ("en", 300),
        ("de", 60),
        ("vi", 45),
        ("fr", 35),
        ("es", 40),
        *((lang, 4) for lang in ("pt", "it", "hi", "ja", "ar")),
    ],
)
def test_languages(lang, at_least):
    assert sum(post["lang"] == lang for post in sample()) >= at_least


@pytest.mark.parametrize(("source", "at_least"), [("x", 300), ("reddit", 100), ("linkedin", 80)])
def test_sources(source, at_least):
    assert sum(post["source"] == source for post in sample()) >= at_least


def test_weeks_run_from_quiet_to_surge():
    weeks = Counter(week(post) for post in sample())
    assert sorted(weeks) == [f"2025-W{number}" for number in range(38, 45)]
    quiet = [weeks[f"2025-W{number}"] for number in range(38, 43)]
    assert min(quiet) >= 10
    assert max(quiet) * 3 < weeks["2025-W43"] < weeks["2025-W44"]


@pytest.mark.parametrize(("company", "in_week"), [("Meta", "2025-W43"), ("Amazon", "2025-W44")])
def test_the_companies_of_the_events_have_enough_reactions(company, in_week):
    """Some 30 are needed for a figure that isn't greyed; half of these could be taken for something else and it would stand."""
    reactions = [
        post
        for post in sample()
        if post["expected_kind"] == "reaction" and week(post) == in_week and is_about(post, company)
    ]
    assert len(reactions) >= 60
    assert len({post["lang"] for post in reactions}) >= 5
    assert {post["source"] for post in reactions} == {"x", "reddit", "linkedin"}


@pytest.mark.parametrize("company", ["Google", "SAP", "Intel", "Volkswagen"])
def test_some_companies_stay_below_what_a_figure_needs(company):
    weeks = Counter(week(post) for post in sample() if post["expected_kind"] == "reaction" and is_about(post, company))
    assert weeks.total() >= 5
    assert max(weeks.values()) < 30


def test_threads_hold_together():
    by_id = {post["id"]: post for post in sample()}
    comments = [post for post in sample() if "parent_id" in post]
    assert len(comments) >= 80
    for comment in comments:
        parent, thread = by_id[comment["parent_id"]], by_id[comment["thread_id"]]
        assert parent["thread_id"] == thread["thread_id"] == thread["id"]
        assert comment["community"] == thread["community"]
        assert created(comment) >= created(parent)
        assert "title" in thread
        assert "title" not in comment
    silent = [post for post in comments if not re.search("Amazon|AWS|Meta", post["text"])]
    assert len(silent) > 0.8 * len(comments)


def test_nobody_knows_of_the_announcements_before_they_were_made():
    for post in sample():
        words = f"{post.get('title', '')} {post['text']}"
        if re.search(r"14[.,\s]?000|14k|14 mil|1万4000", words):
            assert created(post) >= FROM_AMAZON, post["id"]
        if re.search(r"Meta\b.*\b600\b|\b600\b.*Meta\b", words):
            assert created(post) >= FROM_META, post["id"]


def test_the_line_that_the_product_was_asked_to_understand_is_in_it():
    line = "After many years of commitment and passion for this company I can hardly believe that I was suddenly forced to leave it."
    (post,) = [post for post in sample() if post["text"] == line]
    assert (post["source"], post["expected_kind"], post["expected_sentiment"]) == ("linkedin", "reaction", "negative")

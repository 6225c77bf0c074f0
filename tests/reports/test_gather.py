"""From mentions to a report's frames, through the real figures."""

import datetime as dt
import random

import numpy as np
import polars as pl
import pytest

from analysis import COVERAGE, FIGURES, KNOWN_EVENTS, MENTIONS, quality
from reports import ReportSettings, gather, write_report
from reports.gather import macro_f1

WEEK = dt.date(2025, 10, 27)
COUNTED = [name for name in COVERAGE if name not in ("source", "week")]
EVENT = {
    "company": "Amazon", "date": dt.date(2025, 10, 28), "jobs": 14_000, "share": None, "reason": "AI",
    "stage": "announced", "location": None, "source_url": None, "own": True,
}  # fmt: skip


def mention(number, *, week, company, rng, kind="reaction", **overrides):
    created = dt.datetime.combine(week + dt.timedelta(days=rng.randrange(7)), dt.time(12), tzinfo=dt.UTC)
    sentiment = rng.choices(("negative", "neutral", "positive"), (6, 3, 1))[0]
    values = {
        "source": rng.choice(("reddit", "x")), "post_id": f"p{number}", "company": company, "found_by": "word", "week": week,
        "created_at": created, "thread_id": None, "community": None, "author": None, "url": f"https://example.com/{number}",
        "lang": rng.choice(("en", "de")), "kind": kind, "voice": rng.choice(("affected", "observer")),
        "sentiment": sentiment, "p_negative": 0.6, "p_neutral": 0.3, "p_positive": 0.1, "emotion": rng.choice(("anger", "none")),
        "themes": ["severance"] if rng.random() < 0.4 else [], "duplicate_of": None, "likes": number, "text": f"Post {number}",
    }  # fmt: skip
    return values | overrides


@pytest.fixture(scope="module")
def mentions():
    rng = random.Random(1)
    rows = []
    for back in range(6):
        week = WEEK - dt.timedelta(days=7 * back)
        for company, size in (("Amazon", 60), ("Meta", 40), ("SAP", 5)):
            rows += [mention(len(rows) + k, week=week, company=company, rng=rng) for k in range(size)]
    rows += [mention(10_000 + k, week=WEEK, company=None, rng=rng, kind="news") for k in range(30)]
    rows += [mention(20_000, week=WEEK + dt.timedelta(days=7), company="Later", rng=rng)]
    twice = mention(30_000, week=WEEK, company="Amazon", rng=rng)
    rows += [twice, {**twice, "company": "Meta"}]
    return pl.LazyFrame(rows, schema=MENTIONS)


def gathered(mentions, *, quality=None, coverage=None, **settings):
    return gather(
        mentions,
        week=WEEK,
        settings=ReportSettings(**settings),
        quality=quality,
        events=pl.DataFrame([EVENT], schema=KNOWN_EVENTS),
        coverage=pl.DataFrame(schema=COVERAGE) if coverage is None else coverage,
        model_revision="test-1",
    )


def test_frames_hold_the_figures_of_the_week_and_the_trend(mentions):
    data = gathered(mentions, trend_weeks=4)
    assert data.weekly.filter(pl.col("company") == "Amazon")["week"].n_unique() == 4
    assert data.weekly["week"].max() == WEEK
    assert set(FIGURES) <= set(data.by_theme.columns)
    assert data.by_theme["theme"].unique().to_list() == ["severance"]
    assert data.comparisons.sort("company")["company"].to_list() == ["Amazon", "Meta", "SAP"]
    assert data.overall_change["n"].to_list() == [106]
    assert data.event_study.filter(pl.col("window_days") == 1)["n_before"][0] > 100


def test_all_companies_together_count_a_post_once(mentions):
    data = gathered(mentions)
    now = data.overall.filter(pl.col("week") == WEEK)
    assert now["n"].item() == 60 + 40 + 5 + 1
    assert now["n_news"].item() == 30


def test_without_measured_errors_the_report_says_so(mentions):
    data = gathered(mentions)
    assert "sampling error only" in data.interval_note
    assert data.quality.scores == ()


def test_platforms_without_annotated_posts_are_named(mentions):
    rows = [
        {"source": source, "week": WEEK, **dict.fromkeys(COUNTED, posts)}
        for source, posts in (("x", 9), ("reddit", 9), ("linkedin", 9), ("mastodon", 9), ("bluesky", 0))
    ]
    note = gathered(mentions, quality=quality(), coverage=pl.DataFrame(rows, schema=COVERAGE)).quality.note
    assert "LinkedIn and Mastodon: no annotated posts, so the pooled errors stand in" in note
    note = gathered(mentions, quality=quality(), coverage=pl.DataFrame(rows[:2], schema=COVERAGE)).quality.note
    assert "no annotated posts" not in note


def test_quotes_are_off_and_never_from_x(mentions):
    assert gathered(mentions).quotes.is_empty()
    quotes = gathered(mentions, quotes=True).quotes
    assert quotes.height > 0
    assert set(quotes["source"]) == {"reddit"}


def test_a_report_is_written_from_gathered_figures(mentions, tmp_path):
    settings = ReportSettings(companies_per_report=1, quotes=True)
    files = write_report(gathered(mentions, companies_per_report=1, quotes=True), out=tmp_path, settings=settings)
    assert files.pdf.exists()
    assert any("SAP (5)" in sentence for sentence in files.findings)


def test_nothing_at_all_is_a_report_that_says_so(tmp_path):
    data = gathered(pl.LazyFrame(schema=MENTIONS))
    files = write_report(data, out=tmp_path, settings=ReportSettings())
    assert files.findings == ("No reactions were found in this week, so there is nothing to measure.",)


def test_macro_f1_is_the_mean_of_the_classes():
    assert macro_f1(np.array([[8.0, 2.0], [2.0, 8.0]])) == pytest.approx(0.8)
    assert macro_f1(np.zeros((3, 3))) == 0.0

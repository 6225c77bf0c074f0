"""Frames as analysis makes them, invented: companies with a level of net sentiment and a number of reactions per week."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl

from analysis import CHANGES, COVERAGE, EVENT_STUDY, FIGURES, KNOWN_EVENTS
from reports import Quality, ReportData, Score

WEEK = dt.date(2025, 10, 27)
NAMES = (
    "Amazon",
    "Meta",
    "Google",
    "Microsoft",
    "Intel",
    "SAP",
    "Volkswagen",
    "Salesforce",
    "Target",
    "Oracle",
    "UPS",
    "Siemens",
)


def figures(
    n: int, *, net: float, half: float | None = None, min_posts: int = 30, noise: float = 1.0
) -> dict[str, Any]:
    """A FIGURES row with this many reactions and this net sentiment (points)."""
    neutral = 0.25
    positive = (1 - neutral + net / 100) / 2
    negative = 1 - neutral - positive
    half = half if half is not None else min(90.0, 190 / max(n, 1) ** 0.5)
    empty = n == 0
    return {
        "n": n,
        "n_negative": round(n * negative),
        "n_neutral": round(n * neutral),
        "n_positive": round(n * positive),
        "share_negative": None if empty else negative,
        "share_neutral": None if empty else neutral,
        "share_positive": None if empty else positive,
        "net_sentiment": None if empty else net,
        "net_low": None if empty else max(-100.0, net - half),
        "net_high": None if empty else min(100.0, net + half),
        "net_counted": None if empty else net,
        "n_news": round(n * 2.4 * noise),
        "n_promo": round(n * 0.9 * noise),
        "n_noise": round(n * 0.6 * noise),
        "n_duplicates": round(n * 0.15 * noise),
        "enough": n >= min_posts,
    }


def frame(rows: list[dict[str, Any]], *keys: str) -> pl.DataFrame:
    """Rows with grouping columns in front of FIGURES."""
    schema = {key: pl.Date if key == "week" else pl.String for key in keys}
    return pl.DataFrame(rows, schema={**schema, **FIGURES})


def splits(
    levels: dict[tuple[str, int], tuple[int, float]], names: tuple[str, ...], themes: tuple[str, ...]
) -> dict[str, pl.DataFrame]:
    """by_source, by_lang, by_voice, by_emotion, by_theme of the reported week."""
    shares = {
        "source": {"reddit": 0.55, "x": 0.3, "linkedin": 0.1, "bluesky": 0.05},
        "lang": {"en": 0.8, "de": 0.1, "vi": 0.06, "es": 0.04},
        "voice": {"affected": 0.2, "observer": 0.8},
        "emotion": {"anger": 0.36, "none": 0.3, "sadness": 0.16, "fear": 0.11, "surprise": 0.05, "joy": 0.02},
        "theme": {theme: 0.3 / (k + 1) for k, theme in enumerate(themes)},
    }
    found = {}
    for column, parts in shares.items():
        rows = []
        for name in names:
            n, net = levels[name, 0]
            for offset, (value, share) in enumerate(parts.items()):
                level = max(-75.0, min(75.0, net + 9 * offset - 9))
                row = figures(int(n * share), net=level)
                if column in ("voice", "emotion"):  # as by `weekly_figures`: counts alone
                    row |= {
                        key: None
                        for key in row
                        if key.startswith("share_") or key in ("net_sentiment", "net_low", "net_high")
                    }
                rows.append({"company": name, column: value, **row})
        found[f"by_{column}"] = frame(rows, "company", column)
    return found


def comparisons(levels: dict[tuple[str, int], tuple[int, float]], names: tuple[str, ...]) -> pl.DataFrame:
    """Each company's reported week against the one before."""
    rows = []
    for name in names:
        (n, net), (n_before, before) = levels[name, 0], levels[name, 1]
        half = 230 / max(min(n, n_before), 1) ** 0.5
        move = net - before
        p = min(1.0, 0.05 * (half / max(abs(move), 0.01)) ** 4)
        rows.append(
            {
                "company": name, "n_before": n_before, "n": n, "net_before": before, "net": net, "change": move,
                "low": move - half, "high": move + half, "p": p, "p_holm": min(1.0, p * len(names)),
                "test": "Monte Carlo test of the difference of adjusted net sentiment, two-sided",
                "enough": min(n, n_before) >= 30,
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema={"company": pl.String, **CHANGES})


def overall_change(overall: list[dict[str, Any]]) -> pl.DataFrame:
    """All companies' reported week against the one before."""
    if len(overall) < 2:
        return pl.DataFrame(schema=CHANGES)
    before, now = overall[-2:]
    move = (now["net_sentiment"] or 0.0) - (before["net_sentiment"] or 0.0)
    row = {
        "n_before": before["n"], "n": now["n"], "net_before": before["net_sentiment"], "net": now["net_sentiment"],
        "change": move, "low": move - 6, "high": move + 6, "p": 0.004, "p_holm": 0.004,
        "test": "Monte Carlo test of the difference of adjusted net sentiment, two-sided",
        "enough": min(before["n"], now["n"]) >= 30,
    }  # fmt: skip
    return pl.DataFrame([row], schema=CHANGES)


def announcements(names: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events, two of them close together, and their event study."""
    days = ((1, 14_000), (-5, 600), (-33, 4_000), (-40, None), (-47, 900), (-130, 2_500)) if names else ()
    events, study = [], []
    for k, (offset, jobs) in enumerate(days):
        company, date = names[k % len(names)], WEEK + dt.timedelta(days=offset)
        events.append(
            {
                "company": company, "date": date, "jobs": jobs, "share": None if jobs else 0.06, "reason": "AI",
                "stage": "announced", "location": None, "source_url": "https://example.com/news", "own": True,
            }
        )  # fmt: skip
        study += [
            {
                "company": company, "event_date": date, "window_days": window, "n_before": 300, "n_after": 40 * window,
                "n_before_compared": 300, "n_after_compared": 40 * window,
                "volume_ratio": 8.0 / window**0.5, "net_before": -20.0, "net_after": -55.0, "net_change": -35.0 + window,
                "change_low": -48.0 + window, "change_high": -22.0 + window, "days_to_half_recovery": None, "days_followed": None,
            }
            for window in (1, 7, 28)
            if date + dt.timedelta(days=window) <= WEEK + dt.timedelta(days=7)
        ]  # fmt: skip
    return pl.DataFrame(events, schema=KNOWN_EVENTS), pl.DataFrame(study, schema=EVENT_STUDY)


def collected(mondays: list[dt.date], scale: float, rng: random.Random) -> pl.DataFrame:
    """Coverage of three sources; X has a gap in the reported week."""
    parts = {
        "labelled": 1.0,
        "reactions": 0.25,
        "news": 0.45,
        "promo": 0.2,
        "noise": 0.1,
        "duplicates": 0.08,
        "with_company": 0.6,
    }
    rows = []
    for monday in mondays:
        for source, size in (("reddit", 5000), ("x", 2600), ("linkedin", 300)):
            posts = int(size * scale * rng.uniform(0.5, 1.2))
            counts = {name: int(posts * part) for name, part in parts.items()}
            gaps = int(source == "x" and monday == WEEK)
            rows.append({"source": source, "week": monday, "posts": posts, **counts, "gaps": gaps})
    return pl.DataFrame(rows, schema=COVERAGE)


def sample(
    *,
    names: tuple[str, ...] = NAMES,
    weeks: int = 26,
    scale: float = 1.0,
    gaps: tuple[int, ...] = (),
    synthetic: bool = True,
    themes: tuple[str, ...] = ("AI replacing people", "profit while cutting", "severance", "leadership", "job market"),
    **overrides: Any,
) -> ReportData:
    """A whole report's data. `gaps`: weeks back that have no rows; `scale` multiplies the numbers of reactions."""
    rng = random.Random(7)
    mondays = [WEEK - dt.timedelta(days=7 * back) for back in range(weeks - 1, -1, -1)]
    weekly, levels = [], {}
    for rank, name in enumerate(names):
        base = rng.uniform(-55, 5)
        for monday in mondays:
            back = (WEEK - monday).days // 7
            n = int(scale * rng.uniform(0.6, 1.4) * 420 / (rank + 1) ** 0.9)
            net = base + rng.uniform(-8, 8)
            if rank == 0 and back == 0:
                n, net = int(n * 3), -58.0
            levels[name, back] = (n, net)
            if back not in gaps:
                weekly.append({"company": name, "week": monday, **figures(n, net=net)})
    overall = []
    for monday in mondays:
        back = (WEEK - monday).days // 7
        total = sum(levels[name, back][0] for name in names)
        if back not in gaps and names:
            mean = sum(n * net for n, net in (levels[name, back] for name in names)) / max(total, 1)
            overall.append({"week": monday, **figures(total, net=mean)})
    events, study = announcements(names)
    values: dict[str, Any] = {
        "week": WEEK,
        "weekly": frame(weekly, "company", "week"),
        "overall": frame(overall, "week"),
        **splits(levels, names, themes),
        "comparisons": comparisons(levels, names if weeks > 1 else ()),
        "overall_change": overall_change(overall),
        "events": events,
        "event_study": study,
        "coverage": collected(mondays, scale, rng),
        "model_revision": "pulse-1 (3f9ac1e)",
        "quality": Quality(
            scores=(
                Score("kind", 0.84, 1381),
                Score("sentiment", 0.71, 612),
                Score("voice", 0.76, 612),
                Score("emotion", 0.58, 612),
            ),
            languages="English, German and Vietnamese",
            note="Measured on posts that two people labelled and the model never saw.",
        ),
        "synthetic": synthetic,
    }
    return ReportData(**(values | overrides))

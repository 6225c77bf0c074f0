"""Announcements in words, and which of them a page speaks of."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from reports.numbers import count, day, percent

Event = dict[str, Any]


def in_reach(events: pl.DataFrame, *, company: str, week: dt.date, days_back: int) -> Event | None:
    """The company's newest event between `days_back` days before the week's Monday and its Sunday."""
    near = events.filter(
        pl.col("company") == company,
        pl.col("date").is_between(week - dt.timedelta(days=days_back), week + dt.timedelta(days=6)),
    ).sort(["date", "jobs"], descending=True, nulls_last=True)
    return near.row(0, named=True) if near.height else None


def size_phrase(event: Event) -> str:
    """Like "14,000 jobs", "6 % of staff", or "job cuts" where the size is not known."""
    if event["jobs"] is not None:
        return f"{count(event['jobs'])}\u00a0job{'' if event['jobs'] == 1 else 's'}"
    if event["share"] is not None:
        return f"{percent(event['share'])} of staff"
    return "job cuts"


def note(event: Event) -> str:
    """Beside the event's line: "28 Oct: 14,000 jobs"; a stage other than announced is named."""
    stage = "" if event["stage"] == "announced" else f", {event['stage']}"
    return f"{day(event['date'])}: {size_phrase(event)}{stage}"


def after_phrase(event: Event) -> str:
    """Like "14,000 jobs were announced to go on 28 Oct": what follows the word "after"."""
    verb = {"announced": "announced", "reported": "reported", "effective": "ended"}.get(event["stage"], "announced")
    if verb == "ended":
        return f"cuts of {size_phrase(event)} took effect on {day(event['date'])}"
    return f"cuts of {size_phrase(event)} were {verb} on {day(event['date'])}"

"""Announcements in words, and which of them a page speaks of."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from reports.numbers import count, day, percent

Event = dict[str, Any]


def in_reach(events: pl.DataFrame, *, company: str, week: dt.date, days_back: int) -> Event | None:
    """The company's foremost event between `days_back` days before the week's Monday and its Sunday."""
    first, last = week - dt.timedelta(days=days_back), week + dt.timedelta(days=6)
    return foremost(events, company=company, first=first, last=last)


def foremost(events: pl.DataFrame, *, company: str, first: dt.date, last: dt.date) -> Event | None:
    """The company's foremost event from the first day to the last."""
    near = events.filter(pl.col("company") == company, pl.col("date").is_between(first, last))
    return by_precedence(near).row(0, named=True) if near.height else None


def by_precedence(events: pl.DataFrame) -> pl.DataFrame:
    """The foremost first: the settings' own, then those of most jobs, of the largest share of staff, the newest.

    One order for sentences, panels and charts: a notice of twelve jobs must not stand for the cut of thousands it follows.
    """
    order = {"own": True, "jobs": True, "share": True, "date": True, "company": False}
    return events.sort(list(order), descending=list(order.values()), nulls_last=True)


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
    """Like "cuts of 14,000 jobs were announced on 28 Oct": what follows the word "after"."""
    return f"{_happened(event)} on {day(event['date'])}"


def when_phrase(event: Event, *, week: dt.date) -> str:
    """How a week's change stands to the event: "after" it only where the whole week does."""
    if event["date"] <= week:
        return f"after {after_phrase(event)}"
    return f"in the week in which {_happened(event)} ({day(event['date'])})"


def _happened(event: Event) -> str:
    known = event["jobs"] is not None or event["share"] is not None
    cuts = f"cuts of {size_phrase(event)}" if known else "job cuts"
    verb = {"reported": "were reported", "effective": "took effect"}.get(event["stage"], "were announced")
    return f"{cuts} {verb}"

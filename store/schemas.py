"""The columns of every table: what is stored, and nothing else is.

Times are UTC with microseconds. `week` is the Monday of the ISO week of `created_at` and the partition of the large tables.
A `?` in a comment marks a column that may be null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

UTC = pl.Datetime("us", "UTC")


def _schema(columns: dict[str, PolarsDataType]) -> pl.Schema:
    """A schema of classes and instances mixed, which the type checker would not infer."""
    return pl.Schema(columns)


#: In place of an author whose account is no more. A null would lose to the pseudonym stored before; this wins, and keeps older versions out.
NOBODY = ""

POSTS = _schema(
    {
        "source": pl.String,  # "x", "reddit", "linkedin", … part of the key
        "post_id": pl.String,  # the platform's own id; part of the key
        "thread_id": pl.String,  # ? post_id of the thread's first post
        "parent_id": pl.String,  # ? post_id this one answers
        "url": pl.String,  # ?
        "author": pl.String,  # ? pseudonym: HMAC over source, author and ISO week; NOBODY reads as null
        "created_at": UTC,
        "created_at_estimated": pl.Boolean,  # a date alone (taken as 12:00 UTC), or read from a LinkedIn id
        "collected_at": UTC,  # which version is the newer one
        "lang_hint": pl.String,  # ? what the platform says
        "community": pl.String,  # ? subreddit, instance or tag the post was found in
        "title": pl.String,  # ? a thread's title, on its first post (also on comments if the export repeats it)
        "text": pl.String,  # mentions, e-mail addresses, phone numbers and links to people masked
        "text_hash": pl.String,  # changes with text or title
        "likes": pl.Int64,  # ?
        "replies": pl.Int64,  # ?
        "reposts": pl.Int64,  # ?
        "query": pl.String,  # ? what found it: a search, or an imported file's name and the mark of its content
        "week": pl.Date,
    }
)

COMPANY_MENTION = pl.Struct({"company": pl.String, "found_by": pl.String})  # word · handle · hashtag · ticker · thread

LABELS = _schema(
    {
        "source": pl.String,
        "post_id": pl.String,
        "model": pl.String,  # the classifier's revision; third part of the key
        "text_hash": pl.String,  # of the post when it was labelled: differs = stale
        "context_hash": pl.String,  # of the thread's title and companies when labelled: differs = stale
        "rules_hash": pl.String,  # of companies and themes in the settings: differs = rules are applied again
        "lang": pl.String,  # ISO 639-1, or "und"
        "kind": pl.String,  # reaction · news · promo · noise
        "p_reaction": pl.Float32,
        "p_news": pl.Float32,
        "p_promo": pl.Float32,
        "p_noise": pl.Float32,
        "voice": pl.String,  # ? affected · observer, of a reaction
        "p_affected": pl.Float32,
        "sentiment": pl.String,  # negative · neutral · positive
        "p_negative": pl.Float32,
        "p_neutral": pl.Float32,
        "p_positive": pl.Float32,
        "emotion": pl.String,  # anger · sadness · fear · surprise · joy · none
        "p_anger": pl.Float32,
        "p_sadness": pl.Float32,
        "p_fear": pl.Float32,
        "p_surprise": pl.Float32,
        "p_joy": pl.Float32,
        "p_none": pl.Float32,
        "themes": pl.List(pl.String),
        "companies": pl.List(COMPANY_MENTION),
        "duplicate_of": pl.String,  # ? "source:post_id" of the first post of the week that says the same
        "labelled_at": UTC,
        "week": pl.Date,
    }
)

RUNS = _schema(
    {
        "run_id": pl.String,  # sortable: starts with the UTC time
        "source": pl.String,
        "query": pl.String,  # a search, or an imported file's name
        "started_at": UTC,
        "updated_at": UTC,
        "finished_at": UTC,  # ? null while it runs, and where nothing was asked
        "window_start": UTC,  # ? floor of what this run fetches
        "window_end": UTC,  # ?
        "high_water": UTC,  # ? moves only when the window has drained; of a file: when its content was first seen to be written
        "high_water_id": pl.String,  # ? of a file: the mark of its content
        "page_token": pl.String,  # ? where a resumed run goes on; of a file: the mark of how it was read
        "pages": pl.Int64,
        "seen": pl.Int64,
        "new": pl.Int64,  # of a run killed between its posts and this row they count as duplicate: nothing says any more what they were
        "changed": pl.Int64,
        "duplicate": pl.Int64,
        "rejected": pl.Int64,
        "gaps": pl.List(pl.Struct({"start": UTC, "end": UTC, "reason": pl.String})),
        "cost_usd": pl.Float64,  # ? estimated
        "not_before": UTC,  # ? a rate limit's reset
        "status": pl.String,  # running · done · partial · failed
        "error": pl.String,  # ?
    }
)

TOMBSTONES = _schema(
    {
        "source": pl.String,
        "post_id": pl.String,
        "reason": pl.String,  # deleted · forgotten
        "purged_at": UTC,
    }
)

EVENTS = _schema(
    {
        "company": pl.String,  # canonical name where the settings know it
        "date": pl.Date,
        "jobs": pl.Int64,  # ?
        "share": pl.Float64,  # ? of the workforce, 0 to 1
        "reason": pl.String,  # ?
        "stage": pl.String,  # reported · announced · effective
        "location": pl.String,  # ?
        "source_url": pl.String,  # ?
    }
)


@dataclass(frozen=True)
class TableSpec:
    """What the store has to know of one table."""

    name: str
    schema: pl.Schema
    key: tuple[str, ...]
    partition: str | None = None


TABLES = {
    spec.name: spec
    for spec in (
        TableSpec("posts", POSTS, ("source", "post_id"), "week"),
        TableSpec("labels", LABELS, ("source", "post_id", "model"), "week"),
        TableSpec("runs", RUNS, ("run_id", "source", "query")),
        TableSpec("tombstones", TOMBSTONES, ("source", "post_id")),
        TableSpec("events", EVENTS, ("company", "date", "stage", "location")),
    )
}

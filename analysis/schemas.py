"""The frames that leave this package: one row per reaction and company, and one row per figure."""

from __future__ import annotations

from typing import TypeAlias

import polars as pl

from store import EVENTS, UTC

Columns: TypeAlias = "dict[str, pl.DataType | type[pl.DataType]]"

# One row per post and company; a post that names two companies counts for both. Every kind is in it; figures filter.
_MENTIONS: Columns = {
    "source": pl.String,
    "post_id": pl.String,
    "company": pl.String,  # ? null where no configured company is named
    "found_by": pl.String,  # ? word · handle · hashtag · ticker · thread
    "week": pl.Date,  # Monday of the ISO week, UTC
    "created_at": UTC,
    "thread_id": pl.String,  # ?
    "community": pl.String,  # ?
    "author": pl.String,  # ? pseudonym, valid within the week
    "url": pl.String,  # ?
    "lang": pl.String,  # ISO 639-1, or "und"
    "kind": pl.String,
    "voice": pl.String,  # ?
    "sentiment": pl.String,
    "p_negative": pl.Float32,
    "p_neutral": pl.Float32,
    "p_positive": pl.Float32,
    "emotion": pl.String,
    "themes": pl.List(pl.String),
    "duplicate_of": pl.String,  # ? "source:post_id" of the first that says the same, of any kind; see `mark_once`
    "likes": pl.Int64,  # ?
    "text": pl.String,
}
MENTIONS = pl.Schema(_MENTIONS)

# What a figure holds, after its grouping columns (company, week, and any of source, lang, voice, theme, emotion).
FIGURES = pl.Schema(
    {
        "n": pl.Int64,  # reactions, near-duplicates counted once
        "n_negative": pl.Int64,  # as labelled
        "n_neutral": pl.Int64,
        "n_positive": pl.Int64,
        "share_negative": pl.Float64,  # ? 0 to 1, corrected for the classifier's confusion; the three add to 1; null by emotion
        "share_neutral": pl.Float64,  # ?
        "share_positive": pl.Float64,  # ?
        "net_sentiment": pl.Float64,  # ? 100 × (share_positive − share_negative), in points; null where n is 0 and by emotion
        "net_low": pl.Float64,  # ? 95 % interval: sampling and classifier error
        "net_high": pl.Float64,  # ?
        "net_counted": pl.Float64,  # ? 100 × (n_positive − n_negative) / n, uncorrected
        "n_news": pl.Int64,  # context: the other kinds, duplicates included
        "n_promo": pl.Int64,
        "n_noise": pl.Int64,
        "n_duplicates": pl.Int64,  # reactions left out because an earlier one of the group says the same
        "enough": pl.Boolean,  # n reaches the minimum (30 by default); else greyed and never headlined
    }
)

# Each announcement once, as `known_events` gives them.
KNOWN_EVENTS = pl.Schema({**EVENTS, "own": pl.Boolean()})  # own: of the settings, not of a list

# One row per event and window.
EVENT_STUDY = pl.Schema(
    {
        "company": pl.String,
        "event_date": pl.Date,
        "window_days": pl.Int64,  # 1, 7 or 28 days from the event on
        "n_before": pl.Int64,  # reactions in the 28 days before
        "n_after": pl.Int64,  # reactions in the window
        "n_before_compared": pl.Int64,  # of them, on the platforms that were collected long enough on both sides:
        "n_after_compared": pl.Int64,  # volume_ratio and net_change are of these alone
        "volume_ratio": pl.Float64,  # ? reactions per collected day in the window ÷ the same before; null where too few before
        "net_before": pl.Float64,  # ?
        "net_after": pl.Float64,  # ?
        "net_change": pl.Float64,  # ? points
        "change_low": pl.Float64,  # ? 95 % interval of the change
        "change_high": pl.Float64,  # ?
        "days_to_half_recovery": pl.Int64,  # ? end of the first week from the event that is clearly half-way back; null = none yet, too few, or no clear fall
        "days_followed": pl.Int64,  # ? end of the last week that had enough reactions to tell; null = none, or no clear fall
    }
)

# What there is to measure from: one row per source and week.
COVERAGE = pl.Schema(
    {
        "source": pl.String,
        "week": pl.Date,
        "posts": pl.Int64,
        "labelled": pl.Int64,
        "reactions": pl.Int64,
        "news": pl.Int64,
        "promo": pl.Int64,
        "noise": pl.Int64,
        "duplicates": pl.Int64,  # reactions that repeat an earlier one, as n_duplicates of all companies together
        "with_company": pl.Int64,
        "gaps": pl.Int64,  # recorded holes of collection that touch the week
    }
)

"""What the week's figures say, in sentences: computed, never written by hand, and silent where the figures are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from reports.changes import Change, changes
from reports.changes import overall as changes_overall
from reports.events import in_reach, when_phrase
from reports.missing import missing, uneven_sources
from reports.names import short_name
from reports.numbers import NBSP, change, count, interval, listing, p_value, percent, plural, signed
from reports.titles import Row, by_size, figure, ranked, tied_with_first

if TYPE_CHECKING:
    from reports.data import ReportData
    from reports.settings import ReportSettings


@dataclass(frozen=True)
class Finding:
    """One sentence, and what it is about."""

    kind: str
    """change · also · negative · volume · stream · thin · gap · none."""
    text: str
    company: str | None = None


def front_findings(data: ReportData, *, settings: ReportSettings) -> list[Finding]:
    """Three to seven sentences for the front page, most important first."""
    overall = figure(data.overall, week=data.week)
    if overall is None or overall["n"] == 0:
        rest = [] if overall is None else _stream(overall)
        return [
            Finding("none", "No reactions were found in this week, so there is nothing to measure."),
            *rest,
            *_missing(data),
        ]
    now = data.weekly.filter(pl.col("week") == data.week)
    moved = _changes(data, settings=settings)
    level = [*_most_negative(ranked(data)), *_volume(data, overall, settings=settings)]
    compared = any(c.enough and c.change is not None for c in changes(data.comparisons).values())
    sentences = [*moved, *level] if compared else [*level, *moved]
    sentences += _stream(overall)
    return [*sentences, *_thin(now, settings=settings), *_missing(data)]


def company_findings(data: ReportData, company: str, *, settings: ReportSettings) -> list[str]:
    """Sentences for a company's page."""
    row = figure(data.weekly, company=company, week=data.week)
    if row is None or row["n"] == 0:
        return ["Nobody's reaction to this company was found in this week."]
    if not row["enough"]:
        return [
            f"{plural(row['n'], 'reaction')} this week: fewer than {settings.min_posts}, so the figures are greyed and say little."
        ]
    level = (
        f"Net sentiment is {signed(row['net_sentiment'])} (95{NBSP}% interval {interval(row['net_low'], row['net_high'])}), "
        f"from {plural(row['n'], 'reaction')}: {percent(row['share_negative'])} negative, "
        f"{percent(row['share_neutral'])} neutral, {percent(row['share_positive'])} positive. "
        f"As labelled, uncorrected: {signed(row['net_counted'])}."
    )
    sentences = [level]
    moved = changes(data.comparisons).get(company)
    if moved is None or not moved.enough or moved.change is None:
        sentences.append(_not_compared(moved, settings=settings))
    elif moved.clear:
        sentences.append(f"{_moved(moved, 'Net sentiment')}{_when(data, company)}.")
    else:
        sentences.append(f"No clear change on the week before: {_unclear(moved)}.")
    if moved is not None and moved.enough and moved.differs_from_levels:
        sentences.append(
            f"The weeks' own figures are {signed(moved.net_before)} and {signed(moved.net)}; the change is taken platform by platform, "
            f"with equally many posts in both weeks."
        )
    return sentences


def _not_compared(moved: Change | None, *, settings: ReportSettings) -> str:
    if moved is None or moved.n_before < settings.min_posts:
        return f"The week before had too few reactions to compare (fewer than {settings.min_posts})."
    return (
        f"On the platforms that both weeks have, one of the weeks has fewer than {settings.min_posts} reactions, "
        f"so the two are not compared."
    )


def _changes(data: ReportData, *, settings: ReportSettings) -> list[Finding]:
    compared = [c for c in changes(data.comparisons).values() if c.enough and c.change is not None]
    if not compared:
        text = f"No company has {settings.min_posts} reactions on the same platforms in both this week and the one before, so none is said to have changed."
        return [Finding("change", text)]
    clear = by_size([c for c in compared if c.clear])
    if not clear:
        largest = by_size(compared)[0]
        if len(compared) > 1:
            start = f"No clear change at the {len(compared)} companies with enough reactions in both weeks. The largest, {short_name(largest.company)}"
        else:
            start = (
                f"No clear change at {short_name(largest.company)}, the one company with enough reactions in both weeks"
            )
        return [Finding("change", f"{start}: {_unclear(largest)}.")]
    first = clear[0]
    moved = _moved(first, f"at {short_name(first.company)} net sentiment")
    findings = [
        Finding("change", f"Largest clear change: {moved}{_when(data, first.company)}.", first.company),
    ]
    if clear[1:]:
        names = [f"{short_name(c.company)} {signed(c.change)} ({interval(c.low, c.high)})" for c in clear[1:]]
        findings.append(Finding("also", f"Also clear: {listing(names, at_most=3)}, in points on the week before."))
    return findings


def _moved(moved: Change, subject: str) -> str:
    size = moved.change or 0.0
    verb = "fell" if size < 0 else "rose"
    return (
        f"{subject} {verb} by {change(abs(size)).lstrip('+')} on the week before, to {signed(moved.net)} "
        f"(95{NBSP}% interval of the change {interval(moved.low, moved.high)}{_test(moved)})"
    )


def _unclear(moved: Change) -> str:
    size = f"{change(moved.change or 0.0)}, 95{NBSP}% interval {interval(moved.low, moved.high)}"
    return f"{size}, which spans zero" if moved.spans_zero else f"{size}, but not clear{_test(moved)}"


def _test(moved: Change) -> str:
    if moved.p is None:
        return ""
    note = f", corrected for {moved.compared} companies" if moved.compared > 1 else ""
    return f"; {moved.test}, {p_value(moved.p)}{note}"


def _when(data: ReportData, company: str) -> str:
    event = in_reach(data.events, company=company, week=data.week, days_back=7)
    return "" if event is None else f", {when_phrase(event, week=data.week)}"


def _most_negative(rows: list[Row]) -> list[Finding]:
    if not rows:
        return []
    first = rows[0]
    name, net = short_name(first["company"]), signed(first["net_sentiment"])
    measured = f"({interval(first['net_low'], first['net_high'])}; {plural(first['n'], 'reaction')})"
    if len(rows) == 1:
        text = f"Only {name} has enough reactions for a figure: net sentiment {net} {measured}."
        return [Finding("negative", text, first["company"])]
    text = f"Most negative of the {len(rows)} companies with enough reactions is {name}, at {net} {measured}"
    tied = [f"{short_name(row['company'])} ({signed(row['net_sentiment'])})" for row in tied_with_first(rows)]
    if tied:
        those = "that" if len(tied) == 1 else "those"
        text += f"; its interval overlaps {those} of {listing(tied)}, so the order is not sure"
    return [Finding("negative", text + ".", first["company"])]


def _volume(data: ReportData, overall: Row, *, settings: ReportSettings) -> list[Finding]:
    if not overall["enough"]:
        text = f"All in all {plural(overall['n'], 'reaction')}: fewer than {settings.min_posts}, too few for a figure."
        return [Finding("volume", text)]
    before = figure(data.overall, week=data.week - dt.timedelta(days=7))
    level = f"{signed(overall['net_sentiment'])} ({interval(overall['net_low'], overall['net_high'])})"
    text = f"All in all {plural(overall['n'], 'reaction')}, net sentiment {level}"
    uneven = uneven_sources(data)
    was = "was" if len(uneven) == 1 else "were"
    if before is not None and before["n"] > 0 and uneven:
        text += (
            f"; not compared in number with the week before ({count(before['n'])}), "
            f"as {listing(uneven)} {was} not collected and labelled alike in both"
        )
    elif before is not None and before["n"] > 0:
        more = overall["n"] / before["n"] - 1
        size = (
            "as many as" if round(more * 100) == 0 else f"{percent(abs(more))} {'more' if more > 0 else 'fewer'} than"
        )
        text += f"; {size} in the week before ({count(before['n'])})"
    return [Finding("volume", f"{text}.{_overall_moved(data)}")]


def _overall_moved(data: ReportData) -> str:
    moved = changes_overall(data.overall_change)
    if moved is None or not moved.enough or moved.change is None:
        return ""
    if not moved.clear:
        return f" No clear change of net sentiment on the week before: {_unclear(moved)}."
    verb = "fell" if moved.change < 0 else "rose"
    size = change(abs(moved.change)).lstrip("+")
    return f" Net sentiment {verb} by {size} on the week before ({interval(moved.low, moved.high)}{_test(moved)})."


def _stream(overall: Row) -> list[Finding]:
    total = sum(overall[name] for name in ("n", "n_duplicates", "n_news", "n_promo", "n_noise"))
    if total == 0:
        return []
    share = {name: percent(overall[name] / total) for name in ("n", "n_duplicates", "n_news", "n_promo", "n_noise")}
    text = (
        f"Of {plural(total, 'post')}, {share['n']} are people reacting, counted once; the rest is context only: "
        f"{share['n_news']} headlines, {share['n_promo']} job ads and promotion, {share['n_noise']} spam and bots, "
        f"{share['n_duplicates']} repeated reactions."
    )
    return [Finding("stream", text)]


def _thin(now: pl.DataFrame, *, settings: ReportSettings) -> list[Finding]:
    thin = now.filter(~pl.col("enough") & (pl.col("n") > 0)).sort(["n", "company"], descending=[True, False])
    names = [f"{short_name(row['company'])} ({count(row['n'])})" for row in thin.iter_rows(named=True)]
    if not names:
        return []
    return [
        Finding(
            "thin",
            f"Too few reactions to say anything about {listing(names)}: fewer than {settings.min_posts} in the week.",
        )
    ]


def _missing(data: ReportData) -> list[Finding]:
    texts = missing(data)
    return [Finding("gap", " ".join(texts))] if texts else []

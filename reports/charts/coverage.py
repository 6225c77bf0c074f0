"""What there was to measure from: posts per source and week, and the holes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from reports.canvas import Canvas, fit, text_width
from reports.charts.base import Chart, found_on, source_line, window
from reports.charts.trend import ceiling
from reports.look import FAINT, INK, MUTED, NEGATIVE, POSITIVE, RULE
from reports.names import source_name
from reports.numbers import count, day, days, percent, plural, week
from reports.titles import figure

if TYPE_CHECKING:
    import datetime as dt

    from reports.data import ReportData
    from reports.look import Look

MOST_SOURCES = 8
_HEADINGS = ("posts", "reactions", "of them repeats", "no company", "gaps")
Row = dict[str, Any]


def coverage(data: ReportData) -> Chart:
    """Chart of posts per source and week over the trend, with the reported week's numbers beside it."""
    first, last = window(data)
    rows = data.coverage.filter(pl.col("week").is_between(first, data.week)).sort("source", "week")
    overall = figure(data.overall, week=data.week)
    now = rows.filter(pl.col("week") == data.week)
    gaps = int(now["gaps"].sum())
    return Chart(
        name="coverage",
        title=f"{plural(int(now['posts'].sum()), 'post')} this week, {plural(gaps, 'known gap') if gaps else 'no known gap'}",
        measure="Posts collected per source and ISO week, all kinds",
        scope=f"{found_on(data, trend=True)}, {days(first, last)}",
        note="orange: a week with a known gap",
        source=source_line(data, n=0 if overall is None else overall["n"], trend=False),
        alt=_alt(now, data),
        values=rows,
        draw=lambda canvas: _draw(canvas, rows, first=first, this_week=data.week),
    )


def _alt(now: pl.DataFrame, data: ReportData) -> str:
    parts = [
        f"{source_name(row['source'])} {plural(row['posts'], 'post')}, {plural(row['reactions'], 'reaction')}, {plural(row['gaps'], 'gap')}"
        for row in now.iter_rows(named=True)
    ]
    return f"Small bars of posts per source and week; in {week(data.week)}: {'; '.join(parts) or 'no posts'}."


def _draw(canvas: Canvas, rows: pl.DataFrame, *, first: dt.date, this_week: dt.date) -> None:
    look = canvas.look
    if rows.is_empty():
        canvas.text(0, look.text / 72 * 1.5, "No posts in these weeks.", size=look.text, color=MUTED)
        return
    order = rows.group_by("source").agg(pl.col("posts").sum()).sort(["posts", "source"], descending=[True, False])
    sources = order["source"].to_list()[:MOST_SOURCES]
    now = {row["source"]: row for row in rows.filter(pl.col("week") == this_week).iter_rows(named=True)}
    table = [_cells(now.get(source)) for source in sources]
    columns, numbers = _columns(table, right=canvas.width, look=look)
    label = 1.05 * look.unit
    head = look.small / 72 * 1.7
    foot = look.small / 72 * 1.8
    height = min(look.text / 72 * (look.rows + 2.2), (canvas.height - head - foot) / len(sources))
    width = canvas.width - label - numbers
    canvas.text(label, look.small / 72, fit("posts a week", width=width, size=look.small), size=look.small, color=MUTED)
    for x, title in zip(columns, _HEADINGS, strict=True):
        canvas.text(x, look.small / 72, title, size=look.small, color=MUTED, ha="right")
    weeks = (this_week - first).days // 7 + 1
    for number, source in enumerate(sources):
        part = canvas.part(0, head + number * height, canvas.width, height)
        mine = rows.filter(pl.col("source") == source).to_dicts()
        part.text(
            0, height * 0.75, fit(source_name(source), width=label - 0.3 * look.unit, size=look.text), size=look.text
        )
        _spark(part.part(label, height * 0.15, width, height * 0.68), mine, first=first, weeks=weeks)
        for x, cell in zip(columns, table[number], strict=True):
            part.text(x, height * 0.75, cell, size=look.small, color=INK, ha="right")
    y = head + height * len(sources) + look.small / 72
    ends = text_width(day(first), size=look.small) + text_width("this week", size=look.small) + 0.1
    if ends <= width:
        canvas.text(label, y, day(first), size=look.small, color=MUTED)
    canvas.text(label + width, y, "this week", size=look.small, color=MUTED, ha="right")
    if order.height > MOST_SOURCES:
        canvas.text(0, y, f"+{order.height - MOST_SOURCES} more", size=look.small, color=MUTED)


def _spark(canvas: Canvas, rows: list[Row], *, first: dt.date, weeks: int) -> None:
    look = canvas.look
    top = ceiling(max(row["posts"] for row in rows))
    step = canvas.width / weeks
    canvas.line([0, canvas.width], [canvas.height, canvas.height], color=RULE, width=0.7)
    canvas.text(-0.05, look.small / 72 * 0.7, count(top), size=look.small * 0.9, color=FAINT, ha="right")
    for row in rows:
        x = (row["week"] - first).days // 7 * step
        height = row["posts"] / top * canvas.height
        canvas.bar(x + step * 0.1, canvas.height - height, step * 0.8, height, POSITIVE)
        if row["gaps"]:
            canvas.bar(x + step * 0.1, canvas.height + 0.015 * look.unit, step * 0.8, 0.035 * look.unit, NEGATIVE)


def _cells(row: Row | None) -> tuple[str, ...]:
    """The reported week's numbers of one source."""
    if row is None or row["posts"] == 0:
        return ("0", "–", "–", "–", "0" if row is None else count(row["gaps"]))
    return (
        count(row["posts"]),
        f"{count(row['reactions'])} ({percent(row['reactions'] / row['posts'])})",
        count(row["duplicates"]),
        percent(1 - row["with_company"] / row["posts"]),
        count(row["gaps"]),
    )


def _columns(table: list[tuple[str, ...]], *, right: float, look: Look) -> tuple[list[float], float]:
    """Right edge of each column, as wide as its widest entry, and the width of all."""
    widths = [
        max(text_width(text, size=look.small) for text in column) + 0.16
        for column in zip(_HEADINGS, *table, strict=True)
    ]
    return [right - sum(widths[number + 1 :]) for number in range(len(widths))], sum(widths)

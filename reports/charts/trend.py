"""Net sentiment week by week: a line with its interval, the announcements, and how many reactions stand behind it."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import polars as pl

from reports.canvas import Canvas, text_width
from reports.changes import FEWEST_SHOWN
from reports.charts.base import NET_TOP, Chart, found_on, source_line, window, without_few
from reports.charts.notes import NOTE_ROWS, place_notes
from reports.events import note
from reports.look import BAND, FAINT, GRID, INK, MUTED, POSITIVE, RULE
from reports.numbers import count, day, days, interval, plural, signed

if TYPE_CHECKING:
    from reports.data import ReportData

Row = dict[str, Any]


def trend(
    data: ReportData, frame: pl.DataFrame, *, name: str, title: str, about: str, events: pl.DataFrame, min_posts: int
) -> Chart:
    """Chart of a frame (week, FIGURES), one row per week. `about`: whose reactions, for the alt text.

    Weeks without a row are gaps in the line. `events` (EVENTS, plus `note` where the company must be named) come in the order
    in which their notes choose a place.
    """
    first, last = window(data)
    shown = frame.filter(pl.col("week").is_between(first, data.week)).sort("week")
    seen = events.filter(pl.col("date").is_between(first, last))
    columns = ["week", "n", "net_sentiment", "net_low", "net_high", "net_counted", "enough"]
    return Chart(
        name=name,
        title=title,
        measure="Net sentiment per week (share positive − share negative), in points, with its 95\u00a0% band",
        scope=f"{found_on(data, trend=True)}, {days(first, last)}",
        note=f"hollow: under {min_posts} reactions; no point: under {FEWEST_SHOWN}",
        source=source_line(data, n=int(shown["n"].sum()), trend=True),
        alt=_alt(shown, about=about, events=seen.sort("date", "company").to_dicts(), first=first, last=last),
        values=without_few(shown.select(columns)),
        draw=lambda canvas: _draw(canvas, shown.to_dicts(), events=seen.to_dicts(), first=first, last=last),
    )


def _alt(shown: pl.DataFrame, *, about: str, events: list[Row], first: dt.date, last: dt.date) -> str:
    sure = shown.filter(pl.col("enough") & pl.col("net_sentiment").is_not_null())
    start = (
        f"Line chart of weekly net sentiment of reactions to {about}, {days(first, last)}, from −100 to +100 points."
    )
    if sure.is_empty():
        return f"{start} No week has enough reactions for a figure."
    low, high, newest = (
        sure.sort("net_sentiment").row(0, named=True),
        sure.sort("net_sentiment").row(-1, named=True),
        sure.row(-1, named=True),
    )
    text = (
        f"{start} {plural(sure.height, 'week')} with enough reactions: lowest {signed(low['net_sentiment'])} in the week of {day(low['week'])}, "
        f"highest {signed(high['net_sentiment'])} in the week of {day(high['week'])}, newest {signed(newest['net_sentiment'])} "
        f"({interval(newest['net_low'], newest['net_high'])}) in the week of {day(newest['week'])}, from {plural(newest['n'], 'reaction')}."
    )
    return text + (
        f" Announcements in these weeks: {'; '.join(event.get('note') or note(event) for event in events)}."
        if events
        else ""
    )


def _draw(canvas: Canvas, rows: list[Row], *, events: list[Row], first: dt.date, last: dt.date) -> None:
    look, unit = canvas.look, canvas.look.unit
    left, right = 0.42 * unit, 1.02 * unit
    row_height = look.small / 72 * 1.55
    within: dict[str, Any] = {
        "canvas": canvas,
        "left": left,
        "right": canvas.width - right,
        "first": first,
        "last": last,
    }
    placed, hidden = place_notes(events, **within)
    if hidden:
        placed, hidden = place_notes(
            events, kept_free=text_width(_hidden(len(events)), size=look.small) + 0.02, **within
        )
    notes = row_height * NOTE_ROWS + 0.04 * unit
    bottom = 0.32 * unit
    volume = 0.36 * unit
    plot = canvas.part(left, notes, canvas.width - left - right, canvas.height - notes - bottom - volume - 0.15 * unit)
    bars = canvas.part(left, canvas.height - bottom - volume, plot.width, volume)
    span = (last - first).days + 1

    def x_of(date: dt.date, middle: float = 0.5) -> float:
        return ((date - first).days + middle) / span * plot.width

    _grid(plot)
    for event, x, note_x, line, label in placed:
        top = row_height * (line + 0.35) - notes
        plot.line([x, x], [top, plot.height], color=MUTED, width=0.7, dashed=True)
        plot.text(
            note_x,
            row_height * (line + 0.8) - notes,
            label,
            size=look.small,
            color=INK,
            halo=True,
            url=event.get("source_url"),
        )
    if hidden:
        plot.text(
            canvas.width - left, row_height * 0.8 - notes, _hidden(hidden), size=look.small, color=MUTED, ha="right"
        )
    newest = last - dt.timedelta(days=6)
    _line(plot, rows, x_of=lambda week: x_of(week, 3.5), newest=newest)
    _volume(bars, rows, x_of=x_of, week_width=7 / span * plot.width, newest=newest)
    _weeks(bars, x_of=x_of, first=first, last=last)


def _hidden(count: int) -> str:
    """What stands for announcements that found no room; the alt text names them."""
    return f"+{plural(count, 'announcement')}"


def _grid(plot: Canvas) -> None:
    for value in (-100, -50, 0, 50, 100):
        y = _y(plot, value)
        plot.line([0, plot.width], [y, y], color=RULE if value == 0 else GRID, width=0.9 if value == 0 else 0.6)
        plot.text(-0.06, y + plot.look.small / 72 * 0.36, signed(value), size=plot.look.small, color=MUTED, ha="right")


def _y(plot: Canvas, value: float) -> float:
    return (NET_TOP - max(-NET_TOP, min(NET_TOP, value))) / (2 * NET_TOP) * plot.height


def _line(plot: Canvas, rows: list[Row], *, x_of: Any, newest: dt.date) -> None:
    look = plot.look
    known = [row for row in rows if row["net_sentiment"] is not None and row["n"] >= FEWEST_SHOWN]
    for run in _runs([row for row in known if row["enough"]]):
        xs = [x_of(row["week"]) for row in run]
        if len(run) > 1:
            upper = [(x, _y(plot, row["net_high"])) for x, row in zip(xs, run, strict=True)]
            lower = [(x, _y(plot, row["net_low"])) for x, row in zip(xs, run, strict=True)]
            plot.area(upper + lower[::-1], BAND)
            plot.line(xs, [_y(plot, row["net_sentiment"]) for row in run], color=POSITIVE, width=look.line, above=True)
        else:
            _whisker(plot, xs[0], run[0], color=POSITIVE)
    for row in known:
        x, y = x_of(row["week"]), _y(plot, row["net_sentiment"])
        if not row["enough"]:
            _whisker(plot, x, row, color=FAINT)
        plot.dot(x, y, color=POSITIVE if row["enough"] else FAINT, size=look.line * 2.1, hollow=not row["enough"])
    if known and known[-1]["week"] == newest:
        _newest(plot, known[-1])


def _newest(plot: Canvas, row: Row) -> None:
    look = plot.look
    y = min(max(_y(plot, row["net_sentiment"]), look.text / 72), plot.height - look.text / 72)
    color = POSITIVE if row["enough"] else FAINT
    x = plot.width + 0.06 * look.unit
    plot.text(
        x, y + look.text / 72 * 0.2, signed(row["net_sentiment"]), size=look.text * 1.25, color=color, strong=True
    )
    plot.text(
        x,
        y + look.text / 72 * 0.2 + look.small / 72 * 1.4,
        interval(row["net_low"], row["net_high"]),
        size=look.small,
        color=MUTED,
    )


def _whisker(plot: Canvas, x: float, row: Row, *, color: str) -> None:
    plot.line([x, x], [_y(plot, row["net_high"]), _y(plot, row["net_low"])], color=color, width=0.8, above=True)


def _runs(rows: list[Row]) -> list[list[Row]]:
    """Weeks that follow each other without a gap."""
    runs: list[list[Row]] = []
    for row in rows:
        if runs and (row["week"] - runs[-1][-1]["week"]).days == 7:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def ceiling(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, … at or above a value: an axis that changes rarely."""
    if value <= 1:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return int(next(step * power for step in (1, 2, 5, 10) if step * power >= value))


def _volume(bars: Canvas, rows: list[Row], *, x_of: Any, week_width: float, newest: dt.date) -> None:
    look = bars.look
    top = ceiling(max((row["n"] for row in rows), default=0))
    bars.line([0, bars.width], [0, 0], color=GRID, width=0.6)
    bars.line([0, bars.width], [bars.height, bars.height], color=RULE, width=0.9)
    bars.text(-0.06, look.small / 72 * 0.36, count(top), size=look.small, color=MUTED, ha="right")
    bars.text(-0.06, bars.height + look.small / 72 * 0.1, "0", size=look.small, color=MUTED, ha="right")
    for row in rows:
        height = row["n"] / top * bars.height
        gap = max(week_width * 0.12, (week_width - 0.3 * look.unit) / 2)
        color = POSITIVE if row["enough"] else FAINT
        bars.bar(x_of(row["week"], 0.0) + gap, bars.height - height, week_width - 2 * gap, height, color)
    n = next((row["n"] for row in rows if row["week"] == newest), 0)
    x = bars.width + 0.06 * look.unit
    bars.text(x, bars.height - look.small / 72 * 1.4, count(n), size=look.text, color=INK, strong=True)
    bars.text(x, bars.height, "reactions" if n != 1 else "reaction", size=look.small, color=MUTED)


def _weeks(bars: Canvas, *, x_of: Any, first: dt.date, last: dt.date) -> None:
    look = bars.look
    weeks = ((last - first).days + 1) // 7
    step = next(s for s in (1, 2, 4, 8, 13, 26, 52) if s * bars.width / weeks >= 0.62 * look.unit or s == 52)
    year = None
    for back in range(0, weeks, step):
        monday = first + dt.timedelta(days=7 * back)
        x = x_of(monday, 0.0)
        bars.line([x, x], [bars.height, bars.height + 0.04 * look.unit], color=RULE, width=0.7)
        y = bars.height + look.small / 72 * 1.35
        bars.text(x, y, day(monday), size=look.small, color=MUTED)
        if monday.year != year:
            bars.text(x, y + look.small / 72 * 1.25, str(monday.year), size=look.small, color=MUTED)
            year = monday.year

"""After an announcement: how net sentiment and volume differ from the 28 days before."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis import BASELINE_DAYS
from reports.charts.base import NET_TOP, Chart, found_on, source_line, windows_without_few
from reports.events import Event, after_phrase, foremost, size_phrase
from reports.look import FAINT, GRID, INK, MUTED, POSITIVE, RULE
from reports.names import short_name
from reports.numbers import change, count, day, days, interval, plural, ratio, signed

if TYPE_CHECKING:
    from reports.canvas import Canvas
    from reports.data import ReportData

Row = dict[str, Any]


def study(data: ReportData, event: Event, *, name: str, min_posts: int) -> Chart | None:
    """Chart of one event's windows, or None where the event study has no rows for it."""
    rows = data.event_study.filter(
        (pl.col("company") == event["company"]) & (pl.col("event_date") == event["date"])
    ).sort("window_days")
    if rows.is_empty():
        return None
    rows = windows_without_few(rows)
    found = rows.to_dicts()
    other = _before(data, event)
    return Chart(
        name=name,
        title=_title(event, found, min_posts=min_posts),
        measure="Change against the 28 days before, in points, 95\u00a0% interval; volume a day",
        scope=f"{found_on(data, trend=True)}, windows from {day(event['date'], year=True)}",
        note=f"grey: under {min_posts} reactions; each company tested alone"
        + (f"; also before: {day(other['date'])}, {size_phrase(other)}" if other else ""),
        source=source_line(
            data, n=max(sum(_compared(row)) for row in found), trend=True, dates=_dates(event["date"], found)
        ),
        alt=_alt(event, found, other=other),
        values=rows,
        draw=lambda canvas: _draw(canvas, found, min_posts=min_posts),
    )


def _before(data: ReportData, event: Event) -> Event | None:
    """Another announcement of the company in the days that the event is held against: they are no usual ones then."""
    first, last = (event["date"] - dt.timedelta(days=days) for days in (BASELINE_DAYS, 1))
    return foremost(data.events, company=event["company"], first=first, last=last)


def _dates(date: dt.date, rows: list[Row]) -> str:
    """From the first day of the baseline to the last day of the longest window that is over."""
    over = [row["window_days"] for row in rows if _over(row)]
    return days(date - dt.timedelta(days=BASELINE_DAYS), date + dt.timedelta(days=max(over, default=1) - 1))


def _over(row: Row) -> bool:
    return row["n_after_compared"] is not None


def _compared(row: Row) -> tuple[int, int]:
    """Reactions before and after, on the platforms that the figures are of."""
    return (row["n_before_compared"], row["n_after_compared"]) if _over(row) else (0, 0)


def _sure(row: Row, min_posts: int) -> bool:
    return row["net_change"] is not None and min(_compared(row)) >= min_posts


def _clear(row: Row) -> bool:
    return bool(not row["change_low"] <= 0 <= row["change_high"])


def _title(event: Event, rows: list[Row], *, min_posts: int) -> str:
    """What the longest window with enough reactions says, clear or not: picking a clear one would find one by chance."""
    sure = [row for row in rows if _sure(row, min_posts)]
    start = f"{short_name(event['company'])} after {day(event['date'])}"
    if not sure:
        return f"{start}: too few reactions to compare"
    longest = sure[-1]
    size = change(longest["net_change"]) if _clear(longest) else "no clear change"
    return f"{start}: {size} over {plural(longest['window_days'], 'day')}"


def _alt(event: Event, rows: list[Row], *, other: Event | None) -> str:
    parts = [f"{plural(row['window_days'], 'day')} after: {_told(row)}" for row in rows]
    held = f" In the 28 days before, {after_phrase(other)}." if other else ""
    return f"Dot-and-interval chart for {event['company']}, after {after_phrase(event)}. {'; '.join(parts)}.{held}"


def _told(row: Row) -> str:
    if not _over(row):
        return f"not over, {plural(row['n_after'], 'reaction')} so far"
    before, after = _compared(row)
    return f"{_change(row, unit=' points')}, volume {_volume(row)}, {plural(after, 'reaction')} against {count(before)} before"


def _change(row: Row, *, unit: str = "") -> str:
    if not _over(row):
        return "not over yet"
    if row["net_change"] is None:
        return "too few"
    return f"{signed(row['net_change'])}{unit} ({interval(row['change_low'], row['change_high'])})"


def _volume(row: Row) -> str:
    return "too few" if _over(row) and row["volume_ratio"] is None else ratio(row["volume_ratio"])


def recovery(rows: list[Row], *, min_posts: int) -> str:
    """How long until net sentiment was clearly half-way back, as a sentence; empty where it did not clearly fall.

    Of several falls, that over the longest window, as in the title.
    """
    fell = [row for row in rows if _sure(row, min_posts) and row["change_high"] < 0]
    if not fell:
        return ""
    window, days, followed = (fell[-1][name] for name in ("window_days", "days_to_half_recovery", "days_followed"))
    if days is not None:
        back = f"half-way back after {plural(days, 'day')}"
    elif followed is not None:
        back = f"not clearly half-way back within {plural(followed, 'day')}"
    else:
        back = "too few since to say if half-way back"
    return f"The fall over {plural(window, 'day')}: {back}."


def _draw(canvas: Canvas, rows: list[Row], *, min_posts: int) -> None:
    look = canvas.look
    label, values = 0.55 * look.unit, 0.98 * look.unit
    volume = 0.45 * look.unit
    left, right = label, canvas.width - values - volume
    head = look.small / 72 * 2.6
    height = min(look.text / 72 * (look.rows + 0.6), (canvas.height - head - look.small / 72 * 1.8) / max(len(rows), 1))

    def x_of(value: float) -> float:
        return left + 0.15 + (_bounded(value) + NET_TOP) / (2 * NET_TOP) * (right - left - 0.3)

    top = look.small / 72
    canvas.text(canvas.width - volume, top, "change", size=look.small, color=MUTED, ha="right")
    canvas.text(canvas.width, top, "volume", size=look.small, color=MUTED, ha="right")
    for value in (-100, 0, 100):
        x = x_of(value)
        canvas.line([x, x], [head, head + height * len(rows)], color=RULE if value == 0 else GRID, width=0.7)
        canvas.text(x, top + look.small / 72 * 1.3, signed(value), size=look.small, color=MUTED, ha="center")
    for number, row in enumerate(rows):
        _row(
            canvas.part(0, head + number * height, canvas.width, height),
            row,
            x_of=x_of,
            volume=volume,
            sure=_sure(row, min_posts),
        )
    canvas.text(
        0,
        head + height * len(rows) + look.small / 72 * 1.5,
        recovery(rows, min_posts=min_posts),
        size=look.small,
        color=MUTED,
    )


def _bounded(value: float) -> float:
    return max(-NET_TOP, min(NET_TOP, value))


def _clipped(canvas: Canvas, x: float, y: float, *, bound: float, color: str) -> None:
    """An arrow head where an interval goes on beyond the axis; the value is printed beside it."""
    if bound != _bounded(bound):
        way, size = (1 if bound > 0 else -1), canvas.look.small / 72 * 0.45
        canvas.area([(x + way * size, y), (x, y - size * 0.7), (x, y + size * 0.7)], color)


def _row(canvas: Canvas, row: Row, *, x_of: Any, volume: float, sure: bool) -> None:
    look, middle = canvas.look, canvas.height / 2
    base = middle + look.text / 72 * 0.35
    color, ink = (POSITIVE, INK) if sure else (FAINT, FAINT)
    canvas.text(0, base, plural(row["window_days"], "day"), size=look.text, color=ink)
    if row["net_change"] is not None:
        if row["change_low"] is not None and row["change_high"] is not None:
            canvas.line(
                [x_of(row["change_low"]), x_of(row["change_high"])],
                [middle, middle],
                color=color,
                width=look.line,
                above=True,
            )
            for bound in (row["change_low"], row["change_high"]):
                _clipped(canvas, x_of(bound), middle, bound=bound, color=color)
        canvas.dot(x_of(row["net_change"]), middle, color=color, size=look.line * 3, hollow=not sure)
    canvas.text(canvas.width - volume, base, _change(row), size=look.small, color=ink, ha="right")
    canvas.text(canvas.width, base, _volume(row), size=look.small, color=ink, ha="right")

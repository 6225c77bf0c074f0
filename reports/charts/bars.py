"""Plain bars from zero: which feelings and themes, and what else was in the stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from analysis import clearly_more
from reports.canvas import Canvas, fit, text_width
from reports.changes import FEWEST_SHOWN
from reports.charts.base import Chart, found_on, source_line
from reports.look import FAINT, GRID, INK, MUTED, NEUTRAL, POSITIVE, RULE
from reports.names import short_name
from reports.numbers import count, percent, plural, week
from reports.titles import Row, figure

if TYPE_CHECKING:
    from reports.data import ReportData

MOST_THEMES = 6
_HEADS = {"Theme": "Theme (a reaction may name several)"}
_VALUES = pl.Schema({"group": pl.String, "name": pl.String, "n": pl.Int64, "of": pl.Int64, "share": pl.Float64})
_STREAM = (
    ("n", "Reactions"),
    ("n_duplicates", "Repeated reactions"),
    ("n_news", "Headlines"),
    ("n_promo", "Job ads, promotion"),
    ("n_noise", "Spam and bots"),
)


@dataclass(frozen=True)
class Bar:
    """One bar: `n` of `of` posts."""

    group: str
    name: str
    n: int
    of: int
    quiet: bool = False
    """Stands back: context, or too few."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.n / self.of if self.of else 0.0


def topics(data: ReportData, company: str, *, name: str) -> Chart:
    """Emotions and themes of one company's reactions in the reported week."""
    row = figure(data.weekly, company=company, week=data.week)
    n, enough = (0, False) if row is None else (row["n"], row["enough"])
    bars = []
    for group, column, frame in (("Emotion", "emotion", data.by_emotion), ("Theme", "theme", data.by_theme)):
        if n < FEWEST_SHOWN:
            break
        mine = frame.filter((pl.col("company") == company) & (pl.col("n") > 0) & pl.col(column).is_not_null())
        found = mine.sort(["n", column], descending=[True, False]).to_dicts()
        found.sort(key=lambda row, column=column: row[column] == "none")  # type: ignore[misc]  # binds this turn's column
        for item in found[:MOST_THEMES]:
            none = item[column] == "none"
            label = "none shown" if none else item[column]
            bars.append(Bar(group, label, item["n"], n, quiet=none or not enough))
    shown = [bar for bar in bars if bar.group == "Emotion" and bar.name != "none shown"]
    finding = _leading(shown) if enough else "too few reactions for themes"
    # The shares elsewhere on the page are corrected: beside "joy" they would seem to contradict it.
    labelled = (
        f"as labelled {percent(row['n_positive'] / n)} are positive, read apart from emotions" if row and shown else ""
    )
    return _chart(
        data,
        bars,
        name=name,
        title=f"{short_name(company)}: {finding}",
        measure="Reactions by labelled emotion and theme, in\u00a0%, uncorrected",
        note=labelled,
        n=n,
        about=f"Emotions and themes in reactions to {company}",
    )


def _leading(emotions: list[Bar]) -> str:
    """The emotion that is clearly ahead, the two that are, or that none is; `emotions`: most frequent first."""
    if not emotions:
        return "no emotions found in the reactions"
    first, second, third = (*emotions, *[Bar("Emotion", "", 0, emotions[0].of)] * 2)[:3]
    if clearly_more(first.n, second.n, of=first.of):
        return f"{first.name} in {percent(first.share)} of reactions"
    if clearly_more(second.n, third.n, of=first.of):
        return f"{first.name} and {second.name} lead"
    return "no emotion clearly leads"


def stream(data: ReportData, row: Row | None, *, name: str, about: str) -> Chart:
    """What the posts of the reported week are, from a row of figures; only the first bar is measured for sentiment."""
    total = 0 if row is None else sum(row[key] for key, _ in _STREAM)
    bars = (
        []
        if row is None or total == 0
        else [Bar("Posts", label, row[key], total, quiet=key != "n") for key, label in _STREAM]
    )
    n = 0 if row is None else row["n"]
    title = (
        f"{short_name(about)}: {percent(n / total)} of posts are reactions"
        if total
        else f"{short_name(about)}: no posts this week"
    )
    return _chart(
        data,
        bars,
        name=name,
        title=title,
        measure=f"Posts by kind, in\u00a0% of {plural(total, 'post')}",
        note="only reactions count for sentiment",
        n=n,
        about=f"Kinds of posts, {about}",
    )


def _chart(
    data: ReportData, bars: list[Bar], *, name: str, title: str, measure: str, note: str, n: int, about: str
) -> Chart:
    values = [{"group": b.group, "name": b.name, "n": b.n, "of": b.of, "share": b.share} for b in bars]
    listed = "; ".join(f"{b.name} {percent(b.share)} ({count(b.n)})" for b in bars)
    return Chart(
        name=name,
        title=title,
        measure=measure,
        scope=f"{found_on(data, trend=False)}, {week(data.week)}",
        note=note,
        source=source_line(data, n=n, trend=False),
        alt=f"Bars. {about}, {week(data.week)}: {listed or 'nothing to show'}.",
        values=pl.DataFrame(values, schema=_VALUES),
        draw=lambda canvas: _draw(canvas, bars),
    )


def _draw(canvas: Canvas, bars: list[Bar]) -> None:
    """Bars of one scale, 0 to 100 %, so that they compare across groups, companies and weeks."""
    look = canvas.look
    if not bars:
        canvas.text(0, look.text / 72 * 1.5, "Nothing in this week.", size=look.text, color=MUTED)
        return
    groups = len({bar.group for bar in bars})
    heads = groups if groups > 1 else 0
    height = min(look.text / 72 * look.rows, canvas.height / (len(bars) + heads * 1.15))
    label = min(max(text_width(bar.name, size=look.text) for bar in bars) + 0.12, canvas.width * 0.5)
    room = 0.78 * look.unit
    scale = canvas.width - label - room
    y, group = 0.0, None
    for bar in bars:
        if heads and bar.group != group:
            y += height * (0.15 if group else 0)
            canvas.text(0, y + height * 0.72, _HEADS.get(bar.group, bar.group), size=look.small, color=MUTED)
            y += height
        group = bar.group
        base = y + height / 2 + look.text / 72 * 0.35
        canvas.text(0, base, fit(bar.name, width=label - 0.08, size=look.text), size=look.text, color=INK)
        canvas.bar(label, y + height * 0.16, scale, height * 0.68, GRID)
        canvas.bar(label, y + height * 0.16, bar.share * scale, height * 0.68, (NEUTRAL if bar.quiet else POSITIVE))
        canvas.line([label, label], [y, y + height], color=RULE, width=0.7)
        canvas.text(label + scale + 0.06, base, percent(bar.share), size=look.small, color=INK, strong=not bar.quiet)
        canvas.text(
            canvas.width, base, count(bar.n), size=look.small, color=MUTED if not bar.quiet else FAINT, ha="right"
        )
        y += height

"""A week's shares by source, language and voice: stacked bars of 100 %, every value printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from reports.canvas import Canvas, fit, text_width
from reports.changes import FEWEST_SHOWN
from reports.charts.base import Chart, found_on, source_line
from reports.look import FAINT, INK, MUTED, NEGATIVE, NEUTRAL, ON, PALE, POSITIVE
from reports.names import language_name, short_name, source_name
from reports.numbers import count, interval, percent, plural, signed, week
from reports.titles import figure, tied_with_first

if TYPE_CHECKING:
    from reports.data import ReportData

MOST_ROWS = {"source": 4, "lang": 4, "voice": 2}
Row = dict[str, Any]
_GUESSED = "*"
_SHARES = ((NEGATIVE, "share_negative"), (NEUTRAL, "share_neutral"), (POSITIVE, "share_positive"))


@dataclass(frozen=True)
class Block:
    """A heading and its rows."""

    heading: str
    rows: tuple[tuple[str, Row], ...]


def groups(data: ReportData, company: str, *, name: str, min_posts: int) -> Chart:
    """Chart of one company's shares in the reported week, by source, language and voice."""
    blocks = _blocks(data, company)
    guessed = any(label.endswith(_GUESSED) for block in blocks for label, _ in block.rows)
    total = figure(data.weekly, company=company, week=data.week)
    n = 0 if total is None else total["n"]
    values = pl.DataFrame(
        [
            {"by": block.heading, "group": label, **{key: row[key] for key in ("n", "share_negative", "share_neutral", "share_positive", "corrected", "net_sentiment", "net_low", "net_high", "enough")}}
            for block in blocks
            for label, row in block.rows
        ],
        schema={"by": pl.String, "group": pl.String, "n": pl.Int64, "share_negative": pl.Float64, "share_neutral": pl.Float64, "share_positive": pl.Float64, "corrected": pl.Boolean, "net_sentiment": pl.Float64, "net_low": pl.Float64, "net_high": pl.Float64, "enough": pl.Boolean},
    )  # fmt: skip
    return Chart(
        name=name,
        title=_title(company, data, n=n),
        measure="Shares of reactions, in\u00a0%",
        scope=f"{found_on(data, trend=False)}, {week(data.week)}",
        note=f"pale: under {min_posts}; left out: under {FEWEST_SHOWN}; each row corrected by itself, so parts need not add up to the whole"
        + (f"; {_GUESSED}: errors measured elsewhere, interval too narrow" if guessed else ""),
        source=source_line(data, n=n, trend=False),
        alt=_alt(company, blocks, data),
        values=values,
        draw=lambda canvas: _draw(canvas, blocks),
    )


def _blocks(data: ReportData, company: str) -> list[Block]:
    blocks = []
    rows = [
        (label, row)
        for label, monday in (
            ("This week", data.week),
            ("Week before", data.week.fromordinal(data.week.toordinal() - 7)),
        )
        if (row := figure(data.weekly, company=company, week=monday)) is not None and row["n"] >= FEWEST_SHOWN
    ]
    blocks.append(Block("All", tuple((label, _shown(row)) for label, row in rows)))
    frames = (
        ("Source", "source", data.by_source),
        ("Language", "lang", data.by_lang),
        ("Voice", "voice", data.by_voice),
    )
    for heading, column, frame in frames:
        mine = frame.filter(
            (pl.col("company") == company) & (pl.col("n") >= FEWEST_SHOWN) & pl.col(column).is_not_null()
        )
        found = mine.sort(["n", column], descending=[True, False]).head(MOST_ROWS[column]).to_dicts()
        blocks.append(
            Block(
                heading, tuple((_label(column, row[column], pooled=data.quality.pooled), _shown(row)) for row in found)
            )
        )
    return [block for block in blocks if block.rows]


def _shown(row: Row) -> Row:
    """With shares as labelled where there is no corrected figure: by voice the classifier's errors are not known."""
    corrected = row["net_sentiment"] is not None
    counted = {key: row[f"n_{key.removeprefix('share_')}"] / row["n"] for _, key in _SHARES}
    return {**row, **({} if corrected else counted), "corrected": corrected}


def _label(column: str, value: str, *, pooled: tuple[str, ...]) -> str:
    if column == "source":
        return source_name(value) + (_GUESSED if value in pooled else "")
    if column == "lang":
        return language_name(value)
    return {"affected": "Affected", "observer": "Observers"}.get(value, value)


def _title(company: str, data: ReportData, *, n: int) -> str:
    name = short_name(company)
    if n == 0:
        return f"{name}: no reactions this week"
    # Neither languages nor sources whose errors were not measured are headlined: their intervals are too narrow for that.
    mine = data.by_source.filter(
        (pl.col("company") == company) & pl.col("enough") & ~pl.col("source").is_in(data.quality.pooled)
    )
    rows = mine.drop_nulls("net_sentiment").sort("net_sentiment").to_dicts()
    if len(rows) < 2:
        return f"{name}: reactions by source, language and voice"
    if tied_with_first(rows):
        return f"{name}: no clear difference between sources"
    of = "measured sources" if data.quality.pooled else "sources"
    return f"{name}: {source_name(rows[0]['source'])} most negative of the {of}"


def _alt(company: str, blocks: list[Block], data: ReportData) -> str:
    start = f"Stacked bars of the shares of negative, neutral and positive reactions to {company}, {week(data.week)}."
    parts = [
        f"{block.heading}, {label}: {percent(row['share_negative'])} negative, {percent(row['share_neutral'])} neutral, "
        f"{percent(row['share_positive'])} positive ({plural(row['n'], 'reaction')}{'' if row['corrected'] else ', as labelled'})"
        for block in blocks
        for label, row in block.rows
    ]
    return f"{start} {'; '.join(parts)}." if parts else f"{start} No reactions."


def _draw(canvas: Canvas, blocks: list[Block]) -> None:
    look = canvas.look
    if not blocks:
        canvas.text(0, look.text / 72 * 1.5, "Too few reactions to show in this week.", size=look.text, color=MUTED)
        return
    rows = sum(len(block.rows) for block in blocks)
    height = min(look.text / 72 * look.rows, canvas.height / (rows + 0.9 + 0.35 * len(blocks)))
    label, value = 1.2 * look.unit, 1.15 * look.unit
    largest = max(text_width(count(row["n"]), size=look.small) for block in blocks for _, row in block.rows)
    n_width = max(0.42 * look.unit, largest + 0.14)
    bar = canvas.width - label - value - n_width - look.small / 72 * 1.4  # room for a value beside the bar
    y = height * 0.62
    canvas.text(label, y, "negative", size=look.small, color=INK)
    canvas.text(label + bar / 2, y, "neutral", size=look.small, color=MUTED, ha="center")
    canvas.text(label + bar, y, "positive", size=look.small, color=POSITIVE, ha="right", strong=True)
    right = canvas.width - n_width
    canvas.text(right, y, "net (95\u00a0% interval)", size=look.small, color=MUTED, ha="right")
    canvas.text(canvas.width, y, "n", size=look.small, color=MUTED, ha="right")
    y = height * 0.9
    for block in blocks:
        for name, row in block.rows:
            _row(canvas.part(0, y, canvas.width, height), name, row, label=label, bar=bar, right=right)
            y += height
        y += height * 0.35


def _row(canvas: Canvas, name: str, row: Row, *, label: float, bar: float, right: float) -> None:
    look = canvas.look
    baseline = canvas.height / 2 + look.text / 72 * 0.35
    ink = INK if row["enough"] else FAINT
    canvas.text(0, baseline, fit(name, width=label - 0.28 * look.unit, size=look.text), size=look.text, color=ink)
    x = end = label  # of the bars and of the last value written
    for color, key in _SHARES:
        width = row[key] * bar
        canvas.bar(x, canvas.height * 0.1, width, canvas.height * 0.8, color if row["enough"] else PALE[color])
        text = percent(row[key]).replace("\u00a0%", "")
        if text_width(text, size=look.small) + 0.06 <= width:
            on = ON[color] if row["enough"] else MUTED
            canvas.text(x + width / 2, baseline - 0.005, text, size=look.small, color=on, ha="center")
        elif key == "share_negative":
            canvas.text(x - 0.04, baseline - 0.005, text, size=look.small, color=ink, ha="right")
        elif key == "share_positive":
            canvas.text(max(x + width, end) + 0.04, baseline - 0.005, text, size=look.small, color=ink)
        else:  # between two others: on white, over their border
            canvas.text(x + width / 2, baseline - 0.005, text, size=look.small, color=ink, ha="center", halo=True)
            end = x + width / 2 + text_width(text, size=look.small) / 2
        x += width
    net = "as labelled"
    if row["corrected"]:
        net = f"{signed(row['net_sentiment'])} ({interval(row['net_low'], row['net_high'])})"
    canvas.text(right, baseline, net, size=look.small, color=ink, ha="right")
    canvas.text(canvas.width, baseline, count(row["n"]), size=look.small, color=ink, ha="right")

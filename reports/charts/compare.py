"""Companies side by side: dot and interval sorted by net sentiment, diverging shares with neutral in its own column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from reports.canvas import Canvas, fit, text_width
from reports.changes import FEWEST_SHOWN, Change, changes
from reports.charts.base import NET_TOP, Chart, found_on, source_line, without_few
from reports.look import FAINT, GRID, INK, MUTED, NEGATIVE, NEUTRAL, ON, PALE, PAPER_TINT, POSITIVE, RULE
from reports.numbers import count, interval, percent, plural, signed, week
from reports.titles import level_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.data import ReportData

ROWS_PER_CHART = 20
Row = dict[str, Any]


def compare(data: ReportData, companies: list[str], *, min_posts: int) -> list[Chart]:
    """Charts of the companies in the reported week, as many as it takes, `ROWS_PER_CHART` in each."""
    rows = data.weekly.filter((pl.col("week") == data.week) & pl.col("company").is_in(companies) & (pl.col("n") > 0))
    ranked = rows.filter(pl.col("enough")).sort("net_sentiment", "company")
    rows = pl.concat([ranked, rows.filter(~pl.col("enough")).sort("n", "company", descending=[True, False])])
    some = ranked.height < data.weekly.filter((pl.col("week") == data.week) & pl.col("enough")).height
    moved = changes(data.comparisons)
    chunks = list(_chunks(rows.to_dicts())) or [[]]
    return [
        Chart(
            name="companies" if len(chunks) == 1 else f"companies-{number}",
            title=level_title(ranked.to_dicts(), some=some)
            if number == 1
            else f"Companies compared, {number} of {len(chunks)}",
            measure="Net sentiment in points with its 95\u00a0% interval, and shares in\u00a0%",
            scope=f"{found_on(data, trend=False)}, {week(data.week)}",
            note=f"tick: as labelled, before correction; grey: under {min_posts} reactions, not ranked",
            source=source_line(
                data, n=sum(row["n"] for row in chunk), trend=False, counted=", once at each company that they name"
            ),
            alt=_alt(chunk, data),
            values=_values(rows.filter(pl.col("company").is_in([row["company"] for row in chunk])), moved),
            draw=lambda canvas, chunk=chunk: _draw(canvas, chunk, moved),  # type: ignore[misc]  # binds this turn's rows
        )
        for number, chunk in enumerate(chunks, 1)
    ]


def _values(rows: pl.DataFrame, moved: dict[str, Change]) -> pl.DataFrame:
    """The rows and their change on the week before; none where a week is too small to be compared."""
    found = [moved.get(name) for name in rows["company"]]
    told = [c if c is not None and c.enough and c.change is not None else None for c in found]
    columns = {
        "change": [c and c.change for c in told],
        "change_low": [c and c.low for c in told],
        "change_high": [c and c.high for c in told],
        "change_p_holm": [c and c.p for c in told],
    }
    return without_few(rows).with_columns(
        *(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()),
        pl.Series("change_clear", [c and c.clear for c in told], dtype=pl.Boolean),
    )


def _chunks(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), ROWS_PER_CHART):
        yield rows[start : start + ROWS_PER_CHART]


def _alt(rows: list[Row], data: ReportData) -> str:
    start = f"Dot-and-interval chart of net sentiment by company, {week(data.week)}, most negative first."
    if not rows:
        return f"{start} No company has reactions."
    few = [f"{row['company']} ({plural(row['n'], 'reaction')}, not shown)" for row in rows if row["n"] < FEWEST_SHOWN]
    parts = [
        f"{row['company']} {signed(row['net_sentiment'])} ({interval(row['net_low'], row['net_high'])}, {plural(row['n'], 'reaction')}"
        f"{'' if row['enough'] else ', too few'})"
        for row in rows
        if row["n"] >= FEWEST_SHOWN
    ]
    return f"{start} {'; '.join(parts + few)}."


def _columns(width: float) -> dict[str, tuple[float, float]]:
    """Left and right edge of each column, in inches."""
    shares = {"name": 0.21, "plot": 0.225, "net": 0.125, "change": 0.125, "bars": 0.165, "neutral": 0.09, "n": 0.06}
    edges, left = {}, 0.0
    for name, share in shares.items():
        edges[name] = (left * width, (left + share) * width)
        left += share
    return edges


def _draw(canvas: Canvas, rows: list[Row], moved: dict[str, Change]) -> None:
    look = canvas.look
    if not rows:
        canvas.text(0, 0.3, "No company has reactions in this week.", size=look.text, color=MUTED)
        return
    edges = _columns(canvas.width)
    head = look.small / 72 * 3.2
    height = min(look.text / 72 * (look.rows + 1), (canvas.height - head) / len(rows))
    size = min(look.text, height * 72 * 0.55)
    _head(canvas, edges, head=head, bottom=head + height * len(rows))
    for number, row in enumerate(rows):
        part = canvas.part(0, head + number * height, canvas.width, height)
        if number % 2 == 0:
            part.area([(0, 0), (part.width, 0), (part.width, height), (0, height)], PAPER_TINT)
        _row(part, row, moved.get(row["company"]), edges=edges, size=size)


def _head(canvas: Canvas, edges: dict[str, tuple[float, float]], *, head: float, bottom: float) -> None:
    look = canvas.look
    y = look.small / 72 * 1.2
    left, right = edges["plot"]
    for value in (-100, -50, 0, 50, 100):
        x = _x(value, edges["plot"])
        canvas.line([x, x], [head, bottom], color=RULE if value == 0 else GRID, width=0.8 if value == 0 else 0.6)
        canvas.text(x, y + look.small / 72 * 1.35, signed(value), size=look.small, color=MUTED, ha="center")
    canvas.text((left + right) / 2, y, "Net sentiment, points", size=look.small, color=INK, ha="center", strong=True)
    second = y + look.small / 72 * 1.35
    for column, upper, lower in (
        ("net", "Net", "(95\u00a0% interval)"),
        ("change", "Change", "on the week before"),
        ("n", "n", "reactions"),
    ):
        canvas.text(edges[column][1] - 0.06, y, upper, size=look.small, color=INK, ha="right", strong=True)
        canvas.text(edges[column][1] - 0.06, second, lower, size=look.small, color=MUTED, ha="right")
    middle = sum(edges["bars"]) / 2
    canvas.text(middle - 0.05, y, "Negative", size=look.small, color=INK, ha="right", strong=True)
    canvas.text(middle + 0.05, y, "Positive", size=look.small, color=POSITIVE, ha="left", strong=True)
    canvas.text(edges["neutral"][0] + 0.12, y, "Neutral", size=look.small, color=INK, strong=True)
    canvas.text(edges["neutral"][0] + 0.12, second, "%", size=look.small, color=MUTED)
    canvas.text(middle, second, "% of reactions", size=look.small, color=MUTED, ha="center")
    canvas.text(0.06, y, "Company", size=look.small, color=INK, strong=True)


def _x(value: float, edges: tuple[float, float]) -> float:
    pad = 0.2
    return edges[0] + pad + (value + NET_TOP) / (2 * NET_TOP) * (edges[1] - edges[0] - 2 * pad)


def _row(canvas: Canvas, row: Row, moved: Change | None, *, edges: dict[str, tuple[float, float]], size: float) -> None:
    look, enough = canvas.look, row["enough"]
    middle = canvas.height / 2
    base = middle + size / 72 * 0.35
    ink = INK if enough else FAINT
    room = edges["name"][1] - edges["name"][0] - 0.12
    canvas.text(
        0.06, base, fit(row["company"], width=room, size=size, strong=enough), size=size, color=ink, strong=enough
    )
    canvas.text(edges["n"][1] - 0.06, base, count(row["n"]), size=size * 0.94, color=ink, ha="right")
    if row["n"] < FEWEST_SHOWN:
        canvas.text(edges["net"][1] - 0.06, base, f"fewer than {FEWEST_SHOWN}", size=size * 0.94, color=ink, ha="right")
        return
    color = POSITIVE if enough else FAINT
    low, high = _x(row["net_low"], edges["plot"]), _x(row["net_high"], edges["plot"])
    canvas.line([low, high], [middle, middle], color=color, width=look.line, above=True)
    canvas.dot(_x(row["net_sentiment"], edges["plot"]), middle, color=color, size=look.line * 3.2, hollow=not enough)
    tick = _x(row["net_counted"], edges["plot"])
    canvas.line([tick, tick], [middle - size / 72 * 0.5, middle + size / 72 * 0.5], color=MUTED, width=1.0, above=True)
    net = f"{signed(row['net_sentiment'])} ({interval(row['net_low'], row['net_high'])})"
    canvas.text(edges["net"][1] - 0.06, base, net, size=size * 0.94, color=ink, ha="right")
    sure = moved is not None and moved.clear
    canvas.text(
        edges["change"][1] - 0.06,
        base,
        _change(moved),
        size=size * 0.94,
        color=ink if sure else MUTED,
        ha="right",
        strong=sure,
    )
    _shares(canvas, row, edges=edges["bars"], base=base, size=size * 0.9)
    left = edges["neutral"][0]
    canvas.bar(
        left + 0.12,
        canvas.height * 0.18,
        row["share_neutral"] * _reach(edges["bars"]),
        canvas.height * 0.64,
        NEUTRAL if enough else PALE[NEUTRAL],
    )
    canvas.text(left + 0.16, base, percent(row["share_neutral"]).replace("\u00a0%", ""), size=size * 0.9, color=ink)


def _change(moved: Change | None) -> str:
    if moved is None or not moved.enough or moved.change is None:
        return "–"
    return f"{signed(moved.change)} ({interval(moved.low, moved.high)})"


def _reach(edges: tuple[float, float]) -> float:
    """Inches that a share of 100 % takes: one scale for negative, neutral and positive."""
    return (edges[1] - edges[0]) / 2 - 0.02


def _shares(canvas: Canvas, row: Row, *, edges: tuple[float, float], base: float, size: float) -> None:
    """Negative to the left and positive to the right of one axis; a value that has no room in its bar stands beside it."""
    middle, reach = sum(edges) / 2, _reach(edges)
    for color, key, way in ((NEGATIVE, "share_negative", -1), (POSITIVE, "share_positive", 1)):
        width = row[key] * reach
        shade = color if row["enough"] else PALE[color]
        canvas.bar(middle, canvas.height * 0.18, way * width, canvas.height * 0.64, shade)
        text = percent(row[key]).replace("\u00a0%", "")
        inside = text_width(text, size=size) + 0.08 <= width
        ink = (ON[color] if row["enough"] else MUTED) if inside else (INK if row["enough"] else FAINT)
        x = middle + way * (width / 2 if inside else width + 0.04)
        canvas.text(x, base, text, size=size, color=ink, ha="center" if inside else ("left" if way > 0 else "right"))

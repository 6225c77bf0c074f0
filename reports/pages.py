"""The pages of the PDF: front, companies compared, one per company, method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from reports.canvas import Canvas, fit, wrap
from reports.findings import Finding, company_findings
from reports.frame import page, panel
from reports.look import INK, MUTED, PAGE, PAPER_TINT, POSITIVE
from reports.method import method
from reports.names import short_name, source_name
from reports.numbers import NBSP
from reports.titles import headline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from reports.charts.base import Chart
    from reports.charts.collection import Charts, CompanyCharts
    from reports.data import ReportData
    from reports.settings import ReportSettings

TOP, BOTTOM = 0.35, 6.95  # of the content, in inches below the top margin
_LEAST = 7.5  # points: smaller sentences are not read in print
_QUOTES = 1.17  # inches, below the narrowest panel


def page_count(charts: Charts) -> int:
    """Pages that `pages` will yield."""
    return 2 + len(charts.companies) + len(charts.company)


def pages(
    data: ReportData, charts: Charts, findings: list[Finding], *, settings: ReportSettings
) -> Iterator[tuple[str, Figure]]:
    """Bookmark and figure of each page, one at a time, so that only one is in memory."""
    of = page_count(charts)
    number = 1
    yield "Findings", _front(data, charts, findings, of=of, settings=settings)
    for chart in charts.companies:
        number += 1
        yield "Companies compared", _compared(data, chart, number=number, of=of)
    for company in charts.company:
        number += 1
        yield company.company, _company(data, company, number=number, of=of, settings=settings)
    yield "Method and data quality", method(data, charts.coverage, number=of, of=of, settings=settings)


def _title(canvas: Canvas, text: str, *, size: float = PAGE.title) -> float:
    return canvas.paragraph(0, TOP + 0.28, text, width=canvas.width, size=size, strong=True, leading=1.2, lines=2)


def _front(data: ReportData, charts: Charts, findings: list[Finding], *, of: int, settings: ReportSettings) -> Figure:
    canvas = page(data, number=1, of=of, source=charts.trend.source)
    top = _title(canvas, headline(data), size=24)
    strip = 1.08
    left, gutter = 4.75, 0.4
    right = canvas.width - left - gutter
    height = BOTTOM - strip - 0.2 - top
    _sentences(canvas.part(0, top, left, height), [finding.text for finding in findings])
    panel(canvas.part(left + gutter, top - 0.1, right, height - 1.52), charts.trend, heading=charts.trend.title)
    panel(canvas.part(left + gutter, top + height - 1.42, right, 1.42), charts.stream, heading=charts.stream.title)
    _how_to_read(canvas.part(0, BOTTOM - strip, canvas.width, strip), data, settings=settings)
    return canvas.figure


def _sentences(canvas: Canvas, texts: list[str], *, largest: float = 12.0) -> None:
    """Paragraphs, the first stronger, in the largest size that has room. What finds none in the least is cut, and shown to be."""
    size = largest + 0.5
    rows: list[tuple[float, str, str]] = []
    while size > _LEAST and (not rows or rows[-1][0] > canvas.height):
        size -= 0.5
        rows, y = [], size / 72
        for number, text in enumerate(texts):
            for line in wrap(text, width=canvas.width, size=size):
                rows.append((y, line, INK if number == 0 else "#333333"))
                y += size / 72 * 1.42
            y += size / 72 * 0.75
    shown = [row for row in rows if row[0] <= canvas.height]
    for y, line, color in shown:
        cut = len(shown) < len(rows) and y == shown[-1][0]
        canvas.text(0, y, fit(f"{line} …", width=canvas.width, size=size) if cut else line, size=size, color=color)


def _how_to_read(canvas: Canvas, data: ReportData, *, settings: ReportSettings) -> None:
    canvas.area([(0, 0), (canvas.width, 0), (canvas.width, canvas.height), (0, canvas.height)], PAPER_TINT)
    canvas.text(0.15, 0.24, "How to read a figure: an example", size=9.5, strong=True)
    x, y = 1.25, 0.7
    canvas.line([x - 0.75, x + 0.75], [y, y], color=POSITIVE, width=1.6, above=True)
    canvas.dot(x, y, color=POSITIVE, size=6)
    canvas.text(x, y - 0.13, "−25", size=11, color=POSITIVE, ha="center", strong=True)
    canvas.text(x - 0.75, y + 0.2, "−45", size=8, color=MUTED, ha="center")
    canvas.text(x + 0.75, y + 0.2, "−5", size=8, color=MUTED, ha="center")
    net = (
        "The dot is net sentiment: the share of positive minus the share of negative reactions, in points, from −100 to "
        "+100. At −25, negative reactions outweigh positive ones by 25 in 100."
    )
    line = (
        f"The line is the 95{NBSP}% interval. {data.interval_note} A change is called clear only if its interval excludes "
        f"zero and it holds after correcting for all companies compared."
    )
    grey = (
        f"Grey or hollow: fewer than {settings.min_posts} reactions; such figures are never headlined. “After” says when, "
        f"never why. The running week is left out."
    )
    column = (canvas.width - 2.6) / 3
    for number, text in enumerate((net, line, grey)):
        canvas.paragraph(2.5 + number * column, 0.24, text, width=column - 0.2, size=8, color=INK, leading=1.4, lines=6)


def _compared(data: ReportData, chart: Chart, *, number: int, of: int) -> Figure:
    canvas = page(data, number=number, of=of, source=chart.source)
    y = _title(canvas, chart.title)
    y = canvas.paragraph(0, y - 0.08, chart.subtitle, width=canvas.width, size=PAGE.lead, color=MUTED, lines=2)
    chart.draw(canvas.part(0, y + 0.1, canvas.width, BOTTOM - y - 0.1))
    return canvas.figure


def _company(data: ReportData, charts: CompanyCharts, *, number: int, of: int, settings: ReportSettings) -> Figure:
    canvas = page(data, number=number, of=of, source=charts.trend.source)
    y = _title(canvas, charts.trend.title)
    y = (
        canvas.paragraph(0, y - 0.08, charts.trend.subtitle, width=canvas.width, size=PAGE.lead, color=MUTED, lines=2)
        + 0.02
    )
    lower = 2.85
    height = BOTTOM - lower - 0.22 - y
    left, gutter = 6.3, 0.3
    right = canvas.width - left - gutter
    charts.trend.draw(canvas.part(0, y, left, height))
    sentences = company_findings(data, charts.company, settings=settings)
    study = charts.study
    room = height if study is None else height - 1.54
    _sentences(canvas.part(left + gutter, y - 0.06, right, room + 0.06), sentences, largest=10.0)
    if study is not None:
        panel(canvas.part(left + gutter, y + height - 1.45, right, 1.45), study, heading=_own(study, charts.company))
    top = BOTTOM - lower
    widths = (4.3, 3.3, canvas.width - 4.3 - 3.3 - 0.6)
    quotes = data.quotes.filter(pl.col("company") == charts.company).to_dicts()
    x = 0.0
    for chart, width in zip((charts.groups, charts.topics, charts.stream), widths, strict=True):
        room = lower - _QUOTES - 0.1 if quotes and chart is charts.stream else lower
        panel(canvas.part(x, top, width, room), chart, heading=_own(chart, charts.company))
        x += width + 0.3
    if quotes:
        _quotes(canvas.part(canvas.width - widths[-1], BOTTOM - _QUOTES, widths[-1], _QUOTES), quotes)
    return canvas.figure


def _quotes(canvas: Canvas, quotes: list[dict[str, str]]) -> None:
    """Each on two lines and its link, cut to one, on a third; a reader of the PDF can follow it."""
    canvas.line([0, canvas.width], [0, 0], color=INK, width=0.8)
    canvas.text(0, 0.17, "Most liked", size=9.5, strong=True)
    y = 0.35
    for quote in quotes:
        start = f"{quote['sentiment'].capitalize()}, {source_name(quote['source'])}"
        trials = (f"{start}: “{shortened(quote['text'], longest=longest)}”" for longest in range(140, 0, -5))
        text = next((t for t in trials if len(wrap(t, width=canvas.width, size=_LEAST)) <= 2), start)
        for line in wrap(text, width=canvas.width, size=_LEAST, lines=2):
            canvas.text(0, y, line, size=_LEAST)
            y += _LEAST / 72 * 1.3
        link = quote["url"].partition("://")[2] or quote["url"]
        shown = fit(link, width=canvas.width, size=_LEAST)
        canvas.text(0, y, shown, size=_LEAST, color=POSITIVE, url=quote["url"])
        y += _LEAST / 72 * 1.5


def shortened(text: str, *, longest: int = 140) -> str:
    """A quote's start on one line, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0] + " …"


def _own(chart: Chart, company: str) -> str:
    """A chart's title on the page of its company, whose name need not be said again."""
    name = short_name(company)
    title = chart.title.removeprefix(f"{name}: ").removeprefix(f"{name} ")
    return title[:1].upper() + title[1:]

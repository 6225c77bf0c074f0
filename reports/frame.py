"""What stands on every page and image: masthead, mark of invented data, footer, panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from reports.canvas import Canvas, fit, text_width
from reports.look import INK, MUTED, NEGATIVE, PAGE, POSITIVE, RULE, SLIDE, Look
from reports.numbers import week

if TYPE_CHECKING:
    from reports.charts.base import Chart
    from reports.data import ReportData

SYNTHETIC = "SYNTHETIC: invented posts"


def new_canvas(look: Look) -> Canvas:
    """An empty page or slide; the canvas is the area inside its margins."""
    figure = Figure(figsize=(look.width, look.height))
    return Canvas(
        figure,
        left=look.margin,
        top=look.margin,
        width=look.width - 2 * look.margin,
        height=look.height - 2 * look.margin,
        look=look,
    )


def page(data: ReportData, *, number: int, of: int, source: str) -> Canvas:
    """A page with its masthead and footer. Content goes from 0.35 in to 6.85 in below the top margin."""
    canvas = new_canvas(PAGE)
    canvas.text(0, 0, data.title, size=9, color=POSITIVE, strong=True)
    after = text_width(data.title, size=9, strong=True) + 0.12
    canvas.text(after, 0, week(data.week), size=9, color=MUTED)
    canvas.text(canvas.width, 0, f"{number} / {of}", size=9, color=MUTED, ha="right")
    _mark(canvas, data, right=canvas.width - 0.6, y=0, size=9)
    canvas.line([0, canvas.width], [0.1, 0.1], color=RULE, width=0.6)
    canvas.text(0, canvas.height, fit(source, width=canvas.width, size=PAGE.source), size=PAGE.source, color=MUTED)
    return canvas


def panel(canvas: Canvas, chart: Chart, *, heading: str) -> None:
    """A chart inside a page, under a heading and its measure."""
    look = canvas.look
    canvas.line([0, canvas.width], [0, 0], color=INK, width=0.8)
    canvas.text(0, 0.17, fit(heading, width=canvas.width, size=9.5, strong=True), size=9.5, strong=True)
    measure = " · ".join(part for part in (chart.measure, chart.note) if part)
    end = canvas.paragraph(0, 0.32, measure, width=canvas.width, size=look.small, color=MUTED, leading=1.25, lines=2)
    chart.draw(canvas.part(0, end - 0.02, canvas.width, canvas.height - end + 0.02))


def slide(data: ReportData, chart: Chart) -> Figure:
    """A chart alone on a 16:9 image, with title, subtitle and source."""
    canvas = new_canvas(SLIDE)
    look = SLIDE
    room = canvas.width - (2.6 if data.synthetic else 0.0)
    y = canvas.paragraph(0, 0.22, chart.title, width=room, size=look.title, strong=True, leading=1.2, lines=2)
    y = canvas.paragraph(
        0, y - 0.1, chart.subtitle, width=canvas.width, size=look.lead, color=MUTED, leading=1.3, lines=2
    )
    _mark(canvas, data, right=canvas.width, y=0.1, size=11)
    chart.draw(canvas.part(0, y, canvas.width, canvas.height - y - 0.35))
    source = fit(chart.source, width=canvas.width, size=look.source)
    canvas.text(0, canvas.height + 0.12, source, size=look.source, color=MUTED)
    return canvas.figure


def _mark(canvas: Canvas, data: ReportData, *, right: float, y: float, size: float) -> None:
    if not data.synthetic:
        return
    width = text_width(SYNTHETIC, size=size, strong=True) + 0.2
    canvas.bar(right - width, y - size / 72 * 1.15, width, size / 72 * 1.6, NEGATIVE)
    canvas.text(right - width / 2, y, SYNTHETIC, size=size, color=INK, ha="center", strong=True)

"""The last page: how posts became figures, how good the model is, and what not to conclude."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.charts.base import Chart, found_on
from reports.frame import page, panel
from reports.look import GRID, INK, MUTED, PAGE, POSITIVE
from reports.numbers import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.canvas import Canvas
    from reports.data import ReportData
    from reports.settings import ReportSettings

TOP, BOTTOM = 0.35, 6.95


def method(data: ReportData, coverage: Chart, *, number: int, of: int, settings: ReportSettings) -> Figure:
    """The page on method and data quality."""
    canvas = page(data, number=number, of=of, source=coverage.source)
    y = canvas.paragraph(0, TOP + 0.28, "Method and data quality", width=canvas.width, size=PAGE.title, strong=True)
    left, gutter = 5.2, 0.4
    right = canvas.width - left - gutter
    end = _list(canvas.part(0, y, left, BOTTOM - y), "How posts became figures", steps(data, settings=settings))
    _list(canvas.part(0, y + end + 0.12, left, BOTTOM - y - end), "What not to conclude", cautions(settings=settings))
    end = _quality(canvas.part(left + gutter, y, right, 2.3), data)
    panel(canvas.part(left + gutter, y + end + 0.2, right, BOTTOM - y - end - 0.2), coverage, heading=coverage.title)
    return canvas.figure


def steps(data: ReportData, *, settings: ReportSettings) -> list[str]:
    """How posts became figures."""
    tests = sorted({test for test in data.comparisons["test"].to_list() if test})
    named = f" Test: {', '.join(tests)}." if tests else ""
    return [
        f"Posts come from {found_on(data, trend=True)}: searches and imported files. @mentions, e-mail addresses, phone numbers and links to profiles are masked before storing; a name written out in a post is not.",
        "A classifier sorts each post: reaction, news, promotion, noise. Only reactions are measured; near-duplicates count once.",
        "A reaction counts for each company that it names, or else that its thread names. Figures for all companies count it once.",
        "The classifier reads negative, neutral or positive. Shares are corrected for its errors on annotated posts (by a language model after guidelines).",
        f"{data.interval_note} Shares have no interval of their own; by voice and emotion only what was labelled is shown, as errors among them are others. Weeks are ISO weeks in UTC.",
        f"A change is taken platform by platform, over those with reactions in both weeks: on each both weeks count as many posts as the smaller one, then platforms are put together at one mix. So it can differ from the difference of the figures shown. It is clear if its 95\u00a0% interval excludes zero and p stays under 0.05 after Holm's correction for all companies compared.{named}",
        f"Under {settings.min_posts} reactions a figure is greyed, not ranked and never headlined.",
    ]


def cautions(*, settings: ReportSettings) -> list[str]:
    """What the figures don't say."""
    return [
        "This is no poll. People who post are neither the staff nor the public, and each platform draws others.",
        "“After” an announcement is not “because of” it: other news falls into the same days.",
        "A level can move because the mix of platforms moved (a change called clear can't), or that of languages. Look at the groups before concluding.",
        f"“No clear change” of small weeks says little: their figures are pulled towards the usual, and changes are shown smaller than they are. Differences between two greyed figures (under {settings.min_posts}) mean nothing.",
        "Many reactions mean attention, not many jobs lost.",
        "Irony, quotes and mixed feelings are often misread; single posts more so than sums. No figure is about a person.",
    ]


def _list(canvas: Canvas, heading: str, items: list[str]) -> float:
    canvas.line([0, canvas.width], [0, 0], color=INK, width=0.8)
    canvas.text(0, 0.17, heading, size=9.5, strong=True)
    y = 0.4
    for number, item in enumerate(items, 1):
        canvas.text(0, y, f"{number}", size=8.5, color=POSITIVE, strong=True)
        y = canvas.paragraph(0.22, y, item, width=canvas.width - 0.25, size=8.5, leading=1.3) + 0.05
    return y


def _quality(canvas: Canvas, data: ReportData) -> float:
    look = canvas.look
    canvas.line([0, canvas.width], [0, 0], color=INK, width=0.8)
    canvas.text(0, 0.17, "How well the classifier reads", size=9.5, strong=True)
    intro = f"Model {data.model_revision}. Macro-F1 on posts it had not seen: 1.00 is perfect."
    y = canvas.paragraph(0, 0.33, intro, width=canvas.width, size=look.small, color=MUTED, lines=2) + 0.03
    if not data.quality.scores:
        canvas.text(0, y + 0.08, "Not measured. Treat every figure with reserve.", size=look.text)
        y += 0.25
    label, bar, row = 1.1, canvas.width - 2.5, 0.2
    for score in data.quality.scores:
        base = y + 0.07
        canvas.text(0, base, score.task.capitalize(), size=look.text)
        canvas.bar(label, y - 0.04, bar, 0.13, GRID)
        canvas.bar(label, y - 0.04, bar * score.macro_f1, 0.13, POSITIVE)
        canvas.text(label + bar + 0.08, base, f"{score.macro_f1:.2f}", size=look.text, strong=True)
        canvas.text(canvas.width, base, f"n {count(score.n)}", size=look.text, color=MUTED, ha="right")
        y += row
    notes = " ".join(
        part
        for part in (f"Languages: {data.quality.languages}." if data.quality.languages else "", data.quality.note)
        if part
    )
    if notes:
        y = canvas.paragraph(0, y + 0.08, notes, width=canvas.width, size=look.small, color=MUTED, leading=1.3, lines=8)
    return y

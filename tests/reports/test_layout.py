"""Nothing overlaps and nothing leaves the page, whatever the data; images stand alone."""

from dataclasses import replace

import matplotlib as mpl
import polars as pl
import pytest

from reports import ReportSettings
from reports.charts.collection import build
from reports.data import QUOTES
from reports.findings import company_findings, front_findings
from reports.fonts import families
from reports.frame import SYNTHETIC, new_canvas, slide
from reports.look import PAGE, STYLE
from reports.numbers import signed
from reports.pages import _sentences, page_count, pages
from tests.reports.overlap import collisions
from tests.reports.sample import sample

LONG = (
    "The Very Long International Consolidated Holding Company of Europe, Middle East and Africa Ltd.",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "شركة أرامكو السعودية",
    "ソフトバンクグループ株式会社",
    "บริษัท ปตท จำกัด",
    "🔥 Startup 🤖 Inc 👩‍💻",
    "Cost$ & Profit$",
)
THEMES = (
    "A very long theme name about profits while cutting jobs",
    "Künstliche Intelligenz ersetzt Menschen",
    "مخاوف",
    "😢 sad",
)
CASES = {
    "plain": (lambda: sample(names=("Amazon", "Meta", "SAP")), ReportSettings()),
    "long names in many scripts": (lambda: sample(names=LONG, themes=THEMES), ReportSettings()),
    "no company": (lambda: sample(names=()), ReportSettings()),
    "a pinned company without posts": (lambda: sample(names=()), ReportSettings(pinned=("Ghost",))),
    "one week": (lambda: sample(names=("Amazon", "Meta"), weeks=1), ReportSettings()),
    "gaps": (lambda: sample(names=("Amazon",), gaps=(1, 2, 6, 8)), ReportSettings()),
    "all greyed": (lambda: sample(scale=0.02, names=("Amazon", "Meta")), ReportSettings()),
    "huge": (lambda: sample(scale=2000, names=("Amazon",)), ReportSettings()),
    "no reactions": (lambda: sample(scale=0.0, names=("Amazon",)), ReportSettings(pinned=("Amazon",))),
    "two years": (lambda: sample(weeks=104, names=("Amazon",)), ReportSettings(trend_weeks=104)),
}


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context(fname=STYLE):
        families(strong=True)
        yield


@pytest.mark.parametrize("case", CASES)
def test_no_text_overlaps_another_or_leaves_the_page(case):
    make, settings = CASES[case]
    data = make()
    charts = build(data, settings=settings)
    found = {}
    for bookmark, figure in pages(data, charts, front_findings(data, settings=settings), settings=settings):
        found[bookmark] = collisions(figure)
    shown = charts.all() if len(charts.company) < 4 else [*charts.companies, *charts.company[0].all(), charts.trend]
    for chart in shown:
        found[chart.name] = collisions(slide(data, chart))
    assert {name: lines for name, lines in found.items() if lines} == {}


LINK = "https://www.linkedin.com/feed/update/urn:li:activity:7123456789012345678/?utm_source=share&utm_medium=member_desktop"


@pytest.mark.parametrize("text", ["They locked my laptop before the call was over. " * 9, "無理" * 300, "no"])
def test_quotes_take_no_room_from_the_sentences_and_can_be_followed(text):
    """All of a company's sentences stand on its page, in a type that can be read in print."""
    rows = [
        {"company": "Amazon", "source": "linkedin", "url": LINK, "sentiment": s, "text": text}
        for s in ("negative", "positive")
    ]
    data = sample(names=("Amazon", "Meta", "SAP"), quotes=pl.DataFrame(rows, schema=QUOTES))
    data = replace(data, comparisons=data.comparisons.with_columns(pl.col("net_before") - 9))  # so that all is told
    settings = ReportSettings(quotes=True)
    figure = dict(pages(data, build(data, settings=settings), [], settings=settings))["Amazon"]
    assert collisions(figure) == []
    assert min(text.get_fontsize() for text in figure.texts) >= 7
    words = " ".join(text.get_text() for text in figure.texts)
    for sentence in company_findings(data, "Amazon", settings=settings):
        assert sentence in words
    assert [text.get_url() for text in figure.texts].count(LINK) == 2


def test_sentences_without_room_end_in_an_ellipsis():
    with_room, without = (new_canvas(PAGE).part(0, 0, 3, height) for height in (3, 0.3))
    for canvas in (with_room, without):
        _sentences(
            canvas, ["All is said in one of two sentences.", "But not in the other, which is longer than the room."]
        )
    assert with_room.figure.texts[-1].get_text().endswith("room.")
    assert without.figure.texts[-1].get_text().endswith(" …")
    assert min(text.get_fontsize() for text in without.figure.texts) == 7.5


def test_sixty_companies_take_as_many_comparison_pages_as_they_need():
    data = sample(names=tuple(f"Company {k} Holding" for k in range(60)), weeks=2, scale=5)
    settings = ReportSettings(companies_per_report=60)
    charts = build(data, settings=settings)
    assert len(charts.companies) == 3
    assert page_count(charts) == 65
    assert [collisions(slide(data, chart)) for chart in charts.companies] == [[], [], []]


def test_invented_data_is_marked_on_every_page_and_image():
    data = sample(names=("Amazon",))
    charts = build(data, settings=ReportSettings())
    figures = [figure for _, figure in pages(data, charts, [], settings=ReportSettings())]
    figures += [slide(data, chart) for chart in charts.all()]
    assert all(any(text.get_text() == SYNTHETIC for text in figure.texts) for figure in figures)


def test_every_image_carries_title_subtitle_and_source():
    data = sample(names=("Amazon",), synthetic=False)
    for chart in build(data, settings=ReportSettings()).all():
        words = " ".join(text.get_text() for text in slide(data, chart).texts)
        assert chart.title.split()[0] in words
        assert "Source: LinkedIn, Reddit and X" in words
        assert "model pulse-1 (3f9ac1e)" in words
        assert SYNTHETIC not in words


def test_a_company_without_posts_this_week_shows_no_older_week_as_the_newest():
    data = sample(names=("Amazon",), gaps=(0,))
    trend = build(data, settings=ReportSettings(pinned=("Amazon",))).company[0].trend
    words = [text.get_text() for text in slide(data, trend).texts]
    assert words[words.index("reactions") - 1] == "0"
    older = data.weekly.sort("week").row(-1, named=True)
    assert signed(older["net_sentiment"]) not in words


def test_image_size_and_scale_do_not_depend_on_the_data():
    sizes = {
        tuple(slide(d, build(d, settings=ReportSettings()).trend).get_size_inches())
        for d in (sample(), sample(names=()))
    }
    assert sizes == {(13.3334, 7.5)}

"""Nothing overlaps and nothing leaves the page, whatever the data; images stand alone."""

import matplotlib as mpl
import pytest

from reports import ReportSettings
from reports.charts.collection import build
from reports.findings import front_findings
from reports.fonts import families
from reports.frame import SYNTHETIC, slide
from reports.look import STYLE
from reports.numbers import signed
from reports.pages import page_count, pages
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

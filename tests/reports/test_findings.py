"""The sentences say what the figures hold, and nothing where they hold nothing."""

import datetime as dt

import polars as pl
import pytest

from analysis import CHANGES, COVERAGE
from reports import Quality, ReportSettings
from reports.changes import selected
from reports.charts.collection import build
from reports.findings import company_findings
from reports.titles import company_title, headline, level_title, ranked
from tests.reports.sample import WEEK, figures, frame, sample
from tests.reports.words import SETTINGS, change, data, sentences

BEFORE = WEEK - dt.timedelta(days=7)


def test_the_largest_clear_change_leads_with_its_interval_and_test():
    text = sentences(data(changes=[change("Amazon"), change("Meta", move=-9, low=-20, high=2, p=0.4)]))["change"]
    assert text == (
        "Largest clear change: at Amazon net sentiment fell by 36 points on the week before, to −52 "
        "(95 % interval of the change −44 to −28; Monte Carlo test, p < 0.001, corrected for 2 companies)."
    )


def test_a_clear_change_is_not_said_to_be_the_largest_of_all():
    """Meta may have moved further: its interval is wide."""
    text = sentences(
        data(changes=[change("Amazon", move=-8, low=-12, high=-4), change("Meta", low=-80, high=8, p=0.2)])
    )
    assert text["change"].startswith("Largest clear change: at Amazon net sentiment fell by 8 points")


def test_a_change_whose_interval_spans_zero_is_no_clear_change():
    report = data(changes=[change("Meta", move=-9, low=-20, high=2, p=0.1)])
    assert headline(report) == "No clear change at Meta"
    assert "−9 points, 95 % interval −20 to +2, which spans zero" in sentences(report)["change"]


def test_a_change_that_does_not_survive_the_correction_is_not_clear():
    report = data(
        changes=[change("Meta", move=-9, low=-17, high=-1, p=0.21), change("SAP", move=1, low=-5, high=7, p=1)]
    )
    assert headline(report) == "No clear change at any of 2 companies"
    assert "but not clear; Monte Carlo test, p = 0.21, corrected for 2 companies" in sentences(report)["change"]


def test_companies_with_too_few_reactions_are_never_headlined():
    report = data(changes=[change("Tiny", enough=False, n=12)], weekly=[("Tiny", figures(12, net=-90))])
    assert "Tiny" not in headline(report)
    assert sentences(report)["thin"] == "Too few reactions to say anything about Tiny (12): fewer than 30 in the week."
    assert "Tiny" not in sentences(report)["change"]
    assert "negative" not in sentences(report)


def test_the_most_negative_company_is_unsure_when_intervals_overlap():
    sure = sentences(data(weekly=[("A", figures(900, net=-60)), ("B", figures(900, net=-20))]))["negative"]
    unsure = sentences(data(weekly=[("A", figures(90, net=-30)), ("B", figures(90, net=-28))]))["negative"]
    assert "overlaps" not in sure
    assert unsure.endswith("its interval overlaps that of B (−28), so the order is not sure.")


def test_too_few_reactions_to_all_companies_have_no_figure_on_the_front_page():
    row = {key: value for key, value in change("x").items() if key != "company"}
    for n, start in ((1, "1 reaction"), (29, "29 reactions")):
        report = data(overall=figures(n, net=-100), overall_change=pl.DataFrame([row], schema=CHANGES))
        assert sentences(report)["volume"] == f"All in all {start}: fewer than 30, too few for a figure."


def test_a_week_without_reactions_says_so_and_nothing_else():
    report = data(overall=figures(0, net=0))
    assert headline(report) == "No reactions this week"
    assert sentences(report) == {"none": "No reactions were found in this week, so there is nothing to measure."}


def test_the_week_missing_from_the_frames_is_a_week_without_reactions():
    report = data().__class__(**{**data().__dict__, "overall": frame([], "week")})
    assert headline(report) == "No reactions this week"


def test_the_rest_of_the_stream_is_given_in_shares_of_all_posts():
    text = sentences(data(overall=figures(1000, net=-30)))["stream"]
    assert text.startswith(
        "Of 5,050 posts, 20 % are people reacting, counted once; the rest is context only: 48 % headlines"
    )


def test_known_holes_of_collection_are_named():
    row = {"source": "x", "week": WEEK, "gaps": 1} | dict.fromkeys(
        ("posts", "labelled", "reactions", "news", "promo", "noise", "duplicates", "with_company"), 10
    )
    text = sentences(data(coverage=pl.DataFrame([row], schema=COVERAGE)))["gap"]
    assert text == "Collection has known holes this week: X (1 gap). Posts are missing from these figures."


def test_posts_that_are_not_labelled_yet_are_counted():
    row = {"source": "x", "week": WEEK, "posts": 10, "labelled": 9, "gaps": 0} | dict.fromkeys(
        ("reactions", "news", "promo", "noise", "duplicates", "with_company"), 1
    )
    text = sentences(data(coverage=pl.DataFrame([row], schema=COVERAGE)))["gap"]
    assert text == "1 post of this week is not labelled yet and missing here."


def test_volume_is_compared_with_the_week_before():
    rows = [{"week": BEFORE, **figures(400, net=-30)}, {"week": WEEK, **figures(500, net=-30)}]
    report = data()
    report = report.__class__(**{**report.__dict__, "overall": frame(rows, "week")})
    assert sentences(report)["volume"].endswith("; 25 % more than in the week before (400).")


def test_all_companies_together_are_compared_with_a_named_test():
    row = {key: value for key, value in change("x").items() if key != "company"}
    text = sentences(data(overall_change=pl.DataFrame([row], schema=CHANGES)))["volume"]
    assert text.endswith(
        ". Net sentiment fell by 36 points on the week before (−44 to −28; Monte Carlo test, p < 0.001)."
    )
    row |= {"low": -90.0, "high": 12.0}
    text = sentences(data(overall_change=pl.DataFrame([row], schema=CHANGES)))["volume"]
    assert text.endswith(
        "No clear change of net sentiment on the week before: −36 points, 95 % interval −90 to +12, which spans zero."
    )


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"net": None, "n": 0, "enough": False, "moved": None}, "SAP: no reactions this week"),
        ({"net": -40.0, "n": 12, "enough": False, "moved": None}, "SAP: too few reactions for a figure (12)"),
        ({"net": -40.0, "n": 50, "enough": True, "moved": None}, "SAP: net sentiment −40, no comparable week before"),
    ],
)
def test_a_companys_title_without_a_comparison(values, title):
    assert company_title("SAP", **values) == title


def test_titles_keep_to_ten_words_beside_the_name():
    """Numbers count; "Amazon" is one word."""
    for chart in build(sample(), settings=SETTINGS).all():
        assert len(chart.title.replace("\u00a0%", "%").split()) <= 10, chart.title


def test_a_very_long_name_is_cut_so_that_the_finding_stays():
    title = company_title(
        "International Consolidated Holding Company of Everything", net=-4.0, n=50, enough=True, moved=None
    )
    assert title.endswith("…: net sentiment −4, no comparable week before")


def test_a_company_page_says_nothing_about_too_few():
    report = data(weekly=[("SAP", figures(12, net=-40))])
    assert company_findings(report, "SAP", settings=SETTINGS) == [
        "12\u00a0reactions this week: fewer than 30, so the figures are greyed and say little."
    ]


def test_a_week_that_shares_few_reactions_by_platform_is_not_called_thin():
    report = data(
        weekly=[("SAP", figures(90, net=-40))],
        changes=[change("SAP", enough=False, n=90) | {"change": None, "low": None}],
    )
    assert company_findings(report, "SAP", settings=SETTINGS)[-1] == (
        "On the platforms that both weeks have, one of the weeks has fewer than 30 reactions, so the two are not compared."
    )
    thin = data(weekly=[("SAP", figures(90, net=-40))], changes=[change("SAP", enough=False) | {"n_before": 20}])
    assert "too few reactions to compare" in company_findings(thin, "SAP", settings=SETTINGS)[-1]


def test_pinned_companies_come_after_those_with_most_reactions():
    rows = [{"company": name, "week": WEEK, **figures(n, net=0)} for name, n in (("A", 5), ("B", 50), ("C", 20))]
    chosen = selected(
        frame(rows, "company", "week"), week=WEEK, settings=ReportSettings(companies_per_report=2, pinned=("Z", "B"))
    )
    assert chosen == ["B", "C", "Z"]


def test_where_no_week_can_be_compared_the_level_is_the_headline():
    report = data(weekly=[("SAP", figures(90, net=-50)), ("Gap", figures(8, net=-100))])
    assert headline(report) == "Only SAP has enough reactions: −50"
    assert sentences(report)["negative"].startswith(
        "Only SAP has enough reactions for a figure: net sentiment −50 (−70 to −30"
    )


@pytest.mark.parametrize(
    ("levels", "title"),
    [
        ([], "No company has enough reactions this week"),
        ([("A", -60), ("B", -10), ("C", 0)], "A is most negative, at −60"),
        ([("A", -60), ("B", -55), ("C", 0)], "A and B are most negative"),
        ([("A", -60), ("B", -58), ("C", -56), ("D", 0)], "3 companies share the most negative place"),
        ([("A", -60), ("B", -58)], "No clear order among 2 companies"),
    ],
)
def test_the_order_of_companies_is_stated_as_surely_as_the_intervals_allow(levels, title):
    assert level_title(ranked(data(weekly=[(name, figures(400, net=net)) for name, net in levels]))) == title


@pytest.mark.parametrize(
    ("levels", "title"),
    [
        ([("A", 40, -60)], "No company shown has enough reactions this week"),
        ([("A", 900, -30)], "Only A of those shown has enough reactions: −30"),
        ([("A", 900, -60), ("B", 800, -10)], "A is most negative of 2 shown, at −60"),
        ([("A", 900, -60), ("B", 800, -58), ("C", 700, 0)], "A and B are most negative of 3 shown"),
        ([("A", 900, -60), ("B", 800, -58)], "No clear order among the 2 companies shown"),
        ([("A", 900, -60), ("B", 800, -58), ("C", 700, -59), ("D", 600, 0)], "3 of 4 shown share the most negative place"),
    ],
)  # fmt: skip
def test_a_chart_of_some_companies_claims_nothing_of_all(levels, title):
    """The front page ranks all: there, Tiny is most negative."""
    weekly = [(name, figures(n, net=net, half=4, min_posts=60)) for name, n, net in levels]
    report = data(weekly=[*weekly, ("Tiny", figures(30, net=-90, half=4))])
    chart = build(report, settings=ReportSettings(companies_per_report=len(levels))).companies[0]
    assert chart.title == title
    assert "is Tiny" in sentences(report)["negative"] or len(ranked(report)) == 1
    everyone = build(report, settings=ReportSettings()).companies[0]
    assert "shown" not in everyone.title


def test_no_company_is_compared_where_the_settings_ask_for_none():
    report = data(weekly=[("A", figures(900, net=-60))])
    assert build(report, settings=ReportSettings(companies_per_report=0)).companies == ()
    assert len(build(data(), settings=SETTINGS).companies) == 1


def test_the_company_named_as_tied_is_the_one_whose_interval_overlaps():
    """Not the next in order: C's wide interval reaches A's, B's does not."""
    rows = [("A", -60, 10), ("B", -45, 4), ("C", -44, 30)]
    report = data(weekly=[(name, figures(400, net=net, half=half)) for name, net, half in rows])
    assert level_title(ranked(report)) == "A and C are most negative"
    assert sentences(report)["negative"].endswith("its interval overlaps that of C (−44), so the order is not sure.")


def test_of_under_five_reactions_only_their_number_is_told():
    """Shares of so few would point at persons; neither image, words nor values hold them."""
    report = data(weekly=[("SAP", figures(90, net=-50)), ("Gap", figures(4, net=-100))])
    charts = build(report, settings=SETTINGS)
    gap = charts.companies[0].values.row(1, named=True)
    assert (gap["company"], gap["n"], gap["net_sentiment"], gap["share_negative"], gap["n_negative"]) == (
        "Gap",
        4,
        None,
        None,
        None,
    )
    assert "Gap (4\u00a0reactions, not shown)" in charts.companies[0].alt
    assert [page.company for page in charts.company] == ["SAP"]


@pytest.mark.parametrize(
    ("emotions", "title"),
    [
        ({"anger": 60, "sadness": 22, "joy": 5}, "SAP: anger in 60\u00a0% of reactions"),
        ({"anger": 43, "sadness": 40, "joy": 5}, "SAP: anger and sadness lead"),
        ({"anger": 23, "sadness": 22, "joy": 20}, "SAP: no emotion clearly leads"),
        ({"none": 80, "anger": 3, "joy": 2}, "SAP: no emotion clearly leads"),
        ({"none": 100}, "SAP: no emotions found in the reactions"),
    ],
)
def test_an_emotion_is_named_as_leading_only_where_it_clearly_does(emotions, title):
    rows = [{"company": "SAP", "emotion": name, **figures(n, net=-40)} for name, n in emotions.items()]
    report = data(weekly=[("SAP", figures(100, net=-40))], by_emotion=frame(rows, "company", "emotion"))
    chart = build(report, settings=SETTINGS).company[0].topics
    assert chart.title == title


def test_joy_is_given_beside_the_positive_reactions_as_labelled():
    """Shares elsewhere are corrected: 28 % joy beside 17 % positive would look like a contradiction."""
    rows = [{"company": "SAP", "emotion": "joy", **figures(28, net=40)}]
    week = figures(100, net=-40) | {"n_positive": 25, "share_positive": 0.17}
    report = data(weekly=[("SAP", week)], by_emotion=frame(rows, "company", "emotion"))
    assert "as labelled 25\u00a0% are positive" in build(report, settings=SETTINGS).company[0].topics.subtitle


def test_voices_are_given_as_labelled_and_none_is_called_most_negative():
    nothing = dict.fromkeys(
        ("share_negative", "share_neutral", "share_positive", "net_sentiment", "net_low", "net_high")
    )
    rows = [
        {"company": "SAP", "voice": voice, **figures(100, net=net), **nothing}
        for voice, net in (("affected", -75), ("observer", 25))
    ]
    report = data(weekly=[("SAP", figures(200, net=-25))], by_voice=frame(rows, "company", "voice"))
    chart = build(report, settings=SETTINGS).company[0].groups
    assert "of the voices" not in chart.title
    voices = chart.values.filter(pl.col("by") == "Voice").select("group", "share_negative", "net_low", "corrected")
    assert sorted(voices.rows()) == [("Affected", 0.75, None, False), ("Observers", 0.25, None, False)]
    assert (
        "Voice, Affected: 75\u00a0% negative, 25\u00a0% neutral, 0\u00a0% positive (100\u00a0reactions, as labelled)"
        in chart.alt
    )


@pytest.mark.parametrize(("before", "told"), [(-16.0, False), (-17.0, False), (-46.0, True)])
def test_a_change_that_differs_from_that_of_the_figures_shown_is_explained(before, told):
    report = data(
        weekly=[("SAP", figures(90, net=-52))], changes=[change("SAP", move=-36.0, n=90) | {"net_before": before}]
    )
    last = company_findings(report, "SAP", settings=SETTINGS)[-1]
    explained = "The weeks' own figures are −46 and −52; the change is taken platform by platform, with equally many posts in both weeks."
    assert (last == explained) is told


def by_source(company: str, **levels: tuple[int, float, float]) -> pl.DataFrame:
    """A company's sources: reactions, net sentiment, half an interval."""
    rows = [
        {"company": company, "source": source, **figures(n, net=net, half=half)}
        for source, (n, net, half) in levels.items()
    ]
    return frame(rows, "company", "source")


@pytest.mark.parametrize(
    ("half", "finding"), [(8, "Reddit most negative of the sources"), (25, "no clear difference between sources")]
)
def test_a_group_is_most_negative_only_where_no_interval_reaches_into_its_own(half, finding):
    sources = by_source("SAP", reddit=(100, -40, 8), x=(100, -22, 8), linkedin=(31, -20, half))
    report = data(weekly=[("SAP", figures(231, net=-30))], by_source=sources)
    assert build(report, settings=SETTINGS).company[0].groups.title == f"SAP: {finding}"


def test_sources_whose_errors_were_not_measured_are_marked_and_not_headlined():
    sources = by_source("SAP", reddit=(100, -40, 8), x=(100, -10, 8), linkedin=(100, -80, 8))
    languages = frame(
        [{"company": "SAP", "lang": lang, **figures(100, net=net, half=5)} for lang, net in (("de", -60), ("en", 0))],
        "company",
        "lang",
    )
    some = {"weekly": [("SAP", figures(300, net=-30))], "by_lang": languages}
    report = data(by_source=sources, quality=Quality(pooled=("linkedin", "mastodon")), **some)
    chart = build(report, settings=SETTINGS).company[0].groups
    assert chart.title == "SAP: Reddit most negative of the measured sources"
    assert chart.values.filter(pl.col("by") == "Source")["group"].to_list() == ["LinkedIn*", "Reddit", "X"]
    assert "*: errors measured elsewhere, interval too narrow" in chart.subtitle
    report = data(by_source=sources.filter(pl.col("source") != "x"), quality=Quality(pooled=("linkedin",)), **some)
    assert build(report, settings=SETTINGS).company[0].groups.title == "SAP: reactions by source, language and voice"


def test_groups_of_a_company_with_a_very_long_name_are_compared_too():
    name = "Gesellschaft für wissenschaftliche Datenverarbeitung"
    sources = by_source(name, reddit=(100, -40, 8), x=(100, -10, 8))
    report = data(weekly=[(name, figures(200, net=-30))], by_source=sources)
    title = build(report, settings=SETTINGS).company[0].groups.title
    assert title == "Gesellschaft für wissenschaftliche Date…: Reddit most negative of the sources"

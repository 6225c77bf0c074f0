"""The last page says what was done, and nothing that was not."""

from analysis import quality
from reports import ReportSettings
from reports.gather import _shown
from reports.method import cautions, steps
from tests.reports.sample import sample


def test_the_page_claims_no_more_masking_than_is_done():
    told = steps(sample(names=("Amazon",)), settings=ReportSettings())[0]
    assert "Names of people" not in told
    assert "@mentions, e-mail addresses, phone numbers and links to profiles are masked" in told
    assert "a name written out in a post is not" in told


def test_the_page_says_how_a_change_of_the_mix_of_platforms_is_kept_out():
    told = " ".join(steps(sample(names=("Amazon",)), settings=ReportSettings()))
    assert "both weeks count as many posts as the smaller one" in told
    assert "can differ from the difference of the figures shown" in told


def test_the_page_says_in_which_languages_the_quality_was_measured():
    assert _shown(quality(), sources=["x"]).languages.startswith("nearly all English")


def test_the_page_says_that_no_clear_change_of_small_weeks_says_little():
    told = " ".join(cautions(settings=ReportSettings()))
    assert "pulled towards the usual, and changes are shown smaller than they are" in told


def test_the_page_names_the_platforms_whose_errors_were_not_measured():
    shown = _shown(quality(), sources=["x", "mastodon", "linkedin"])
    assert shown.pooled == ("linkedin", "mastodon")
    assert "LinkedIn and Mastodon: no annotated posts" in shown.note
    assert "intervals hold the truth less often" in shown.note

"""What the encoder reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.classifier.text import Context, clean_text, context_segment


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Thanks @Jane_Doe &amp; @joe!", "Thanks @user & @user!"),
        ("write to jane.doe@example.com", "write to @user"),
        ("see https://t.co/abc and www.example.org/x?y=1", "see http and http"),
        ("a https://t.co/a https://t.co/b", "a http"),
        ("two\n\n lines\tand\x00NUL", "two lines and NUL"),
        ("&amp;gt; quoted", "> quoted"),
        ("", ""),
    ],
)
def test_names_links_and_white_space_are_masked(raw, clean):
    assert clean_text(raw).strip() == clean


def test_emoji_hashtags_and_case_stay():
    text = "WTF 😡👨‍👩‍👧 #layoffs #OpenToWork !!!"
    assert clean_text(text) == text


@given(st.text(max_size=300))
def test_any_text_is_cleaned_once_and_for_all(text):
    once = clean_text(text)
    assert "\x00" not in once
    assert "  " not in once
    assert once == once.strip()


@pytest.mark.parametrize(
    ("context", "segment"),
    [
        (Context("x"), "x"),
        (Context("reddit", "Laid off &amp; lost"), "reddit: Laid off & lost"),
        (Context("bluesky"), "x"),
        (Context("hackernews", "Layoffs at Intel"), "reddit: Layoffs at Intel"),
        (Context("other"), ""),
        (Context("", "A title"), "A title"),
    ],
)
def test_the_second_segment_names_platform_and_thread(context, segment):
    assert context_segment(context) == segment

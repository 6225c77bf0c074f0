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
        ("a &amp;amp;amp;#64;bob", "a @user"),
        ("&\u200blt;", "<"),
        ("@alice@mastodon.social said", "@user said"),
        ("https://t.co/abc解雇された。もう無理", "http 解雇された。もう無理"),
        ("https://t.co/abc。もう無理", "http 。もう無理"),
        ("https://example.com해고됐다", "http 해고됐다"),
        ("https://ja.wikipedia.org/wiki/%E8%A7%A3%E9%9B%87?a=1#b 解雇", "http 解雇"),
        ("https://例え.jp/a と https://пример.рф/b?c=d и https://münchen.de.", "http と http и http"),
        ("cut off: https://t.co/ab… https://t…", "cut off: http"),
        ("(http://[::1]:80/x) www.", "(http"),
        ("", ""),
    ],
)
def test_names_links_and_white_space_are_masked(raw, clean):
    assert clean_text(raw).strip() == clean


def test_emoji_hashtags_and_case_stay():
    text = "WTF 😡👨‍👩‍👧 #layoffs #OpenToWork !!!"
    assert clean_text(text) == text


NASTY = [
    *("&", "amp;", "lt;", "#64;", "#x26;", "&nbsp;", "&#0;", "&#8203;"),
    *("\u200b", "\u00ad", "\ufeff", "\x00", "\ud800", "\u3000"),
    *("@", "@user", "a@b.cc", ".dd", "b.", "http", "https://", "www.", "t.co/a"),
    *("рф", "解雇", "。", "…", "-", " ", "x"),
]


@given(st.text(max_size=300) | st.lists(st.sampled_from(NASTY), max_size=14).map("".join))
def test_any_text_is_cleaned_once_and_for_all(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\x00" not in once
    assert "  " not in once
    assert once == once.strip()


@pytest.mark.parametrize(
    ("unit", "clean"),
    [
        ("&amp;", "&" * 80_001),
        ("amp;", "&" + "amp;" * (100_000 - 16)),  # each round of decoding takes one
        ("@", "&" + "@" * 400_000),
        ("a@b.cc", "&" + "@user" * 33_333),  # one takes the next along
        ("a.", "&" + "a." * 200_000),
        ("www.", "&http"),
        ("https://", "&http"),
        ("x-", "&" + "x-" * 200_000),
        ("é.", "&" + "é." * 200_000),
    ],
)
def test_no_text_holds_the_cleaning_up(unit, clean):
    # So long that a pattern whose steps grow with the square of a text's length would take ten minutes and not a blink.
    assert clean_text("&" + unit * (400_000 // len(unit))) == clean


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

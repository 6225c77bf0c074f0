"""Long posts as token windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.classifier.windows import CONTEXT_TOKENS, MOST_WINDOWS, OVERLAP_TOKENS, TEXT_TOKENS, split_windows


@given(st.integers(0, 3000), st.integers(0, 80))
def test_every_token_is_read_and_no_window_is_too_long(text_length, context_length):
    text = list(range(10, 10 + text_length))
    windows = list(split_windows(text, [5] * context_length))
    assert set(text) <= {token for window in windows for token in window.ids[1 : window.text_length]}
    assert all(len(window.ids) <= TEXT_TOKENS + CONTEXT_TOKENS + 4 for window in windows)
    assert all(window.weight >= 1 for window in windows)


def test_of_a_text_without_end_as_many_windows_are_read_from_its_beginning_to_its_end():
    text = list(range(10, 1_000_010))
    windows = list(split_windows(text, []))
    assert len(windows) == MOST_WINDOWS
    firsts = [window.ids[1] for window in windows]
    assert firsts == sorted(set(firsts))
    assert (firsts[0], windows[-1].ids[-2]) == (text[0], text[-1])


def test_neighbouring_windows_overlap():
    first, second = list(split_windows(list(range(10, 210)), []))
    assert first.ids[-OVERLAP_TOKENS - 1 : -1] == second.ids[1 : OVERLAP_TOKENS + 1]


def test_each_window_keeps_the_threads_title():
    windows = list(split_windows([7] * 500, [8, 9]))
    assert len(windows) > 2
    assert all(window.ids[-3:-1] == (8, 9) for window in windows)


def test_an_empty_post_is_one_window():
    (window,) = split_windows([], [])
    assert window.ids == (0, 2)
    assert window.text_length == 1


@pytest.mark.parametrize("length", [TEXT_TOKENS, TEXT_TOKENS + 1])
def test_the_limit_is_exact(length):
    assert len(list(split_windows([7] * length, []))) == 1 + (length > TEXT_TOKENS)

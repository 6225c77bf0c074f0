"""Long posts as token windows."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.classifier.predictions import CLASSES, combine_windows, head_columns
from analysis.classifier.windows import CONTEXT_TOKENS, MOST_WINDOWS, OVERLAP_TOKENS, TEXT_TOKENS, split_windows

#: Tokens of the longest text that is read whole.
WHOLE = OVERLAP_TOKENS + MOST_WINDOWS * (TEXT_TOKENS - OVERLAP_TOKENS)


@given(st.integers(0, WHOLE), st.integers(0, 80))
@example(WHOLE, 80)
def test_every_token_is_read_and_no_window_is_too_long(text_length, context_length):
    text = list(range(10, 10 + text_length))
    windows = list(split_windows(text, [5] * context_length))
    assert {token for window in windows for token in window.ids[1 : window.text_length]} == set(text)
    assert all(len(window.ids) <= TEXT_TOKENS + CONTEXT_TOKENS + 4 for window in windows)


@given(st.integers(1, WHOLE + 1000), st.integers(0, 80))
def test_a_window_stands_for_as_many_tokens_as_it_holds_of_the_text(text_length, context_length):
    windows = list(split_windows(list(range(10, 10 + text_length)), [5] * context_length))
    assert [window.weight for window in windows] == [sum(token >= 10 for token in window.ids) for window in windows]
    assert [window.weight for window in windows[:-1]] == [TEXT_TOKENS] * (len(windows) - 1)


def test_a_short_last_window_does_not_outvote_the_one_before():
    weights = [window.weight for window in split_windows([7] * 200, [])]
    assert weights == [192, 56]
    logits = np.zeros((2, CLASSES), np.float32)
    logits[:, head_columns("sentiment")] = [[3, 0, 0], [0, 0, 4]]
    found = np.exp(combine_windows(logits, [0, 0], weights, 1))[0, head_columns("sentiment")]
    scores = np.exp(np.array([192 * 3, 0, 56 * 4]) / 248)  # what log-softmax takes off is the same for all classes
    assert found == pytest.approx(scores / scores.sum(), abs=1e-6)


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

"""Token windows: how a post of any length becomes sequences the encoder can take.

A post of up to `TEXT_TOKENS` tokens is one window. A longer one (LinkedIn, Reddit: up to 40,000 characters) is cut
into overlapping windows at token borders, never by characters, and each window keeps the thread's title. Of a text that no
platform takes (a book, a file whose quotes are broken) so many are read, from its beginning to its end, that it holds nobody up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Tokens of a post's own text in one window; every annotated tweet fits in one, and of the annotated Reddit posts under layoff
#: threads 98 % of the first 2,470 and 81 % of the later ones. Training reads only the first window.
TEXT_TOKENS = 192
#: Tokens that neighbouring windows share, so that a sentence on the border is read whole once.
OVERLAP_TOKENS = 48
#: Tokens of the second segment (platform and thread title).
CONTEXT_TOKENS = 40

#: Windows of one post at most: all of 4,656 tokens (some 18,000 characters), a sample of what is longer.
MOST_WINDOWS = 32

CLS_ID, PAD_ID, SEP_ID = 0, 1, 2  # <s>, <pad>, </s> of XLM-R's vocabulary


@dataclass(frozen=True, slots=True)
class Window:
    """One sequence for the encoder.

    `ids` are the token ids with special tokens; the first `text_length` of them (`<s>` and the text's own tokens)
    are pooled. `weight` is how many tokens of the post this window stands for.
    """

    ids: tuple[int, ...]
    text_length: int
    weight: int


def split_windows(text_ids: Sequence[int], context_ids: Sequence[int]) -> Iterator[Window]:
    """Yield the windows of one post; at least one, also for an empty text."""
    tail = (SEP_ID, SEP_ID, *context_ids[:CONTEXT_TOKENS], SEP_ID) if context_ids else (SEP_ID,)
    starts: Sequence[int] = range(0, max(1, len(text_ids) - OVERLAP_TOKENS), TEXT_TOKENS - OVERLAP_TOKENS)
    if len(starts) > MOST_WINDOWS:
        starts = [starts[i * (len(starts) - 1) // (MOST_WINDOWS - 1)] for i in range(MOST_WINDOWS)]
    for start in starts:
        part = tuple(text_ids[start : start + TEXT_TOKENS])
        yield Window((CLS_ID, *part, *tail), 1 + len(part), max(1, len(part)))

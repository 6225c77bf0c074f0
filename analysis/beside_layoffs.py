"""Words about layoffs in a text, and the names that stand right beside one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.company_names import PEOPLE
from analysis.layoff_words import NOT_LAYOFFS
from analysis.words import as_patterns, fold, folded, spellings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.settings import Company

_EVERYWHERE: Final = "en"  # posts of all languages speak of "layoffs"
_CLAUSE_END: Final = r"[.!?;…]+(?:\s|$)|[。！？；\n]+"
_BREAK: Final = "\0"
# Marks put into a folded text in place of what was found. A pattern that ends in * leaves the rest of its word behind.
_LAYOFF, _LAYOFF_STEM = "\x01", "\x02"
_STARTS, _ENDS, _PHRASE_STEM, _PHRASE_END = "\x03", "\x04", "\x05", "\x06"
_REST: Final = r"[^ \x00-\x06]* ?"
# "cuts 400 jobs"
_CUTS: Final = r" (?:cut|cuts|cutting|slash|slashes|slashing|axes) (?: [\w%]+ ){0,5}? (?:jobs?|roles?|staff|workers?|positions?|employees|people|workforce) "
_PEOPLE: Final = rf" (?:{'|'.join(PEOPLE)}) "
_LINKS: Final = (
    r"(?: (?:s|is|are|was|were|got|gets|getting|has|have|had|been|being|be|will|to|just|also|now|today|hit|hits|faces|by|with|the|in|"
    r"announces|announced|mass|new|more|big|recent|latest|massive|upcoming|second|third|further|tech|job|hr) )*"
)
_PLACED: Final = r"(?: (?:at|in|from|by|hit|hits|bei|im|in|chez|en|da|na) (?: (?:the|my|our|their|whole|entire) )?)"
_PRODUCT: Final = rf"{_STARTS}(\d+){_PHRASE_END}"
_PLACE: Final = rf"{_ENDS}(\d+){_PHRASE_END}"
#: A product ("Google Ads") is its company where it was hit: "Google Ads laid off 40", "the Google Ads team in Berlin was laid off",
#: "layoffs at Google Ads". Behind a preposition ("on Twitter") a name is the place where something was seen, unless the next
#: words are about its own layoffs: "news on Twitter layoffs", "on Twitter's trust team".
_BESIDE: Final = (
    rf"{_PRODUCT}{_LINKS}{_LAYOFF}",
    rf"{_PRODUCT}(?: \S+ ){{0,2}}?{_PEOPLE}(?: [^ \x00-\x06]+ ){{0,8}}?{_LAYOFF}",
    rf"{_LAYOFF}{_PLACED}{_PRODUCT}",
    rf"{_PLACE}(?: s (?: \w+ ){{0,3}}?)?(?: (?:mass|new|more|big|recent|latest|massive|upcoming|tech|job) ){{0,2}}{_LAYOFF}",
    rf"{_PLACE}(?: s )?(?: \w+ )?{_PEOPLE}(?: [^ \x00-\x06]+ ){{0,8}}?{_LAYOFF}",
    rf"{_LAYOFF}{_PLACE} s ",
)


@dataclass(frozen=True)
class LayoffWords:
    """Words about layoffs, ready to be searched for: from `compile_layoff_words`."""

    by_language: Mapping[str, list[str]]
    everywhere: list[str]
    """Of all languages together."""
    not_meant: dict[str, str]
    """What only sounds like one → what is read in its place."""


def compile_layoff_words(words: Mapping[str, Sequence[str]]) -> LayoffWords:
    """Language → words, as patterns. Raises ValueError for a word without letters."""
    english = words.get(_EVERYWHERE, ())
    return LayoffWords(
        {lang: as_patterns([*own, *english]) for lang, own in words.items()},
        sorted(as_patterns(sorted({word for own in words.values() for word in own})), key=len, reverse=True),
        dict.fromkeys(as_patterns(NOT_LAYOFFS), "  "),
    )


def speaks_of_layoffs(texts: pl.DataFrame, words: LayoffWords) -> pl.Series:
    """Whether each text has a word about layoffs of its own language or English; of any where its language has none or is unknown.

    So has one that speaks of cuts of jobs with other words between: "cut additional 30,000 jobs".

    Args:
        texts: text (folded) and lang; a tag counts as the word in it.
        words: from `compile_layoff_words`.

    Returns:
        A Boolean series as long as `texts`.
    """
    heard = pl.col("text").str.replace_all("#", "", literal=True).str.replace_many(words.not_meant)
    known = pl.when(pl.col("lang").is_in(list(words.by_language))).then("lang")
    parts = [
        part.select(
            "index",
            (
                heard.str.contains_any(words.by_language.get(part["known"][0] or "", words.everywhere))
                | heard.str.contains(_CUTS)
            ).alias("has"),
        )
        for part in texts.with_columns(known.alias("known")).with_row_index("index").partition_by("known")
    ]
    empty = pl.DataFrame(schema={"index": pl.UInt32, "has": pl.Boolean})
    return pl.concat([empty, *parts]).sort("index")["has"]


@dataclass(frozen=True)
class Phrases:
    """Phrases that name a company in passing: from `compile_phrases`."""

    marks: dict[str, str]
    """Pattern → the mark put in its place, the longest pattern first."""
    companies: list[str]
    """companies[n] is that of mark n."""


def compile_phrases(settings: Sequence[Company]) -> Phrases:
    """What companies are named by in passing. The longest pattern is found first."""
    phrases = [(phrase, company) for company in settings for phrase in company.in_passing]
    names = {
        company.name: tuple(f"{name} " for name in fold([company.name, *company.aliases]))
        for company in settings
        if company.in_passing
    }
    companies = list(names)
    words = [phrase for phrase, _ in phrases]
    marked: dict[str, str] = {}
    for (phrase, company), written, patterns in zip(phrases, fold(words), spellings(words), strict=True):
        sign = _STARTS if written.startswith(names[company.name]) else _ENDS
        end = _PHRASE_STEM if phrase.endswith("*") else _PHRASE_END
        marked |= dict.fromkeys(patterns, f"{sign}{companies.index(company.name)}{end}")
    ordered = sorted(marked, key=lambda pattern: len(pattern.encode()), reverse=True)
    return Phrases({pattern: marked[pattern] for pattern in ordered}, companies)


def beside_layoffs(texts: pl.DataFrame, phrases: Phrases, words: LayoffWords) -> pl.DataFrame:
    """Companies that a text names in passing, but right beside a word about layoffs.

    Args:
        texts: row, text (as it was written: a sentence's end parts them).
        phrases: from `compile_phrases`.
        words: from `compile_layoff_words`; those of all languages count, so close to the name.

    Returns:
        row, company, each pair once.
    """
    if texts.is_empty():
        return pl.DataFrame(schema={"row": texts.schema["row"], "company": pl.String})
    clauses = texts.select(
        "row", pl.col("text").str.replace_all(_CLAUSE_END, _BREAK).str.split(_BREAK).alias("text")
    ).explode("text", empty_as_null=False)
    layoffs = {
        pattern: _LAYOFF_STEM if pattern.startswith(" ") and not pattern.endswith(" ") else _LAYOFF
        for pattern in words.everywhere
    }
    marked = (
        folded(pl.col("text"))
        .str.replace_many(words.not_meant)
        .str.replace_many(phrases.marks, leftmost=True)
        .str.replace_all(rf"{_PHRASE_STEM}{_REST}", _PHRASE_END)
        .str.replace_all(r"(\s)(?:#)(\w)", "$1$2")
        .str.replace_all(_CUTS, _LAYOFF)
        .str.replace_many(layoffs, leftmost=True)
        .str.replace_all(rf"{_LAYOFF_STEM}{_REST}", _LAYOFF)
    )
    clauses = clauses.select("row", marked.alias("text")).filter(pl.col("text").str.contains(_LAYOFF, literal=True))
    named = pl.concat_list(pl.col("text").str.extract_all(pattern) for pattern in _BESIDE).alias("found")
    return (
        clauses.select("row", named)
        .explode("found", empty_as_null=False)
        .select(
            "row",
            pl.col("found")
            .str.extract(rf"[{_STARTS}{_ENDS}](\d+){_PHRASE_END}")
            .cast(pl.UInt32)
            .replace_strict(dict(enumerate(phrases.companies)), return_dtype=pl.String)
            .alias("company"),
        )
        .unique()
    )

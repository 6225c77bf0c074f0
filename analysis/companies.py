"""Who is meant: the companies that a post names, or else its thread.

All names of all companies are found by one Aho-Corasick pass over folded words, the longest match first. Four ways count: a word, an
@handle, a #hashtag (also joined to a layoff word: #AmazonLayoffs) and a $ticker.

Against 3,766 annotated reactions and news, companies of the shipped settings (precision, recall): tweets, reactions 0.88, 0.85;
tweets, news 0.91, 0.94; Reddit, reactions 0.87, 0.94; Reddit, news 0.97, 0.99. What is wrong is mostly a company that the post
names for another reason ("Microsoft-owned", "look it up on Google"); what is missing, a masked @mention. Inheriting also from the
thread's first post, not only its title, cost Reddit's reactions 17 points of precision for 1 of recall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.layoff_words import TAG_WORDS
from analysis.words import as_patterns, fold, folded
from store import COMPANY_MENTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.schemas import Columns
    from analysis.settings import Company

#: Tags and handles of so many companies that no prose names are a salad, fishing for readers. From 4 on it also lost
#: people who list who is cutting (recall 0.80 in place of 0.85).
SALAD: Final = 6
#: A thread about more companies than this is about none of them in particular.
MOST_INHERITED: Final = 3
_FOUND_BY: Final = ("word", "handle", "hashtag", "ticker", "thread")
_SHORTEST_GENITIVE: Final = 4  # "Googles Entlassungen", but not "SAPs" or "UPSs"


@dataclass(frozen=True)
class CompanyRules:
    """Companies, ready to be searched for: build once with `compile_companies`."""

    names: pl.DataFrame
    """pattern, company, found_by, needs_support, written: a row for each way to name a company."""
    layoff_patterns: tuple[str, ...]


def compile_companies(companies: Sequence[Company], layoff_words: Sequence[str]) -> CompanyRules:
    """Everything that names a company, as patterns. Raises ValueError for a name without letters."""
    schema: Columns = {
        "named": pl.String,
        "company": pl.String,
        "found_by": pl.Enum(_FOUND_BY),
        "needs_support": pl.Boolean,
        "written": pl.String,
    }
    rows = pl.DataFrame([row for company in companies for row in _names(company)], schema=schema, orient="row")
    names = rows.with_columns(pl.Series("pattern", as_patterns(rows["named"].to_list()), dtype=pl.String))
    # Where several patterns start at the same place the engine takes the first of the list: here, the longest.
    names = names.sort(pl.col("pattern").str.len_bytes(), descending=True, maintain_order=True)
    return CompanyRules(
        names.drop("named").unique("pattern", keep="first", maintain_order=True),
        tuple(sorted(set(as_patterns(layoff_words)))),
    )


def _names(company: Company) -> Iterator[tuple[str, str, str, bool, str]]:
    """How it is named; company; found_by; whether that needs support; how it is written, where capitals matter."""
    words = [company.name, *company.aliases]
    for word, written in zip(words, fold(words, lower=False), strict=True):
        # "Gap Inc" and "Meta Platforms" are no everyday words.
        everyday = company.ambiguous and " " not in written
        yield word, company.name, "word", everyday, written
        genitive = word.isascii() and word.isalpha() and len(word) >= _SHORTEST_GENITIVE and not word.endswith("s")
        if genitive and not everyday:
            yield f"{word}s", company.name, "word", False, ""
        joined = written.replace(" ", "").replace("_", "")
        tags = {joined, *(f"{joined}{tag}" for tag in TAG_WORDS)}
        tags |= {f"{tag}{link}{joined}" for tag in TAG_WORDS for link in ("", "at", "bei", "en")}
        for tag in sorted(tags):
            yield f"#{tag}", company.name, "hashtag", False, ""
    for sign, found_by, values in (
        ("@", "handle", company.handles),
        ("#", "hashtag", company.hashtags),
        ("$", "ticker", company.tickers),
    ):
        for value in values:
            yield f"{sign}{value.lstrip('@#$')}", company.name, found_by, False, ""


def find_companies(posts: pl.DataFrame, rules: CompanyRules) -> pl.Series:
    """The companies of each post with how each was found, in order of their names.

    A post's own words count first; one that names nobody inherits what its thread's title names. Everyday names (Meta,
    Target) have to stand with a layoff word in the post or its thread's title and be capitalised, or every "target" and "metà"
    would count; tags, handles and tickers need neither.

    Args:
        posts: columns text (of a thread's first post with its title) and thread_title (of the thread that a comment
            hangs in; else null).
        rules: from `compile_companies`.

    Returns:
        A List(Struct(company, found_by)) series `companies`, as long as `posts`.
    """
    texts = posts.select("text", pl.col("thread_title").alias("beside"))
    found = _named(texts, rules)
    heirs = texts.filter((found.list.len() == 0) & pl.col("beside").is_not_null())
    threads = heirs.select("beside").unique(maintain_order=True)
    inherited = threads.with_columns(
        _named(threads.select(text="beside", beside=pl.lit(None, pl.String)), rules).alias("inherited")
    )
    as_thread = pl.element().struct.with_fields(pl.lit("thread").alias("found_by"))
    return (
        texts.with_columns(found.alias("found"))
        .join(inherited, on="beside", how="left", maintain_order="left")
        .select(
            pl.when((pl.col("found").list.len() == 0) & pl.col("inherited").list.len().is_between(1, MOST_INHERITED))
            .then(pl.col("inherited").list.eval(as_thread))
            .otherwise("found")
            .alias("companies")
        )["companies"]
    )


def _named(texts: pl.DataFrame, rules: CompanyRules) -> pl.Series:
    """What the texts themselves name; `beside` is only searched for layoff words."""
    if rules.names.is_empty():
        return pl.Series("companies", [[]] * texts.height, dtype=pl.List(COMPANY_MENTION))
    lower = texts.select(
        folded(pl.col("text").fill_null("")).alias("text"), folded(pl.col("beside").fill_null("")).alias("beside")
    ).with_row_index("row")
    hits = (
        lower.select(
            "row", pl.col("text").str.extract_many(rules.names["pattern"].to_list(), leftmost=True).alias("pattern")
        )
        .explode("pattern", empty_as_null=False)
        .join(rules.names, on="pattern", how="inner")
        .unique(["row", "company", "found_by", "needs_support", "written"])
    )
    hits = _supported(hits, texts, lower, rules)
    in_prose = (pl.col("found_by") == "word").any().over("row", "company")
    salad = pl.col("company").filter(~in_prose).n_unique().over("row") >= SALAD
    named = (
        hits.filter(in_prose | ~salad)
        .group_by("row", "company")
        .agg(pl.col("found_by").min().cast(pl.String))
        .sort("row", "company")
        .group_by("row", maintain_order=True)
        .agg(pl.struct("company", "found_by").alias("companies"))
    )
    return (
        lower.select("row")
        .join(named, on="row", how="left", maintain_order="left")
        .select(pl.coalesce("companies", pl.lit([], dtype=pl.List(COMPANY_MENTION))))
        .to_series()
    )


def _supported(hits: pl.DataFrame, texts: pl.DataFrame, lower: pl.DataFrame, rules: CompanyRules) -> pl.DataFrame:
    """Hits without the everyday names that nothing shows to be an employer."""
    doubtful = hits.filter("needs_support")
    rows = doubtful.select("row").unique(maintain_order=True)
    layoffs = (
        pl.concat_str("text", "beside")
        .str.replace_all("#", "", literal=True)
        .str.contains_any(list(rules.layoff_patterns))
    )
    cased = folded(pl.col("text").fill_null(""), lower=False).alias("cased")
    shown = (
        rows.join(lower.select("row", layoffs.alias("layoffs")), on="row")
        .filter("layoffs")
        .join(texts.with_row_index("row").select("row", "text"), on="row")
        .select("row", cased)
    )
    has_capital = pl.col("cased").str.contains(" " + pl.col("written") + " ", literal=True) | pl.col(
        "cased"
    ).str.contains(" " + pl.col("written").str.to_uppercase() + " ", literal=True)
    accepted = doubtful.join(shown, on="row").filter(has_capital).select(hits.columns)
    return pl.concat([hits.filter(~pl.col("needs_support")), accepted])

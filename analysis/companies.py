"""Who is meant: the companies that a post names, or else its thread.

All names of all companies are found by one Aho-Corasick pass over folded words, the longest match first. Four ways count: a word, an
@handle, a #hashtag (also joined to a layoff word: #AmazonLayoffs) and a $ticker.

Against 3,766 annotated reactions and news, companies of the shipped settings (precision, recall): tweets, reactions 0.89, 0.85;
tweets, news 0.92, 0.94; Reddit, reactions 0.88, 0.94; Reddit, news 0.97, 0.99; 460 authored posts in ten languages 0.99, 0.95. These
posts were also looked at while the words and limits were chosen, the authored ones most of all: expect somewhat less on others.
What is wrong is mostly a company that the post names for another reason ("she is at Microsoft now"); what is missing, a masked
@mention. Inheriting also from the thread's first post, not only its title, cost Reddit's reactions 17 points of precision for 1
of recall.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.layoff_words import TAG_WORDS
from analysis.words import as_patterns, fold, folded, lowered, spellings, without_accents
from store import COMPANY_MENTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.schemas import Columns
    from analysis.settings import Company

#: Tags and handles of so many companies that no prose names are a salad, fishing for readers. From 4 on it also lost
#: people who list who is cutting (recall 0.80 in place of 0.85).
SALAD: Final = 6
#: Where prose names somebody, so many further ones in tags and handles are fishing ("Oracle … $AMZN $MSFT $IBM").
SALAD_BESIDE_PROSE: Final = 3
#: A thread about more companies than this is about none of them in particular.
MOST_INHERITED: Final = 3
_FOUND_BY: Final = ("word", "handle", "hashtag", "ticker", "thread")
#: Names that are a word or a skill in lower case: of 41 "sap", "aws", "vw", "ibm", "tcs", … in 33,000 posts one meant the employer.
_ACRONYM: Final = re.compile("[A-Z]{1,3}")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]+")
_NOT_IN_TAGS: Final = re.compile(r"[\W_ʼ]+")
_TAG: Final = r"#\w+"
_TAG_YEAR: Final = r"(?:20)?\d\d$"  # #AmazonLayoffs2025
_BEGINS_SMALL: Final = r" \p{Ll}\S*"


@dataclass(frozen=True)
class CompanyRules:
    """Companies, ready to be searched for: build once with `compile_companies`."""

    names: pl.DataFrame
    """pattern, company, found_by, needs_support, written: a row for each way to name a company; company is null for a phrase in
    which its name says something else, written where capitals decide."""
    tags: pl.DataFrame
    """tag, company: hashtags, folded, without # and _."""
    layoff_patterns: pl.Series


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
    names = (
        rows.with_columns(pl.Series("pattern", spellings(rows["named"].to_list()), dtype=pl.List(pl.String)))
        .explode("pattern", empty_as_null=False)
        # Where several patterns start at the same place the engine takes the first of the list: here, the longest.
        .sort(pl.col("pattern").str.len_bytes(), descending=True, maintain_order=True)
        .unique("pattern", keep="first", maintain_order=True)
        .drop("named")
    )
    tags = [(tag, company.name) for company in companies for tag in _tags(company)]
    return CompanyRules(
        names,
        pl.DataFrame(tags, schema={"tag": pl.String, "company": pl.String}, orient="row").unique(
            "tag", keep="first", maintain_order=True
        ),
        pl.Series(as_patterns(sorted(layoff_words)), dtype=pl.String),
    )


def _names(company: Company) -> Iterator[tuple[str, str | None, str, bool, str | None]]:
    """How it is named; company, null where something else is meant; found_by; whether that needs support; its capitals."""
    for phrase in company.not_meant:  # first: of two ways to read the same words, this one counts
        yield phrase, None, "word", False, None
    words = [company.name, *company.aliases]
    for word, written in zip(words, fold(words), strict=True):
        # "Gap Inc" and "Meta Platforms" are no everyday words.
        everyday = company.ambiguous and " " not in written
        for way in _declined(word):
            yield way, company.name, "word", everyday, f" {way} " if _ACRONYM.fullmatch(word) else None
        # "Microsoft-owned GitHub lays off 142" is about GitHub.
        yield f"{word}-owned", None, "word", False, None
        yield f"owned by {word}", None, "word", False, None
    for sign, found_by, values in (("@", "handle", company.handles), ("$", "ticker", company.tickers)):
        for value in values:
            yield f"{sign}{value.lstrip('@$')}", company.name, found_by, False, None


def _declined(word: str) -> Iterator[str]:
    """A name with the endings that it takes without an apostrophe: "Googles Entlassungen", "SAPs", "в Амазоне"."""
    yield word
    if word.isalpha() and without_accents(word).isascii() and not word.endswith(("s", "S")):
        yield f"{word}s"
    if _CYRILLIC.fullmatch(word):
        stem, endings = (word[:-1], "ы е у ой") if word.endswith("а") else (word, "а у е ом")
        yield from (f"{stem}{ending}" for ending in endings.split())


def _tags(company: Company) -> Iterator[str]:
    """Hashtags that name it: those of the settings, its names as one word, and these joined to words about layoffs."""
    own = [tag for word in fold([tag.lstrip("#") for tag in company.hashtags]) for tag in _as_tags(word)]
    names = [tag for word in fold([company.name, *company.aliases]) for tag in _as_tags(word)]
    yield from own
    yield from names
    for name in names:
        for word in _TAG_WORDS:
            yield f"{name}{word}"
            yield from (f"{word}{link}{name}" for link in ("", "at", "bei", "en"))


def _as_tags(words: str) -> list[str]:
    joined = _NOT_IN_TAGS.sub("", words)
    return list(dict.fromkeys((joined, without_accents(joined))))


_TAG_WORDS: Final = tuple(dict.fromkeys(tag for words in fold(TAG_WORDS) for tag in _as_tags(words)))


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
    cased = texts.select(
        folded(pl.col("text").fill_null(""), lower=False).alias("cased"),
        pl.col("beside"),
    ).with_row_index("row")
    lower = cased.select("row", lowered(pl.col("cased")).alias("text"))
    hits = (
        lower.select(
            "row",
            # What a tag says is for `_tagged`: scripts without spaces would be found inside it.
            pl.col("text")
            .str.replace_all(_TAG, "")
            .str.extract_many(rules.names["pattern"].to_list(), leftmost=True)
            .alias("pattern"),
        )
        .explode("pattern", empty_as_null=False)
        .unique()
        .join(rules.names, on="pattern")
        .drop_nulls("company")
    )
    sure = ~pl.col("needs_support") & pl.col("written").is_null()
    hits = pl.concat(
        [
            hits.filter(sure).select("row", "company", "found_by"),
            _supported(hits.filter(~sure), cased, rules),
            _tagged(lower, rules),
        ]
    )
    in_prose = (pl.col("found_by") == "word").any().over("row", "company")
    most = pl.when(in_prose.any().over("row")).then(SALAD_BESIDE_PROSE).otherwise(SALAD)
    salad = pl.col("company").filter(~in_prose).n_unique().over("row") >= most
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


def _tagged(lower: pl.DataFrame, rules: CompanyRules) -> pl.DataFrame:
    """row, company, found_by: what hashtags name."""
    tags = (
        lower.select("row", pl.col("text").str.extract_all(_TAG).alias("tag"))
        .explode("tag", empty_as_null=False)
        .with_columns(pl.col("tag").str.replace_all(r"[#_]", ""))
    )
    undated = tags.filter(pl.col("tag").str.contains(_TAG_YEAR)).with_columns(pl.col("tag").str.replace(_TAG_YEAR, ""))
    return (
        pl.concat([tags, undated])
        .join(rules.tags, on="tag")
        .select("row", "company", pl.lit("hashtag", rules.names["found_by"].dtype).alias("found_by"))
        .unique()
    )


def _supported(doubtful: pl.DataFrame, cased: pl.DataFrame, rules: CompanyRules) -> pl.DataFrame:
    """row, company, found_by of the doubtful names whose capitals and a word about layoffs show that an employer is meant."""
    layoffs = (
        pl.concat_str("text", folded(pl.col("beside").fill_null("")))
        .str.replace_all("#", "", literal=True)
        .str.contains_any(rules.layoff_patterns.implode())
    )
    posts = (
        cased.join(doubtful.select("row").unique(), on="row", how="semi")
        .with_columns(lowered(pl.col("cased")).alias("text"))
        .select(
            "row",
            "cased",
            lowered(pl.col("cased").str.replace_all(_BEGINS_SMALL, " ")).alias("capitalised"),
            layoffs.alias("layoffs"),
        )
    )
    as_named = (
        pl.when(pl.col("written").is_null())
        .then(pl.col("capitalised").str.contains(pl.col("pattern"), literal=True))
        .otherwise(pl.col("cased").str.contains(pl.col("written"), literal=True))
    )
    return (
        doubtful.join(posts, on="row")
        .filter((pl.col("layoffs") | ~pl.col("needs_support")) & as_named)
        .select("row", "company", "found_by")
    )

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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.beside_layoffs import (
    LayoffWords,
    Phrases,
    beside_layoffs,
    compile_layoff_words,
    compile_phrases,
    speaks_of_layoffs,
)
from analysis.company_names import FOUND_BY, NAMINGS, namings
from analysis.company_tags import TAG, tagged, tags_of
from analysis.language import UNKNOWN, detect_languages
from analysis.words import folded, lowered, spellings
from store import COMPANY_MENTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.settings import Company

#: Tags and handles of so many companies that no prose names are a salad, fishing for readers. From 4 on it also lost
#: people who list who is cutting (recall 0.80 in place of 0.85).
SALAD: Final = 6
#: Where prose names somebody, so many further ones in tags and handles are fishing ("Oracle … $AMZN $MSFT $IBM").
SALAD_BESIDE_PROSE: Final = 3
#: A thread about more companies than this is about none of them in particular.
MOST_INHERITED: Final = 3
_BEGINS_SMALL: Final = r" \p{Ll}\S*"
#: "Gap in my resume", "Block him": the capital is the sentence's. No more is asked of its first word, for headlines begin with their
#: company: of 45 of the 730 posts with an everyday name at sentences' starts alone, three meant another.
_OPENS_A_SENTENCE: Final = r"(?m)((?:^|[.!?…:;])[^\p{L}\p{N}@#$\n]*)\p{Lu}(\p{L}* +(?:(?:in|of|from|on|for|between|about|at|with) +(?:my|your)|him|her|them|me|my|your)\b)"


@dataclass(frozen=True)
class CompanyRules:
    """Companies, ready to be searched for: build once with `compile_companies`."""

    names: pl.DataFrame
    """pattern, company, found_by, everyday, written, langs, beside: a row for each `Naming`."""
    tags: pl.DataFrame
    """tag, company: hashtags, folded, without # and _."""
    in_passing: Phrases
    layoff_words: LayoffWords


def compile_companies(companies: Sequence[Company], layoff_words: Mapping[str, Sequence[str]]) -> CompanyRules:
    """Everything that names a company, as patterns.

    Args:
        companies: from the settings.
        layoff_words: language → words.

    Raises:
        ValueError: a name or word without letters.
    """
    rows = pl.DataFrame([row for company in companies for row in namings(company)], schema=NAMINGS, orient="row")
    names = (
        rows.with_columns(pl.Series("pattern", spellings(rows["named"].to_list()), dtype=pl.List(pl.String)))
        .explode("pattern", empty_as_null=False)
        # Korean writes spaces between words: 애플 is not found in 파인애플.
        .with_columns(pl.col("pattern").str.replace(r"^(\p{Hangul})", " $1"))
        # Where several patterns start at the same place the engine takes the first of the list: here, the longest.
        .sort(pl.col("pattern").str.len_bytes(), descending=True, maintain_order=True)
        .unique("pattern", keep="first", maintain_order=True)
        .drop("named")
    )
    tags = [(tag, company.name) for company in companies for tag in tags_of(company)]
    return CompanyRules(
        names,
        pl.DataFrame(tags, schema={"tag": pl.String, "company": pl.String}, orient="row").unique(
            "tag", keep="first", maintain_order=True
        ),
        compile_phrases(companies),
        compile_layoff_words(layoff_words),
    )


def find_companies(posts: pl.DataFrame, rules: CompanyRules) -> pl.Series:
    """The companies of each post with how each was found, in order of their names.

    A post's own words count first; one that names nobody inherits what its thread's title names. Everyday names (Meta,
    Target) have to stand with a layoff word in the post or its thread's title and be capitalised, or every "target" and "metà"
    would count, and not begin an English sentence like "Block him"; tags, handles and tickers need neither. What names a company in passing ("Google Sheets", "on Twitter")
    counts only right beside a layoff word.

    Args:
        posts: columns text (of a thread's first post with its title), thread_title (of the thread that a comment hangs in;
            else null) and lang (of the text, as `detect_languages` gives it).
        rules: from `compile_companies`.

    Returns:
        A List(Struct(company, found_by)) series `companies`, as long as `posts`.
    """
    titles = _titles(posts, rules)
    texts = posts.select("text", "lang", beside="thread_title").join(
        titles.select(beside="text", supports="supports"), on="beside", how="left", maintain_order="left"
    )
    found = _named(texts, rules)
    heirs = texts.filter((found.list.len() == 0) & pl.col("beside").is_not_null()).select("beside").unique()
    threads = titles.join(heirs, left_on="text", right_on="beside", how="semi")
    inherited = threads.select(beside="text", inherited=_named(threads.with_columns(supports=False), rules))
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


def _titles(posts: pl.DataFrame, rules: CompanyRules) -> pl.DataFrame:
    """text, lang, supports of each thread's title. Only those with a foreign layoff word are asked for their language: it takes long."""
    titles = posts.select(text="thread_title", lang_hint=pl.lit(None, pl.String)).drop_nulls("text").unique()
    english, anywhere = (
        speaks_of_layoffs(titles.select(text=folded(pl.col("text")), lang=pl.lit(lang)), rules.layoff_words)
        for lang in ("en", UNKNOWN)
    )
    foreign = titles.filter(anywhere & ~english)
    foreign = foreign.with_columns(detect_languages(foreign))
    return pl.concat(
        [
            titles.filter(english | ~anywhere).with_columns(
                pl.lit("en").alias("lang"), supports=english.filter(english | ~anywhere)
            ),
            foreign.with_columns(
                supports=speaks_of_layoffs(foreign.select("lang", text=folded(pl.col("text"))), rules.layoff_words)
            ),
        ]
    )


def _named(texts: pl.DataFrame, rules: CompanyRules) -> pl.Series:
    """What the texts themselves name; `supports` is true where a layoff word stands elsewhere, in the thread's title."""
    if rules.names.is_empty():
        return pl.Series("companies", [[]] * texts.height, dtype=pl.List(COMPANY_MENTION))
    cased = texts.select(
        folded(pl.col("text").fill_null(""), lower=False).alias("cased"),
        "lang",
        "supports",
    ).with_row_index("row")
    lower = cased.select("row", "lang", lowered(pl.col("cased")).alias("text"))
    hits = (
        lower.select(
            "row",
            "lang",
            # What a tag says is for `tagged`: scripts without spaces would be found inside it.
            pl.col("text")
            .str.replace_all(TAG, "")
            .str.extract_many(rules.names["pattern"].to_list(), leftmost=True)
            .alias("pattern"),
        )
        .explode("pattern", empty_as_null=False)
        .unique()
        .join(rules.names, on="pattern")
        .filter((pl.col("langs").list.len() == 0) | pl.col("langs").list.contains(pl.col("lang")))
    )
    passing = hits.drop_nulls("beside")
    hits = hits.drop_nulls("company")
    sure = ~pl.col("everyday") & pl.col("written").is_null()
    beside = beside_layoffs(
        texts.select("text").with_row_index("row").join(passing, on="row", how="semi"),
        rules.in_passing,
        rules.layoff_words,
    )
    hits = pl.concat(
        [
            hits.filter(sure).select("row", "company", "found_by"),
            _supported(hits.filter(~sure), texts, rules),
            _found_by(_otherwise_written(passing, cased), "word"),
            _found_by(beside, "word"),
            _found_by(tagged(lower, rules.tags), "hashtag"),
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


def _found_by(hits: pl.DataFrame, how: str) -> pl.DataFrame:
    return hits.select("row", "company", pl.lit(how, FOUND_BY).alias("found_by"))


def _otherwise_written(passing: pl.DataFrame, cased: pl.DataFrame) -> pl.DataFrame:
    """row, company: "Microsoft teams" without the capital that makes it a product."""
    return (
        passing.drop_nulls("written")
        .join(cased.select("row", "cased"), on="row")
        .filter(~pl.col("cased").str.contains(pl.col("written"), literal=True))
        .select("row", company="beside")
    )


def _supported(doubtful: pl.DataFrame, texts: pl.DataFrame, rules: CompanyRules) -> pl.DataFrame:
    """row, company, found_by of the doubtful names whose capitals and a word about layoffs show that an employer is meant."""
    posts = texts.with_row_index("row").join(doubtful.select("row").unique(), on="row", how="semi")
    employers = pl.when(pl.col("lang") == "en").then(pl.col("text").str.replace_all(_OPENS_A_SENTENCE, "${1}x$2"))
    said = posts.select("lang", text=folded(pl.col("text")))
    posts = posts.with_columns(cased=folded(employers.otherwise("text"), lower=False)).select(
        *("row", "cased"),
        lowered(pl.col("cased").str.replace_all(_BEGINS_SMALL, " ")).alias("capitalised"),
        (speaks_of_layoffs(said, rules.layoff_words) | posts["supports"].fill_null(value=False)).alias("layoffs"),
    )
    as_named = (
        pl.when(pl.col("written").is_null())
        .then(pl.col("capitalised").str.contains(pl.col("pattern"), literal=True))
        .otherwise(pl.col("cased").str.contains(pl.col("written"), literal=True))
    )
    return (
        doubtful.join(posts, on="row")
        .filter((pl.col("layoffs") | ~pl.col("everyday")) & as_named)
        .select("row", "company", "found_by")
    )

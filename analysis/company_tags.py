"""Hashtags that name a company: its own, its names as one word, and these joined to words about layoffs (#AmazonLayoffs)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.words import fold, without_accents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.settings import Company

#: A tag in a folded text.
TAG: Final = r"#\w+"
_NOT_IN_TAGS: Final = re.compile(r"[\W_ʼ]+")
_YEAR: Final = r"(?:20)?\d\d$"  # #AmazonLayoffs2025
#: What is joined to a name in a tag: #AmazonLayoffs, #LayoffsAtMeta, #SAPEntlassungen.
_JOINED: Final = (
    "layoff", "layoffs", "laidoff", "jobcuts", "jobcut", "firings", "fired", "rif", "redundancies", "restructuring",
    "cuts", "entlassungen", "entlassung", "stellenabbau", "krise", "despidos", "ere", "recortes", "demissões",
    "demissão", "licenciements", "licenciement", "pse", "licenziamenti", "esuberi", "ontslag", "zwolnienia", "sathải",
    "phk", "irtisanomiset", "leépítés", "işten çıkarma", "увольнения", "छंटनी", "リストラ", "解雇", "レイオフ", "裁员", "裁員",
    "大裁员", "裁员潮", "해고", "감원",
)  # fmt: skip


def tags_of(company: Company) -> Iterator[str]:
    """Hashtags that name it, folded, without # and _."""
    own = [tag for word in fold([tag.lstrip("#") for tag in company.hashtags]) for tag in as_tags(word)]
    names = [tag for word in fold([company.name, *company.aliases]) for tag in as_tags(word)]
    yield from own
    yield from names
    for name in names:
        for word in _TAG_WORDS:
            yield f"{name}{word}"
            yield from (f"{word}{link}{name}" for link in ("", "at", "bei", "en"))


def as_tags(words: str) -> list[str]:
    """Folded words joined as a tag joins them: with their accents, and without."""
    joined = _NOT_IN_TAGS.sub("", words)
    return list(dict.fromkeys((joined, without_accents(joined))))


_TAG_WORDS: Final = tuple(dict.fromkeys(tag for words in fold(_JOINED) for tag in as_tags(words)))


def tagged(lower: pl.DataFrame, tags: pl.DataFrame) -> pl.DataFrame:
    """What hashtags name.

    Args:
        lower: row, text (folded).
        tags: tag, company.

    Returns:
        row, company, each pair once.
    """
    found = (
        lower.select("row", pl.col("text").str.extract_all(TAG).alias("tag"))
        .explode("tag", empty_as_null=False)
        .with_columns(pl.col("tag").str.replace_all(r"[#_]", ""))
    )
    undated = found.filter(pl.col("tag").str.contains(_YEAR)).with_columns(pl.col("tag").str.replace(_YEAR, ""))
    return pl.concat([found, undated]).join(tags, on="tag").select("row", "company").unique()

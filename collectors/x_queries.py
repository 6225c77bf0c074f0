"""X search queries: built from employers and layoff words, and split where X would refuse their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collectors.terms import packed, quoted
from store import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.terms import Employer, SearchTerms

#: Characters of a query: recent search and full-archive search (docs.x.com, "Build a query").
RECENT_LENGTH: Final = 512
ARCHIVE_LENGTH: Final = 1024

#: Languages X can filter by. Others are searched by their words alone.
_FILTERED = frozenset(
    [
        "am",
        "ar",
        "bg",
        "bn",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fr",
        "gu",
        "he",
        "hi",
        "ht",
        "hu",
        "id",
        "it",
        "ja",
        "ka",
        "kn",
        "ko",
        "lo",
        "lt",
        "lv",
        "ml",
        "mr",
        "ne",
        "nl",
        "no",
        "or",
        "pa",
        "pl",
        "ps",
        "pt",
        "ro",
        "ru",
        "sd",
        "si",
        "sl",
        "sr",
        "sv",
        "ta",
        "te",
        "th",
        "tl",
        "tr",
        "uk",
        "ur",
        "vi",
        "zh",
    ]  # a list of 54 strings would take a page
)
_NO_REPOSTS = "-is:retweet"


def build(terms: SearchTerms, *, max_length: int) -> list[str]:
    """One query or more per language: (words for layoffs) (employers) lang:… -is:retweet.

    Employers are packed in their order, so that one added at the end of config.toml changes the last query of each language only
    and the others keep their high-water marks. Reposts are left out: what they add is the repost count of the original.

    Raises:
        ConfigError: there is no employer, or a single one with the layoff words is longer than X takes.
    """
    if not terms.employers:
        raise ConfigError("X is searched by company, and none is configured. Add [[companies]] to config.toml.")
    return [
        query for language in terms.layoff_words for query in _language_queries(terms, language, max_length=max_length)
    ]


def _language_queries(terms: SearchTerms, language: str, *, max_length: int) -> Iterator[str]:
    words = " OR ".join(map(_quoted, terms.layoff_words[language]))
    ending = f"lang:{language} {_NO_REPOSTS}" if language in _FILTERED else _NO_REPOSTS
    room = max_length - len(f"({words}) () {ending}")
    for employer in terms.employers:
        for term in _employer_terms(employer):
            if len(term) > room:
                raise ConfigError(
                    f'X takes no query with the layoff words of "{language}" and "{term}" ({employer.name}): it is {len(term) - room} '
                    f"characters too long. Shorten sources.layoff_words.{language} in config.toml."
                )
    for names in packed((term for employer in terms.employers for term in _employer_terms(employer)), room):
        yield f"({words}) ({names}) {ending}"


def _employer_terms(employer: Employer) -> list[str]:
    return [*map(_quoted, employer.names()), *(f"@{handle}" for handle in employer.handles)]


def _quoted(term: str) -> str:
    return quoted(term, strict=True)

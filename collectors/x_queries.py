"""X search queries: built from employers and layoff words, and split where X would refuse their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from store import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from collectors.terms import SearchTerms

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
    words = " OR ".join(map(quoted, terms.layoff_words[language]))
    ending = f"lang:{language} {_NO_REPOSTS}" if language in _FILTERED else _NO_REPOSTS
    room = max_length - len(f"({words}) () {ending}")
    names = [(employer.name, _employer_terms(employer.names(), employer.handles)) for employer in terms.employers]
    for packed in _packed(names, room=room, language=language):
        yield f"({words}) ({' OR '.join(packed)}) {ending}"


def _employer_terms(names: Iterable[str], handles: Iterable[str]) -> list[str]:
    return [*map(quoted, names), *(f"@{handle}" for handle in handles)]


def _packed(employers: Sequence[tuple[str, list[str]]], *, room: int, language: str) -> Iterator[list[str]]:
    pack: list[str] = []
    for name, own in employers:
        for term in own:
            if len(term) > room:
                raise ConfigError(
                    f'X takes no query with the layoff words of "{language}" and "{term}" ({name}): it is {len(term) - room} characters '
                    f"too long. Shorten sources.layoff_words.{language} in config.toml."
                )
            if pack and len(" OR ".join([*pack, term])) > room:
                yield pack
                pack = []
            pack.append(term)
    if pack:
        yield pack


def quoted(term: str) -> str:
    """A search term: in quotes unless it is one plain word, since X reads punctuation and AND/OR as operators."""
    clean = term.replace('"', " ").strip()
    return clean if clean.isalnum() and clean not in {"OR", "AND"} else f'"{clean}"'

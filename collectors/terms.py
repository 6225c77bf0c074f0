"""What to search for: employers and the words for layoffs, as every source turns them into its own queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_OR: Final = " OR "

#: Words that a post about job cuts is likely to hold, per language (ISO 639-1). The first of each is the most used.
LAYOFF_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("layoffs", "layoff", "laid off", "job cuts", "redundancies"),
    "de": ("Entlassungen", "Stellenabbau", "Kündigungswelle", "entlassen"),
    "fr": ("licenciements", "suppressions de postes", "plan social", "licenciés"),
    "es": ("despidos", "despido masivo", "recorte de plantilla", "despedidos"),
    "pt": ("demissões", "demissão em massa", "despedimentos", "layoff"),
    "it": ("licenziamenti", "tagli al personale", "esuberi"),
    "nl": ("ontslagen", "massaontslag", "ontslagronde"),
    "vi": ("sa thải", "cắt giảm nhân sự", "cắt giảm việc làm"),
    "ja": ("人員削減", "リストラ", "レイオフ"),
}


@dataclass(frozen=True)
class Employer:
    """How posts name a company."""

    name: str
    aliases: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    """Without @."""

    def names(self) -> tuple[str, ...]:
        """Name and aliases, each once, in any case."""
        return tuple({word.casefold(): word for word in reversed((self.name, *self.aliases))}.values())[::-1]


@dataclass(frozen=True)
class SearchTerms:
    """Everything a query can be built from."""

    employers: tuple[Employer, ...]
    layoff_words: Mapping[str, tuple[str, ...]]
    """Per language."""

    def keep_handles(self) -> frozenset[str]:
        """Accounts of employers, which stay readable in stored texts."""
        return frozenset(handle for employer in self.employers for handle in employer.handles)

    def all_words(self) -> tuple[str, ...]:
        """The layoff words of all languages, each once, in any case."""
        words = [word for words in self.layoff_words.values() for word in words]
        return tuple({word.casefold(): word for word in reversed(words)}.values())[::-1]


def quoted(term: str, *, strict: bool = False) -> str:
    """A search term as one: without quotes of its own, and in quotes where it is more than one word.

    `strict` is for a search that reads punctuation and AND/OR as operators: there all but a plain word is quoted.
    """
    clean = term.replace('"', " ").strip()
    plain = clean.isalnum() and clean not in {"OR", "AND"} if strict else len(clean.split()) == 1
    return clean if plain else f'"{clean}"'


def packed(terms: Iterable[str], room: int) -> Iterator[str]:
    """Terms in their order, joined by OR to queries of at most `room` characters; a single term that is longer is one by itself."""
    pack = ""
    for term in terms:
        if pack and len(pack + _OR + term) > room:
            yield pack
            pack = ""
        pack = f"{pack}{_OR}{term}" if pack else term
    if pack:
        yield pack

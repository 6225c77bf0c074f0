"""Every live source, in one place. A new one is its module and a line here: docs/adding-a-source.md."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import Field, create_model, model_validator

from collectors import bluesky, folder, hackernews, mastodon, reddit, x
from collectors.source import DeliverySection, SourceSection, SourceSpec, Word
from collectors.terms import LAYOFF_WORDS
from store import Section, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

SOURCES: dict[str, SourceSpec] = {
    spec.name: spec
    for spec in (
        x.SPEC,
        reddit.SPEC,
        bluesky.SPEC,
        mastodon.SPEC,
        hackernews.SPEC,
        folder.SPEC,
    )
}


LONGEST_RUN: Final = 525_600  # minutes: a year


class _Common(Section):
    languages: tuple[str, ...] = ("en", "de", "fr", "es", "vi")
    """Search in these languages (ISO 639-1)."""
    layoff_words: dict[str, tuple[Word, ...]] = Field(default_factory=dict)
    """Words for layoffs per language, in place of the built-in ones."""
    deadline_minutes: float = Field(default=50, gt=0, le=LONGEST_RUN)
    """A run ends after this, complete or not; what is left waits for the next one."""

    @model_validator(mode="after")
    def _languages_have_words(self) -> Self:
        known = {**LAYOFF_WORDS, **self.layoff_words}
        if not self.languages:
            raise ValueError(f"languages is empty: name at least one of {', '.join(sorted(known))}")
        for language in self.languages:
            if not known.get(language):
                raise ValueError(
                    f'no layoff words for the language "{language}". Add sources.layoff_words.{language} = ["…"], '
                    f"or use one of {', '.join(sorted(known))}"
                )
        return self

    def words(self) -> dict[str, tuple[str, ...]]:
        """The layoff words of every configured language."""
        known = {**LAYOFF_WORDS, **self.layoff_words}
        return {language: tuple(known[language]) for language in self.languages}

    def of(self, spec: SourceSpec) -> DeliverySection:
        """The section of one source."""
        section = getattr(self, spec.name)
        assert isinstance(section, DeliverySection)  # noqa: S101  # the class below makes it so
        return section

    def asked(self, spec: SourceSpec) -> SourceSection:
        """The section of one source that is asked page by page."""
        section = self.of(spec)
        assert isinstance(section, SourceSection)  # noqa: S101  # as its line in the registry has to say
        return section


_SECTIONS: dict[str, Any] = {spec.name: (spec.settings, spec.settings()) for spec in SOURCES.values()}


class SourcesSettings(create_model("_Sections", __base__=_Common, **_SECTIONS)):  # type: ignore[misc]  # fields come from the registry
    """The [sources] part of config.toml: what all live sources share, and a section for each."""


def find(name: str) -> SourceSpec:
    """A source by name. Raises UsageError that lists the known ones."""
    try:
        return SOURCES[name]
    except KeyError:
        known = {spec.title.casefold(): spec.name for spec in SOURCES.values()} | {known: known for known in SOURCES}
        near = difflib.get_close_matches(name.casefold(), known, n=1)
        hint = f" Did you mean {known[near[0]]}?" if near else ""
        raise UsageError(f'There is no source "{name}".{hint} The sources are {", ".join(SOURCES)}.') from None


def chosen(settings: SourcesSettings, only: Collection[str] | None) -> list[SourceSpec]:
    """The sources to collect from: those named, each once, else those that have a section in config.toml and aren't switched off."""
    if only is not None:
        return [find(name) for name in dict.fromkeys(only)]
    return [spec for spec in SOURCES.values() if switched_on(settings, spec)]


def switched_on(settings: SourcesSettings, spec: SourceSpec) -> bool:
    """Whether `collect` asks this source."""
    return spec.name in settings.model_fields_set and settings.of(spec).enabled

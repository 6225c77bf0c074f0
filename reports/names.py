"""How sources, languages and kinds are called in the report."""

from __future__ import annotations

from reports.numbers import listing

_SOURCES = {
    "x": "X",
    "reddit": "Reddit",
    "linkedin": "LinkedIn",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "hackernews": "Hacker News",
    "hn": "Hacker News",
}
_LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "und": "not determined",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


_LONGEST = 40


def short_name(company: str, *, longest: int = _LONGEST) -> str:
    """A company's name within a sentence or title: a very long one is cut, so that the finding stays on the page."""
    return company if len(company) <= longest else company[: longest - 1].rstrip() + "…"


def source_name(source: str) -> str:
    """Like "hackernews" → "Hacker News"; an unknown one keeps its name."""
    return _SOURCES.get(source, source)


def language_name(code: str) -> str:
    """Like "vi" → "Vietnamese"; an unknown code keeps its name."""
    return _LANGUAGES.get(code, code)


def platforms(sources: list[str]) -> str:
    """The sources as a phrase, in a fixed order: "Reddit and X"; "no platform" for none."""
    names = sorted({source_name(source) for source in sources}, key=str.casefold)
    return listing(names, at_most=6) if names else "no platform"

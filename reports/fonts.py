"""Fonts for every script: one fallback chain, found through the font packages, and what is written where no font has a sign."""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path

import fontpkg  # type: ignore[import-untyped]  # ships no types
import matplotlib as mpl
import noto_cjk_sans_jp_regular  # type: ignore[import-untyped]  # ships no types
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

BASE = "Noto Sans"
_STRONG_FILE = Path(__file__).with_name("fonts") / "NotoSans-SemiBold.ttf"
_PREFIX = "Layoff Pulse "  # own family names, so that a system's Noto of another version is never picked
_PICTURE = "[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]"
_DROPPED = re.compile(  # a joiner stays between letters, where Indic scripts and Persian need it; it goes between emoji
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
    f"|\u200d(?={_PICTURE})|(?<={_PICTURE})\u200d"
)
_LRM = "\u200e"
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+(?: +[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+)*"
)


@functools.cache
def _files() -> tuple[tuple[str, Path], ...]:
    """Family name and file of each font in the order of fallback.

    Any further Noto family that is installed as a font package joins in, so that `pip install fontpkg-noto-sans-thai`
    is all it takes to write Thai.
    """
    first = [BASE, "Noto Sans Arabic", "Noto Sans Devanagari"]
    more = sorted(
        f.name for f in fontpkg.families().values() if f.name.startswith("Noto Sans ") and f.name not in first
    )
    found = [(name, fontpkg.path(name, nearest=True)) for name in first + more]
    found.append(("Noto Sans CJK", Path(str(noto_cjk_sans_jp_regular.FONT_PATH))))
    found.append(("DejaVu Sans", Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
    return tuple(found)


@functools.cache
def families(*, strong: bool = False) -> tuple[str, ...]:
    """Names for matplotlib's `fontfamily`, registered on first use. `strong`: the semi-bold cut leads.

    Only the leading family has a semi-bold cut (Latin, Greek, Cyrillic, Vietnamese); other scripts come in regular.
    """
    if strong:
        _register(_PREFIX + "Strong", _STRONG_FILE)
        return (_PREFIX + "Strong", *families())
    for name, path in _files():
        _register(_PREFIX + name, path)
    return tuple(_PREFIX + name for name, _ in _files())


def _register(name: str, path: Path) -> None:
    entry = font_manager.FontEntry(
        fname=str(path), name=name, style="normal", variant="normal", weight=400, stretch="normal", size="scalable"
    )
    font_manager.fontManager.ttflist.append(entry)


@functools.cache
def _covered() -> frozenset[int]:
    """Code points that some font of the chain can draw."""
    return frozenset().union(*(FT2Font(str(path)).get_charmap() for _, path in _files()))


@functools.lru_cache(maxsize=20_000)
def readable(text: str) -> str:
    """The text on one line with every sign drawable: an emoji becomes its name, "[crying face]"; letters that no font
    has become their script, "[Thai 0E44 0E17 0E22]". Variation selectors, joiners and direction overrides go.
    """
    text = unicodedata.normalize("NFC", " ".join(text.replace("\x00", " ").split(" ")))
    return "".join(_replaced(text))


def _replaced(text: str) -> list[str]:
    joined = _DROPPED.sub("", text)
    joined = "".join(c for c in joined if unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    pieces: list[str] = []
    lost: list[str] = []
    for sign in joined:
        char = sign
        covered = ord(char) in _covered()
        plain = unicodedata.normalize("NFKC", char)  # mathematical bold and the like are letters in disguise
        if not covered and all(ord(c) in _covered() for c in plain):
            char, covered = plain, True
        if lost and (covered or unicodedata.category(char) == "So"):
            pieces.append(_code(lost))
            lost = []
        if covered:
            pieces.append(char)
        elif unicodedata.category(char) == "So":
            pieces.append(f"[{unicodedata.name(char, 'sign').lower()}]")
        else:
            lost.append(char)
    if lost:
        pieces.append(_code(lost))
    return pieces


def _code(lost: list[str]) -> str:
    """Name the script and a few code points, so that two names stay apart."""
    script = unicodedata.name(lost[0], "unknown").split()[0].title()
    return f"[{script} {' '.join(f'{ord(c):04X}' for c in lost[:3])}]"


def unreadable(text: str) -> bool:
    """Whether letters are missing from every font (emoji don't count: their name says the same)."""
    text = _DROPPED.sub("", unicodedata.normalize("NFC", text))
    return any(ord(c) not in _covered() and unicodedata.category(c)[0] in "LM" for c in text)


def left_to_right(text: str) -> str:
    """A line that holds Arabic or Hebrew next to Latin or digits, kept in reading order from the left."""
    kinds = {unicodedata.bidirectional(c) for c in text}
    if not (kinds & {"R", "AL"} and kinds & {"L", "EN"}):
        return text
    return _LRM + _RIGHT_TO_LEFT.sub(lambda run: run[0] + _LRM, text)  # else a figure after a name jumps before it

"""Colours and sizes. Contrast on white: ink 17:1, muted 7:1, navy 10.6:1; orange 3.0:1 and grey 1.8:1 carry printed values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STYLE = Path(__file__).with_name("layoff_pulse.mplstyle")

NEGATIVE = "#F46A25"
NEUTRAL = "#BFBFBF"
POSITIVE = "#12436D"
BAND = "#D6E0EA"  # pale navy
INK = "#1A1A1A"
MUTED = "#595959"
FAINT = "#767676"  # greyed figures: steps back, 4.5:1 still
GRID = "#E4E4E4"
RULE = "#9A9A9A"
WHITE = "#FFFFFF"
PAPER_TINT = "#F4F6F8"

PALE = {NEGATIVE: "#FBD5C1", NEUTRAL: "#EAEAEA", POSITIVE: "#BFCEDB"}  # the same three, stepped back
ON = {NEGATIVE: INK, NEUTRAL: INK, POSITIVE: WHITE}  # text on them: 6:1, 9.5:1, 10.6:1


@dataclass(frozen=True)
class Look:
    """Sizes in points; `unit` scales a chart's distances."""

    width: float
    """Inches."""
    height: float
    margin: float
    title: float
    lead: float
    """Subtitle."""
    text: float
    small: float
    source: float
    unit: float
    line: float
    rows: float
    """Height of a row of bars, in lines of text."""


PAGE = Look(
    width=11.69,
    height=8.27,
    margin=0.55,
    title=19,
    lead=9,
    text=8.3,
    small=7.3,
    source=7,
    unit=1.0,
    line=1.6,
    rows=2.0,
)
"""A4 landscape: read on a screen, printed without scaling."""
SLIDE = Look(
    width=13.3334,
    height=7.5,
    margin=0.6,
    title=25,
    lead=13.5,
    text=13,
    small=11.5,
    source=10,
    unit=1.5,
    line=2.4,
    rows=3.0,
)
"""16:9, as a slide is."""
SLIDE_DPI = 144  # 1920 × 1080

"""A drawing area measured in inches from its top left, so that what has room on one page has room on all."""

from __future__ import annotations

import functools
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import Affine2D

from reports.fonts import families, left_to_right, readable
from reports.look import INK, WHITE, Look

_ELLIPSIS = "…"


class Canvas:
    """Part of a figure. `width` and `height` in inches; y grows downwards; texts are drawn on their baseline."""

    def __init__(self, figure: Figure, *, left: float, top: float, width: float, height: float, look: Look) -> None:
        self.figure = figure
        self.left = left
        self.top = top
        self.width = width
        self.height = height
        self.look = look
        inches = Affine2D().scale(1, -1).translate(left, figure.get_figheight() - top)
        self._transform = inches + figure.dpi_scale_trans

    def part(self, left: float, top: float, width: float, height: float) -> Canvas:
        """A smaller area inside this one."""
        return Canvas(
            self.figure, left=self.left + left, top=self.top + top, width=width, height=height, look=self.look
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        color: str = INK,
        ha: str = "left",
        strong: bool = False,
        halo: bool = False,
        url: str | None = None,
    ) -> None:
        """One line with its baseline at y. `halo`: on white, so that a line behind it does not cross the letters."""
        box = {"facecolor": WHITE, "edgecolor": "none", "pad": 1.2} if halo else None
        self.figure.text(
            x,
            y,
            left_to_right(readable(text)),
            fontsize=size,
            color=color,
            ha=ha,
            va="baseline",
            fontfamily=families(strong=strong),
            parse_math=False,  # a company may carry dollar signs
            transform=self._transform,
            bbox=box,
            zorder=3,
            url=url,
        )

    def paragraph(
        self,
        x: float,
        y: float,
        text: str,
        *,
        width: float,
        size: float,
        color: str = INK,
        strong: bool = False,
        leading: float = 1.4,
        lines: int = 99,
    ) -> float:
        """Wrapped text whose first baseline is at y. Returns the baseline that the next line would have."""
        for line in wrap(text, width=width, size=size, strong=strong, lines=lines):
            self.text(x, y, line, size=size, color=color, strong=strong)
            y += size / 72 * leading
        return y

    def bar(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle; a negative width grows to the left."""
        self._add(Rectangle((x, y), width, height, facecolor=color, edgecolor="none", zorder=1))

    def line(
        self, xs: list[float], ys: list[float], *, color: str, width: float, dashed: bool = False, above: bool = False
    ) -> None:
        """A line through points."""
        style: Any = (0, (4, 3)) if dashed else "-"
        self._add(Line2D(xs, ys, color=color, linewidth=width, linestyle=style, zorder=2 if above else 1.5))

    def dot(self, x: float, y: float, *, color: str, size: float, hollow: bool = False) -> None:
        """A point marker; `size` is its diameter in points."""
        face = WHITE if hollow else color
        self._add(
            Line2D([x], [y], marker="o", markersize=size, markerfacecolor=face, markeredgecolor=color, zorder=2.5, lw=0)
        )

    def area(self, corners: list[tuple[float, float]], color: str) -> None:
        """A filled shape."""
        self._add(Polygon(corners, closed=True, facecolor=color, edgecolor="none", zorder=0.5))

    def _add(self, artist: Any) -> None:
        artist.set_transform(self._transform)
        self.figure.add_artist(artist)


@functools.cache
def _ruler() -> tuple[Figure, Any]:
    figure = Figure(dpi=72)
    return figure, FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's backends carry no types


@functools.lru_cache(maxsize=20_000)
def text_width(text: str, *, size: float, strong: bool = False) -> float:
    """Inches that a line of text takes, with the fonts that will draw it."""
    if not text:
        return 0.0
    figure, renderer = _ruler()
    artist = figure.text(
        0, 0, left_to_right(readable(text)), fontsize=size, fontfamily=families(strong=strong), parse_math=False
    )
    width = artist.get_window_extent(renderer, dpi=72).width / 72
    artist.remove()
    return float(width)


def fit(text: str, *, width: float, size: float, strong: bool = False) -> str:
    """The text, or as much of its start as has room, ending in "…"."""
    text = readable(text)
    if text_width(text, size=size, strong=strong) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + _ELLIPSIS, size=size, strong=strong) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _ELLIPSIS


def wrap(text: str, *, width: float, size: float, strong: bool = False, lines: int = 99) -> list[str]:
    """Lines that have room; a word wider than a line is broken; what passes the last line ends in "…"."""
    done: list[str] = []
    current = ""
    words = readable(text).split(" ")
    while words:
        word = words.pop(0)
        trial = f"{current} {word}" if current else word
        if text_width(trial, size=size, strong=strong) <= width:
            current = trial
            continue
        if current:
            done.append(current)
            current = ""
            words.insert(0, word)
            continue
        head = _head(word, width=width, size=size, strong=strong)
        done.append(head)
        words.insert(0, word[len(head) :])
    done.append(current)
    if len(done) > lines:
        rest = " ".join(done[lines - 1 :])
        return [*done[: lines - 1], fit(rest, width=width, size=size, strong=strong)]
    return done


def _head(word: str, *, width: float, size: float, strong: bool) -> str:
    """As many signs of a long word as one line holds, at least one."""
    fitted = 1
    while fitted < len(word) and text_width(word[: fitted + 1], size=size, strong=strong) <= width:
        fitted += 1
    return word[:fitted]

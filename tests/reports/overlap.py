"""Finds texts of a figure that overlap or leave the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SLACK = 1.0  # points: letters of neighbouring lines may touch their boxes


def collisions(figure: Figure) -> list[str]:
    """A line for each pair of texts whose boxes overlap, and for each text that leaves the page."""
    figure.set_dpi(72)
    renderer = FigureCanvasAgg(figure).get_renderer()
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    boxes = []
    for text in figure.texts:
        if text.get_text().strip():
            text.set_bbox(None)
            size = text.get_fontsize()
            extent = text.get_window_extent(renderer)
            y = text.get_transform().transform(text.get_position())[1]
            boxes.append((text.get_text(), extent.x0, y - size * 0.12, extent.x1, y + size * 0.72))
    found = [
        f"outside: {name!r} at {x0:.0f}, {y0:.0f}, {x1:.0f}, {y1:.0f}"
        for name, x0, y0, x1, y1 in boxes
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height
    ]
    for k, (name, x0, y0, x1, y1) in enumerate(boxes):
        for other, u0, v0, u1, v1 in boxes[k + 1 :]:
            if min(x1, u1) - max(x0, u0) > SLACK and min(y1, v1) - max(y0, v0) > SLACK:
                found.append(f"overlap: {name!r} and {other!r}")
    return found

"""Where the notes of announcements stand above a trend: two rows, and no note in the way of another or of its line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.canvas import fit, text_width
from reports.events import note

if TYPE_CHECKING:
    import datetime as dt

    from reports.canvas import Canvas

NOTE_ROWS = 2
MOST_NOTES = 8  # every way to place them is tried
Row = dict[str, Any]


@dataclass(frozen=True)
class _Note:
    """One way to write an announcement's note: where its line stands, its row (0 the upper), and its text's ends."""

    x: float
    row: int
    start: float
    end: float

    def disturbs(self, other: _Note) -> bool:
        """Whether two notes meet in their row, or the line of the upper one passes through the text of the lower."""
        if self.row == other.row:
            return not (self._reach()[1] <= other._reach()[0] or other._reach()[1] <= self._reach()[0])
        upper, lower = (self, other) if self.row < other.row else (other, self)
        return lower.start - 0.04 < upper.x < lower.end + 0.04

    def _reach(self) -> tuple[float, float]:
        return min(self.x, self.start) - 0.08, max(self.x, self.end) + 0.08


def place_notes(
    events: list[Row],
    *,
    canvas: Canvas,
    left: float,
    right: float,
    first: dt.date,
    last: dt.date,
    kept_free: float = 0.0,
) -> tuple[list[tuple[Row, float, float, int, str]], int]:
    """Where notes stand: event, x of its line, left end of its note, row, text; and how many found no room.

    A note starts just right of its line or ends just left of it, in the lower row where that is free; those before it are
    moved where that makes room. The upper row keeps `kept_free` inches free at its right end, for how many found no room.
    Events choose in the order in which they come.
    """
    width, size = right - left, canvas.look.small
    edge = width + 0.9 * canvas.look.unit
    free_to = canvas.width - left - kept_free if kept_free else math.inf
    found: list[tuple[Row, str, list[_Note]]] = []
    chosen: list[_Note] = []
    for event in events:
        x = ((event["date"] - first).days + 0.5) / ((last - first).days + 1) * width
        label = fit(event.get("note") or note(event), width=min(2.3 * canvas.look.unit, width), size=size)
        length = text_width(label, size=size)
        starts = [start for start in (x + 0.05, x - 0.05 - length) if start >= 0 and start + length <= edge]
        rows = range(NOTE_ROWS - 1, -1, -1)
        ways = [_Note(x, row, start, start + length) for start in starts or [0.0] for row in rows]
        ways = [way for way in ways if way.row or max(x, way.end) + 0.08 <= free_to]
        placed = _arranged([*(others for _, _, others in found), ways]) if len(found) < MOST_NOTES else None
        if placed is not None:
            found.append((event, label, ways))
            chosen = placed
    notes = [(event, way.x, way.start, way.row, label) for (event, label, _), way in zip(found, chosen, strict=True)]
    return notes, len(events) - len(notes)


def _arranged(ways: list[list[_Note]], chosen: tuple[_Note, ...] = ()) -> list[_Note] | None:
    """One way for each note so that none disturbs another, the earlier ones preferred; none where there is no such choice."""
    if len(chosen) == len(ways):
        return list(chosen)
    for way in ways[len(chosen)]:
        if not any(way.disturbs(other) for other in chosen):
            found = _arranged(ways, (*chosen, way))
            if found is not None:
                return found
    return None

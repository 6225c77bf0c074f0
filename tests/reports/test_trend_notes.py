"""Where the notes of announcements stand above a trend."""

import datetime as dt

import matplotlib as mpl
import pytest

from reports.canvas import text_width
from reports.charts.notes import place_notes
from reports.frame import new_canvas
from reports.look import SLIDE, STYLE

FIRST, LAST = dt.date(2025, 8, 11), dt.date(2025, 11, 2)


@pytest.mark.parametrize("days", [(78, 72), (72, 78), (10, 40, 42, 44, 78), (0, 1, 2, 82, 83)])
def test_no_line_passes_through_a_note(days):
    events = [{"date": FIRST + dt.timedelta(days=n), "note": f"Company {n}: 14,000 jobs"} for n in days]
    with mpl.rc_context(fname=STYLE):
        canvas = new_canvas(SLIDE)
        placed, hidden = place_notes(events, canvas=canvas, left=0.5, right=canvas.width - 1, first=FIRST, last=LAST)
        assert len(placed) + hidden == len(events)
        for _, x, _, line, _ in placed:
            for _, _, start, lower, label in placed:
                if lower > line:
                    assert not start < x < start + text_width(label, size=canvas.look.small)

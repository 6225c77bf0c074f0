"""How much is labelled at a time: weeks in groups of about a batch, and of those no more rows than take some 20 s.

What an interrupted run has to do again is at most one portion; each is a commit and a small file per week.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    import polars as pl

_PORTION_SECONDS: Final = 20.0
_FIRST_ROWS: Final = 128  # enough to tell how fast the machine is


class Pace:
    """Portions of rows that the caller is done with after some 20 s, as fast as it was with the one before.

    `most` rows at a time, however fast it was; what was learnt of one frame holds for the next.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._next = min(_FIRST_ROWS, most)

    def portions(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """All of the rows, in their order; the time until the next portion is asked for is what this one took."""
        start = 0
        while start < rows.height:
            part = rows.slice(start, self._next)
            began = time.monotonic()
            yield part
            seconds = max(time.monotonic() - began, 1e-3)
            if part.height == self._next:  # a week's short rest says little
                self._next = min(max(int(part.height / seconds * _PORTION_SECONDS), 1), self._most)
            start += part.height


def groups_of_weeks(to_do: pl.DataFrame, dangling: Sequence[dt.date], *, batch: int) -> Iterator[list[dt.date]]:
    """Weeks with something to do, newest first, together until they hold `batch` rows.

    `to_do` has a column week; the `dangling` weeks are among them though there may be no row to read in them.
    """
    sizes = dict.fromkeys(dangling, 0) | dict(to_do.group_by("week").len().iter_rows())
    group: list[dt.date] = []
    size = 0
    for week in sorted(sizes, reverse=True):
        group.append(week)
        size += sizes[week]
        if size >= batch:
            yield group
            group, size = [], 0
    if group:
        yield group

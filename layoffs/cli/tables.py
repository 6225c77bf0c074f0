"""Tables on a terminal: side by side where they fit, else one line per cell, so that no width cuts anything off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table

from layoffs.cli.app import console, print_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRAPPED = 10
_BETWEEN = 2  # blanks after each column, the last one's included


@dataclass(frozen=True)
class Column:
    """A heading; numbers stand to the right, and what wraps may be broken into lines of `_WRAPPED` or more."""

    name: str
    number: bool = False
    wraps: bool = False


def numbers(*names: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(name, number=True) for name in names]


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of as many cells as there are columns. A column without a single entry is left out, and stacked so is an empty cell."""
    shown = [n for n, _ in enumerate(columns) if n == 0 or any(row[n] for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for n in shown:
        wraps = columns[n].wraps
        table.add_column(
            columns[n].name,
            justify="right" if columns[n].number else "left",
            no_wrap=not wraps,
            overflow="fold" if wraps else "ellipsis",
        )
    for row in rows:
        table.add_row(*(row[n] for n in shown))
    widths = [max(cell_len(text) for text in (columns[n].name, *(row[n] for row in rows))) for n in shown]
    widths = [min(width, _WRAPPED) if columns[n].wraps else width for n, width in zip(shown, widths, strict=True)]
    if sum(widths) + _BETWEEN * len(widths) <= console.width:
        console.print(table)
        return
    width = max(len(columns[n].name) for n in shown)
    for row in rows:
        print_line(row[0])
        for n in shown[1:]:
            if row[n]:
                print_line(f"  {columns[n].name:{width}}  {row[n]}")

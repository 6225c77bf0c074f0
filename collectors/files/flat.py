"""From nested objects to cells: which of a file's names become columns, however many names there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collectors.files.batches import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

#: Of the names that nobody asked for, so many are kept per file: they show in messages and beside refused rows.
OTHER_COLUMNS = 100
_LEVELS = 3
_REMEMBERED_NAMES = 10_000


class Columns:
    """The columns of one file of objects.

    Objects keyed by ids, such as Reddit's `media_metadata`, hold other names in every row: a column for each would take memory that
    grows with the square of the rows.
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        """`wanted` says of a name, with dots between its levels, whether the import can use it."""
        self._wanted = wanted
        self._others: set[str] = set()
        self._taken: dict[str, bool] = {}

    def cells(self, record: dict[str, Any], *, prefix: str = "", levels: int = _LEVELS) -> dict[str, str | None]:
        """{"user": {"name": "x"}} → {"user.name": "x"}."""
        flat: dict[str, str | None] = {}
        for key, value in record.items():
            name = prefix + key if prefix else key
            if levels and isinstance(value, dict):
                flat |= self.cells(value, prefix=f"{name}.", levels=levels - 1)
            elif self._take(name):
                # Nearly all are text: not worth a call.
                flat[name] = value if value is None or value.__class__ is str else as_text(value)
        return flat

    def _take(self, name: str) -> bool:
        taken = self._taken.get(name)
        if taken is None:
            if len(self._taken) >= _REMEMBERED_NAMES:
                self._taken.clear()
            taken = self._taken[name] = self._wanted(name) or self._is_among_others(name)
        return taken

    def _is_among_others(self, name: str) -> bool:
        if len(self._others) < OTHER_COLUMNS:
            self._others.add(name)
        return name in self._others

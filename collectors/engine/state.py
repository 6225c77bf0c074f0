"""Where a query stands, as one row of `runs`: pure values, read from the table, written beside every page."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from collectors.source import Gap, Window
from store import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["running", "done", "partial", "failed"]

#: In place of a query's name: the row of a source that could not be opened or broke off, and the row of a recheck.
WHOLE: Final = ""
RECHECK: Final = "recheck"


@dataclass(frozen=True)
class RunState:
    """A row of `runs`. `page_token` holds a `Cursor`; a row that was left without a request has no `finished_at`."""

    run_id: str
    source: str
    query: str
    started_at: dt.datetime
    updated_at: dt.datetime
    finished_at: dt.datetime | None = None
    window_start: dt.datetime | None = None
    window_end: dt.datetime | None = None
    high_water: dt.datetime | None = None
    high_water_id: str | None = None
    page_token: str | None = None
    pages: int = 0
    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0
    gaps: tuple[Gap, ...] = ()
    cost_usd: float | None = None
    not_before: dt.datetime | None = None
    status: Status = "running"
    error: str | None = None

    def row(self) -> dict[str, Any]:
        """As polars takes it."""
        return {**vars(self), "gaps": [gap._asdict() for gap in self.gaps]}

    @classmethod
    def of(cls, row: dict[str, Any]) -> RunState:
        """From a row of the table."""
        return cls(**{**row, "gaps": tuple(Gap(**gap) for gap in row["gaps"] or ())})

    def to_json(self) -> dict[str, Any]:
        """As a journal takes it."""
        return json.loads(json.dumps(self.row(), default=dt.datetime.isoformat))  # type: ignore[no-any-return]  # of a dict

    @classmethod
    def from_json(cls, known: dict[str, Any]) -> RunState:
        """From a journal."""
        return cls.of({name: _moments(value) if name in _TIMES else value for name, value in known.items()})

    @property
    def window(self) -> Window | None:
        """What the query is fetching, or fetched last."""
        return Window(self.window_start, self.window_end) if self.window_start and self.window_end else None

    @property
    def in_flight(self) -> bool:
        """A page of its window is stored, and where the window ends is not certain."""
        return Cursor.read(self.page_token).token is not None

    @property
    def showed_nothing(self) -> bool:
        """Its window drained with one empty page, which may have been a false one."""
        cursor = Cursor.read(self.page_token)
        return cursor.token is None and cursor.doubted


_TIMES = {"gaps", *(field.name for field in fields(RunState) if "datetime" in str(field.type))}


def _moments(value: Any) -> Any:
    if isinstance(value, list):
        return [{**gap, "start": _moments(gap["start"]), "end": _moments(gap["end"])} for gap in value]
    return dt.datetime.fromisoformat(value) if value else None


def frame(states: Iterable[RunState]) -> pl.DataFrame:
    """Rows of `runs`."""
    return pl.DataFrame([state.row() for state in states], schema=RUNS)


@dataclass(frozen=True)
class Cursor:
    """Where a window goes on, and when the newest post it has shown was written: the next high-water mark.

    Not which post that is: an id as its platform gives it may name the author, and rows of `runs` outlive the posts.
    """

    token: str | None = None
    newest: dt.datetime | None = None
    failures: int = 0
    """Runs in a row that failed at the token; `restarts` of the window because of that."""
    restarts: int = 0
    doubted: bool = False
    """The window ended at the token with an empty answer: the next run asks there once more before it is believed."""

    def text(self) -> str:
        """As it stands in `page_token`."""
        return json.dumps({**vars(self), "newest": self.newest and self.newest.isoformat()})

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """From `page_token`, of earlier versions too, which held more."""
        if not text:
            return cls()
        known = json.loads(text)
        own = {field.name: known[field.name] for field in fields(cls) if field.name in known}
        return cls(**{**own, "newest": _moments(known["newest"])})

"""What a run reports while it goes on, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, EXIT_USAGE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from collectors.engine.state import RunState

_WORST_FIRST = (EXIT_USAGE, EXIT_FAILED, EXIT_PARTIAL, EXIT_DONE)


class Progress(NamedTuple):
    """After each page and before each wait."""

    source: str
    query: str
    query_number: int
    """From 1."""
    queries: int
    pages: int
    """Of this query in this run."""
    posts: int
    """Of this source in this run."""
    reached: float
    """Share of the query's window that is behind us, 0 to 1, where the pages go through it by time."""
    waiting_until: dt.datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class QueryOutcome:
    """How a query ended."""

    state: RunState
    exit_code: int = EXIT_DONE

    @property
    def name(self) -> str:
        """The query."""
        return self.state.query


@dataclass(frozen=True)
class SourceOutcome:
    """How a source ended."""

    source: str
    title: str
    queries: tuple[QueryOutcome, ...] = ()
    requests: int = 0
    exit_code: int = EXIT_DONE
    error: str | None = None
    """Why it was not asked at all, or not to its end."""
    still_failed: tuple[str, ...] = ()
    """Files that failed in an earlier run and were not read again, as nothing has changed: the run has failed until they are mended or gone."""

    @property
    def status(self) -> str:
        """One of done, partial, failed."""
        return {EXIT_DONE: "done", EXIT_PARTIAL: "partial"}.get(self.exit_code, "failed")

    def total(self, field: str) -> int:
        """Sum of pages, seen, new, changed, duplicate or rejected."""
        return sum(getattr(query.state, field) for query in self.queries)

    @property
    def left_out(self) -> int:
        """Rows that are not for us: forgotten or deleted before, or in a file for the member's own network only."""
        counted = ("new", "changed", "duplicate", "rejected")
        return max(self.total("seen") - sum(map(self.total, counted)), 0)

    @property
    def cost_usd(self) -> float:
        """What the posts read are estimated to cost."""
        return sum(query.state.cost_usd or 0.0 for query in self.queries)

    @property
    def gaps(self) -> int:
        """Times whose posts could not be had."""
        return sum(len(query.state.gaps) for query in self.queries)


@dataclass(frozen=True)
class CollectSummary:
    """How a run ended."""

    run_id: str
    started_at: dt.datetime
    finished_at: dt.datetime
    sources: tuple[SourceOutcome, ...]
    recovered: int = 0
    """Posts that a killed process had left in a journal."""

    @property
    def exit_code(self) -> int:
        """0 all drained · 75 something is left for the next run · 1 a query failed · 2 settings or credentials need someone."""
        return worst(outcome.exit_code for outcome in self.sources)


@dataclass(frozen=True)
class RecheckOutcome:
    """What became of one source's posts that were looked up again."""

    source: str
    title: str
    checked: int = 0
    changed: int = 0
    purged: int = 0
    absent: int = 0
    """Not found this time: purged if a later recheck doesn't find them either."""
    rejected: int = 0
    """Still there, in a form that can't be stored, such as with a time that can't be: what was stored before stands."""
    held_back: int = 0
    """Not found by a platform that finds nothing: taken for an outage."""
    unreachable: int = 0
    """Whose server could not be asked, or whose id is refused."""
    not_asked: int = 0
    """Stored posts that nobody can be asked about, such as rows of files without an id. They take no other's turn."""
    cost_usd: float = 0.0
    exit_code: int = EXIT_DONE
    error: str | None = None
    """Why it did not get to its end, or which servers could not be asked."""


@dataclass(frozen=True)
class RecheckSummary:
    """How a recheck ended."""

    sources: tuple[RecheckOutcome, ...]

    @property
    def exit_code(self) -> int:
        """As of `CollectSummary`."""
        return worst(outcome.exit_code for outcome in self.sources)


def worst(codes: Iterable[int]) -> int:
    """The exit code that most needs attention."""
    seen = set(codes)
    return next((code for code in _WORST_FIRST if code in seen), EXIT_DONE)

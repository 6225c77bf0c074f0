"""A page that fails in run after run must not hold up its query for ever: what to do about it, as pure values.

After `PATIENCE` runs that failed at the same page, the top of the window is asked. If it fails too, the platform is down: nothing
changes. If it answers, the page is to blame: the window is read again from there, and if that leads to the same end, it is given up
and recorded as a gap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collectors.engine.state import Cursor, RunState
from collectors.source import Gap
from collectors.wire import PageTokenRefused, Transient
from store import SourceDenied, SourceUnavailable

if TYPE_CHECKING:
    import datetime as dt

    from store import SourceError

PATIENCE: Final = 3


def failed(state: RunState, error: SourceError) -> RunState:
    """The state once a page has failed: counts what may be the page's fault, so not a budget, a deadline or a refused access."""
    if state.page_token is None or not _may_be_the_page(error):
        return state
    cursor = Cursor.read(state.page_token)
    # The engine restarts a window whose token is refused; if a token of the same run is refused too, waiting won't help.
    failures = PATIENCE if isinstance(error, PageTokenRefused) else 1
    return replace(state, page_token=replace(cursor, failures=cursor.failures + failures).text())


def is_stuck(state: RunState, error: SourceError) -> bool:
    """Whether this failure of the page at hand is one too many."""
    cursor = Cursor.read(state.page_token)
    return cursor.token is not None and cursor.failures + 1 >= PATIENCE and _may_be_the_page(error)


def from_top(state: RunState, *, stuck: bool) -> RunState:
    """The window from its start, once more; remembers it where a page that is stuck is the reason."""
    cursor = Cursor.read(state.page_token)
    restarts = cursor.restarts + 1 if stuck else cursor.restarts
    return replace(state, page_token=replace(cursor, token=None, failures=0, restarts=restarts, doubted=False).text())


def is_hopeless(state: RunState) -> bool:
    """Whether the window has been read again once, and now its top answers for the second time while a page of it does not."""
    return state.status == "running" and Cursor.read(state.page_token).restarts > 1


def given_up(state: RunState, *, now: dt.datetime) -> RunState:
    """The window as if it had drained, all of it a gap: in which order the platform shows posts is not known here."""
    assert state.window is not None  # noqa: S101  # a page of it was read
    reason = f"a page failed in {PATIENCE} runs, twice: posts may be missing"
    return replace(
        state,
        status="done",
        finished_at=now,
        page_token=None,
        high_water=state.window.ceiling,
        gaps=(*state.gaps, Gap(*state.window, reason)),
    )


def _may_be_the_page(error: SourceError) -> bool:
    return isinstance(error, Transient) or not isinstance(error, SourceUnavailable | SourceDenied)

"""How a query's state goes from window to window and page to page: pure functions from state to state."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.engine.state import Cursor, RunState
from collectors.source import Gap

if TYPE_CHECKING:
    from collectors.engine.state import Status
    from collectors.source import Page, Source, SourceSection, Window

#: A new window keeps this far from the edge of what the platform searches, so that a run cut short can be resumed a little later.
_MARGIN = dt.timedelta(minutes=9)


def resumed(last: RunState, *, run_id: str, now: dt.datetime, reach: dt.timedelta | None) -> RunState:
    """The window that `last` left in flight, as a run of its own."""
    assert last.window is not None  # noqa: S101  # `in_flight` says so
    # Behind an end that is only doubted there is most likely nothing to miss.
    gaps = () if Cursor.read(last.page_token).doubted else _out_of_reach(last.window, reach=reach, now=now)
    return RunState(
        run_id,
        last.source,
        last.query,
        started_at=now,
        updated_at=now,
        window_start=last.window_start,
        window_end=last.window_end,
        high_water=last.high_water,
        page_token=last.page_token,
        gaps=gaps,
    )


def _out_of_reach(window: Window, *, reach: dt.timedelta | None, now: dt.datetime) -> tuple[Gap, ...]:
    if not reach or window.floor >= (edge := now - reach):
        return ()
    return (
        Gap(window.floor, min(edge, window.ceiling), "older than the platform searches, by the time the run went on"),
    )


def planned(
    last: RunState | None,
    *,
    run_id: str,
    source_name: str,
    query: str,
    now: dt.datetime,
    section: SourceSection,
    source: Source,
) -> RunState:
    """A new window: from the high-water mark less the overlap, up to now.

    The mark is the newest post seen, not the time of the run, so that an index that lags or a clock that is off loses nothing; where the
    index is prompt, the end of the window that drained last counts if it is later. A query that has never shown a post starts as
    a first run does, or where its last window ended if that is longer ago. A window that showed nothing at all is asked for again
    with what followed it: that costs nothing if it was empty, and loses nothing if the answer was false. A floor beyond the platform's reach is moved up; if
    posts may have been missed by that, it is a gap.
    """
    mark, reach = last.high_water if last else None, source.reach
    drained_to = last.window_end if last and not last.in_flight else None
    known_to = max(mark, drained_to) if mark and drained_to and source.prompt_index else mark
    overlap = dt.timedelta(hours=section.overlap_hours)
    if known_to:
        floor = known_to - overlap
    else:
        floor = min(now - dt.timedelta(days=section.first_days), drained_to - overlap if drained_to else now)
    if last and last.showed_nothing and last.window_start:
        floor = min(floor, last.window_start)
    gaps: tuple[Gap, ...] = ()
    if reach and floor < (edge := now - reach + _MARGIN):
        seen_to = max(filter(None, (mark, drained_to)), default=None)
        if seen_to and seen_to < edge:
            gaps = (Gap(seen_to, edge, "older than the platform searches"),)
        floor = edge
    floor = min(floor, now)
    return RunState(
        run_id,
        source_name,
        query,
        started_at=now,
        updated_at=now,
        window_start=floor,
        window_end=now,
        high_water=mark,
        page_token=Cursor().text(),
        gaps=gaps,
    )


def unbegun(state: RunState, last: RunState | None) -> RunState:
    """A window of which nothing is stored leaves things as they were, and the next run plans anew. Else the state as it is.

    A window before it in the same run shares its row: what that one found missing has no other place.
    """
    if Cursor.read(state.page_token).token is not None:
        return state
    drained = last.window if last and not last.in_flight else None
    return replace(
        state,
        page_token=last.page_token if last and drained else None,
        window_start=drained.floor if drained else None,
        window_end=drained.ceiling if drained else None,
        gaps=last.gaps if last and last.run_id == state.run_id else (),
    )


def _unread(gap: Gap | None, high_water: dt.datetime | None) -> tuple[Gap, ...]:
    """A page's gap as far as it lies beyond the mark: up to there, which the overlap goes back over, earlier runs have read."""
    if gap and high_water:
        gap = gap._replace(start=max(gap.start, high_water))
    return (gap,) if gap and gap.start < gap.end else ()


def after_page(state: RunState, page: Page, *, source: Source, rejected: int, now: dt.datetime) -> RunState:
    """The state once a page is stored. The high-water mark moves with the last page of the window, and only then.

    An empty page where the one before it promised more ends the window for this run only: token and mark stay, and the next run asks
    there once more. Platforms end streams that way, so that is no failure.
    """
    cursor = Cursor.read(state.page_token)
    # A post dated later than now carries a false time: it must not push the mark past posts to come.
    latest = page.server_time or now
    newest = max((post.created_at for post in page.posts if post.created_at <= latest), default=None)
    if newest and (cursor.newest is None or newest > cursor.newest):
        cursor = replace(cursor, newest=newest)
    first, promised = cursor.token is None, cursor.token
    ends = page.next_token is None
    doubted = ends and page.empty and not page.proven and not cursor.doubted
    gaps = _unread(page.gap, state.high_water)
    if cursor.doubted:
        # The gap at an end was said when the end was doubted; where it goes on after all, what is out of reach by now is missing.
        went_on = not (ends and page.empty)
        gaps = (*_out_of_reach(state.window, reach=source.reach, now=now), *gaps) if state.window and went_on else ()
    cursor = replace(cursor, token=promised if doubted else page.next_token, failures=0, doubted=doubted)
    # What a gap has said is no longer of the window: the next run that goes on with it says only what was lost since.
    said_to = [gap.end for gap in state.gaps if state.window and state.pages == 0 and gap.start == state.window.floor]
    state = replace(
        state,
        window_start=max(said_to, default=state.window_start),
        window_end=min(state.window_end, latest) if first and state.window_end else state.window_end,
        updated_at=now,
        pages=state.pages + 1,
        seen=state.seen + len(page.posts) + len(page.malformed),
        rejected=state.rejected + rejected + len(page.malformed),
        gaps=(*state.gaps, *gaps),
        cost_usd=(state.cost_usd or 0.0) + page.billed * source.usd_per_post if source.usd_per_post else None,
        page_token=cursor.text(),
    )
    if not ends:
        return state
    if doubted:
        return replace(state, status="done", finished_at=now)
    moved = cursor.newest and (state.high_water is None or cursor.newest > state.high_water)
    return replace(
        state,
        status="done",
        finished_at=now,
        page_token=None,
        high_water=cursor.newest if moved else state.high_water,
    )


def left(
    state: RunState,
    *,
    status: Status,
    error: str,
    now: dt.datetime,
    not_before: dt.datetime | None = None,
    asked: bool = True,
) -> RunState:
    """The state of a query that could not go on. One for which no request was made keeps its place in the turn.

    What is out of reach is said by the run that goes on, once: a window that only waits, hour by hour, has lost it only once.
    """
    finished_at = now if asked else None
    return replace(
        state,
        status=status,
        error=error,
        updated_at=now,
        finished_at=finished_at,
        not_before=not_before,
        gaps=state.gaps if state.pages else (),
    )

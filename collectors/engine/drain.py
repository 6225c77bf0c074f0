"""One query, from where it stands to where its window has drained or something stops it."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from collectors.engine.progress import Progress, QueryOutcome
from collectors.engine.state import Cursor, RunState
from collectors.engine.stuck import failed, from_top, given_up, is_hopeless, is_stuck
from collectors.engine.windows import after_page, left, planned, resumed, unbegun
from collectors.wire import PageTokenRefused, RateLimited
from store import ConfigError, LayoffsError, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

    from collectors.engine.attempts import Attempts
    from collectors.engine.budget import Allowance
    from collectors.engine.recorder import Recorder
    from collectors.source import Page, Query, Source, SourceSection, SourceSpec
    from collectors.wire import Clock

log = logging.getLogger("collectors")

MOMENT: Final = dt.timedelta(minutes=30)  # what drained so long ago is not asked again by a run that completes another
_ANSWERS: Final = (
    3  # that are empty, before a run takes it that a window ends there; what the run before took needs one
)
_REPEATS: Final = 3  # in a row of pages known already, before the platform is taken to go round in circles
_EMPTY_PAGES: Final = 60  # in a row; halving a month down to a second takes 22
_NOT_BEFORE: Final = dt.timedelta(minutes=15)  # for a rate limit that doesn't say when it ends
_LONGEST_HELD: Final = dt.timedelta(days=1)  # then one request shows whether it is over: a reset may be wrong by years


def queries_of(source: Source, spec: SourceSpec) -> Sequence[Query]:
    """What a source reads, each query once: a word that stands twice in the settings would be asked for, and its posts counted, twice.

    Raises ConfigError where its settings leave nothing: a run of nothing would look like success.
    """
    queries = list({query.name: query for query in source.queries()}.values())
    if not queries:
        raise ConfigError(
            f"[sources.{spec.name}] leaves nothing to ask for. Give it words, tags or the like, or enabled = false."
        )
    return queries


@dataclass
class Drain:
    """What draining the queries of one source within one run needs."""

    run_id: str
    source_name: str
    source: Source
    section: SourceSection
    recorder: Recorder
    attempts: Attempts
    allowance: Allowance
    clock: Clock
    redact: Callable[[str], str]
    report: Callable[[Progress], None]
    queries: int
    number: int = 0
    posts: int = 0
    _asking: str = ""
    _reached: float = 0.0
    _page: int = 0

    def __post_init__(self) -> None:
        self.attempts.on_wait = self._waiting
        self.attempts.seconds_between = self.source.seconds_between_requests

    def query(self, query: Query, last: RunState | None) -> QueryOutcome:
        """Finish the window in flight, if there is one, then read what is new since."""
        self.number += 1
        self._asking, self._reached, self._page = query.name, 0.0, 0
        state = self._begin(query, last)
        requests = self.attempts.requests
        waits = self._not_before(last.not_before) if last else None
        if waits and waits > self.clock.now():
            held = left(
                unbegun(state, last),
                status="partial",
                error=f"rate limited until {waits:%Y-%m-%d %H:%M} UTC",
                now=self.clock.now(),
                not_before=waits,
                asked=False,
            )
            return QueryOutcome(self.recorder.append(held), SourceUnavailable.exit_code)
        try:
            if last and last.in_flight:
                was_cut_short = last.status != "done"
                last = self._pages(query, state)
                now = self.clock.now()
                drained_now = was_cut_short and last.window_end and now - MOMENT < last.window_end <= now
                if last.in_flight or drained_now:
                    return QueryOutcome(last)  # its end is doubtful still, or there is hardly any news yet
                state = _carry_on(self._begin(query, last), last)
            return QueryOutcome(self._pages(query, state))
        except _Stopped as stop:
            state = unbegun(failed(stop.state, stop.error), last)
            stopped = self._stopped(state, stop.error, asked=self.attempts.requests > requests)
            return QueryOutcome(self.recorder.append(stopped), stop.error.exit_code)

    def rest(self, last: RunState) -> QueryOutcome:
        """Not asked, since it drained a moment ago, in the run that this one completes."""
        self.number += 1
        return QueryOutcome(
            replace(last, pages=0, seen=0, new=0, changed=0, duplicate=0, rejected=0, gaps=(), cost_usd=None)
        )

    def leave(self, query: Query, last: RunState | None, *, because: QueryOutcome) -> QueryOutcome:
        """Not asked, since the query before it showed that nothing would come."""
        self.number += 1
        state = left(
            unbegun(self._begin(query, last), last),
            status=because.state.status,
            error=because.state.error or "",
            now=self.clock.now(),
            not_before=because.state.not_before,
            asked=False,
        )
        return QueryOutcome(self.recorder.append(state), because.exit_code)

    def _begin(self, query: Query, last: RunState | None) -> RunState:
        now = self.clock.now()
        if last and last.in_flight:
            return resumed(last, run_id=self.run_id, now=now, reach=self.source.reach)
        return planned(
            last,
            run_id=self.run_id,
            source_name=self.source_name,
            query=query.name,
            now=now,
            section=self.section,
            source=self.source,
        )

    def _stopped(self, state: RunState, error: SourceError, *, asked: bool) -> RunState:
        now = self.clock.now()
        later = isinstance(error, SourceUnavailable)
        reset_at = (error.reset_at or now + _NOT_BEFORE) if isinstance(error, RateLimited) else None
        return left(
            state,
            status="partial" if later else "failed",
            error=self.redact(str(error)),
            now=now,
            not_before=self._not_before(reset_at),
            asked=asked,
        )

    def _not_before(self, reset_at: dt.datetime | None) -> dt.datetime | None:
        return reset_at and min(reset_at, self.clock.now() + _LONGEST_HELD)

    def _pages(self, query: Query, state: RunState) -> RunState:
        """Page by page until the window has drained. Raises _Stopped with the state of the last page that is safe."""
        tokens: set[str | None] = set()
        shown: set[frozenset[str]] = set()  # page by page: a thread may hold posts that the search has found
        repeats = empty = 0
        restarted = False
        safe = state  # stands if the next page fails: also after a restart, until its first page is stored
        while state.status == "running":
            token = Cursor.read(state.page_token).token
            try:
                page = self._answer(query, state, resumed=not tokens, restarted=restarted)
                found = self._normalised(query, page)
            except SourceError as error:
                stuck = is_stuck(state, error)
                if restarted or not (stuck or isinstance(error, PageTokenRefused)):
                    raise _Stopped(safe, error) from None
                restarted, tokens, shown, state = True, set(), set(), from_top(state, stuck=stuck)
                continue
            # Pages of nothing but what is not for us may go on for ever as well.
            empty = 0 if page.posts or page.malformed else empty + 1
            # Tokens alone don't show it: those that count what they have shown never come twice.
            posts = frozenset(post.post_id for post in page.posts)
            tokens.add(token)
            known = page.next_token in tokens or (bool(posts) and posts in shown)
            repeats = repeats + 1 if known and page.next_token is not None else 0
            shown.add(posts)
            safe = state = self._keep(query, state, page, *found)
            if is_hopeless(state):
                return self.recorder.append(given_up(state, now=self.clock.now()))
            if repeats > _REPEATS or empty > _EMPTY_PAGES:
                what = "the same pages" if repeats > _REPEATS else "empty pages"
                raise _Stopped(state, SourceUnavailable(f"the platform keeps sending {what}"))
        return state

    def _answer(self, query: Query, state: RunState, *, resumed: bool, restarted: bool) -> Page:
        """The page at hand, asked for again where it is empty: that may be a hiccup, and to believe it would lose what is behind it."""
        cursor = Cursor.read(state.page_token)
        answers = 1 if cursor.doubted else _ANSWERS
        page = self._fetch(query, state, cursor.token)
        while answers > 1 and page.empty and (page.doubtful or (page.next_token is None and not page.proven)):
            answers -= 1
            page = self._fetch(query, state, cursor.token)
        if page.adrift and resumed and not restarted:
            raise PageTokenRefused("what the page was to follow has gone")
        return replace(page, proven=page.proven or (page.adrift and restarted))

    def _fetch(self, query: Query, state: RunState, token: str | None) -> Page:
        limit = self.allowance.limit(self.source)
        if why := self.allowance.why_spent(self.source):
            raise SourceUnavailable(f"{why}; the rest waits for a later run")
        assert state.window is not None  # noqa: S101  # planned and resumed states have one
        window = state.window
        with _surprises():
            page = self.attempts.make(lambda: self.source.fetch(query, window, token, limit=limit))
        self.allowance.posts_left -= page.billed
        return page

    def _normalised(self, query: Query, page: Page) -> tuple[pl.DataFrame, pl.DataFrame]:
        with _surprises():
            return self.recorder.normalise(page, query.name, now=self.clock.now())

    def _keep(self, query: Query, state: RunState, page: Page, posts: pl.DataFrame, rejected: pl.DataFrame) -> RunState:
        now = self.clock.now()
        state = self.recorder.append(
            after_page(state, page, source=self.source, rejected=rejected.height, now=now), posts
        )
        self.posts += posts.height
        log.info(
            'step=collect source=%s query="%s" page=%d posts=%d refused=%d requests=%d status=%s',
            self.source_name,
            query.name,
            state.pages,
            posts.height,
            rejected.height + len(page.malformed),
            self.attempts.requests,
            state.status,
        )
        for reason in {*page.malformed, *rejected["reason"]}:
            log.warning("step=collect source=%s refused a post: %s", self.source_name, self.redact(reason))
        self._reached, self._page = reached(state, page), state.pages
        self._tell()
        return state

    def _tell(self, until: dt.datetime | None = None, why: str = "") -> None:
        where = (self.source_name, self._asking, self.number, self.queries)
        self.report(Progress(*where, self._page, self.posts, self._reached, until, why))

    def _waiting(self, until: dt.datetime, why: str) -> None:
        why = self.redact(why)
        log.warning('step=collect source=%s waiting_until=%s reason="%s"', self.source_name, f"{until:%H:%M:%S}", why)
        self._tell(until, why)


class _Stopped(Exception):  # noqa: N818  # carries the state out of the loop
    def __init__(self, state: RunState, error: SourceError) -> None:
        super().__init__(str(error))
        self.state, self.error = state, error


@contextmanager
def _surprises() -> Iterator[None]:
    """What nobody foresaw, in a client library or in reading a page, is one query's failure: it is recorded, and the others go on."""
    try:
        yield
    except LayoffsError:
        raise
    except Exception as error:
        raise SourceError(f"unexpected {type(error).__name__}: {error}") from error


def _carry_on(fresh: RunState, before: RunState) -> RunState:
    """A second window of the same query in the same run goes into the same row."""
    return replace(
        fresh,
        started_at=before.started_at,
        pages=before.pages,
        seen=before.seen,
        rejected=before.rejected,
        cost_usd=before.cost_usd,
        gaps=(*before.gaps, *fresh.gaps),
    )


def reached(state: RunState, page: Page) -> float:
    """How much of the window lies behind the page."""
    if state.window is None or state.status == "done":
        return 1.0
    if not page.posts:
        return 0.0
    floor, ceiling = state.window
    span = (ceiling - floor).total_seconds() or 1.0
    oldest = min(post.created_at for post in page.posts)
    return min(max((ceiling - oldest).total_seconds() / span, 0.0), 1.0)

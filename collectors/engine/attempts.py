"""One page, asked for as often as makes sense: three jittered tries, one wait for a rate limit, all within the deadline."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from collectors.wire import RateLimited, Transient
from store import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from collectors.wire import Clock

T = TypeVar("T")

TRIES: Final = 3
LONGEST_WAIT: Final = dt.timedelta(minutes=15)  # the platforms' own window
UNSAID_WAIT: Final = dt.timedelta(minutes=1)  # for a 429 that doesn't say how long


class DeadlineReached(SourceUnavailable):
    """The run's time is up."""


def why_over(clock: Clock, deadline: dt.datetime) -> str | None:
    """Why a run may not go on; None while it may."""
    if clock.stopped:
        return "the run was stopped"
    return "the run's deadline was reached" if clock.now() >= deadline else None


@dataclass
class Attempts:
    """Asks on behalf of one source within one run, and counts."""

    clock: Clock
    deadline: dt.datetime
    requests: int = 0
    seconds_between: float = 0.0
    """From the end of one request to the next: what a platform asks for, where it refuses those that come faster."""
    on_wait: Callable[[dt.datetime, str], None] = lambda _until, _why: None
    """Called with the time until which nothing happens, and why."""
    _asked_at: dt.datetime | None = None

    def once(self, ask: Callable[[], T]) -> T:
        """The answer, if there is time left to ask for it. Raises what `ask` raises, or DeadlineReached."""
        self._keep_pace()
        if why := why_over(self.clock, self.deadline):
            raise DeadlineReached(why)
        self.requests += 1
        try:
            return ask()
        except RateLimited as error:
            self.requests -= not error.asked
            raise
        finally:
            self._asked_at = self.clock.now()

    def make(self, ask: Callable[[], T], *, tries: int = TRIES) -> T:
        """The answer, asked for again where that helps: up to `tries` times, and once more after a rate limit. Raises what `ask` raised last, or DeadlineReached."""
        failures, waited = 0, False
        while True:
            try:
                return self.once(ask)
            except RateLimited as error:
                if waited or not self._wait(error):
                    raise
                waited = True
            except Transient as error:
                failures += 1
                pause = random.uniform(0.5, 1.0) * 2**failures
                if failures >= tries or self.clock.now() + dt.timedelta(seconds=pause) >= self.deadline:
                    raise
                self.on_wait(self.clock.now() + dt.timedelta(seconds=pause), str(error))
                self.clock.sleep(pause)

    def _keep_pace(self) -> None:
        if self._asked_at and self.seconds_between:
            since = (self.clock.now() - self._asked_at).total_seconds()
            if 0 <= since < self.seconds_between:  # not after a clock that was set back meanwhile
                self.clock.sleep(self.seconds_between - since)

    def _wait(self, error: RateLimited) -> bool:
        now = self.clock.now()
        wait = (error.reset_at - now if error.reset_at else UNSAID_WAIT) + dt.timedelta(seconds=random.uniform(1, 5))
        if wait > LONGEST_WAIT or (until := now + wait) >= self.deadline:
            return False
        self.on_wait(until, str(error))
        self.clock.sleep(max(wait.total_seconds(), 0.0))
        return True

"""Reddit's quota, in the place of prawcore's limiter: that one sleeps, without regard to a deadline and without a limit once it is spent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from prawcore.rate_limit import RateLimiter

from collectors.wire import RateLimited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collectors.wire import Clock


class Quota(RateLimiter):
    """Makes no request that the answer before said is one too many: the engine waits, within the run's deadline."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is known of the quota before the first answer."""
        super().__init__(window_size=600)
        self._clock = clock
        self._spent_until: dt.datetime | None = None

    def delay(self) -> None:
        """In place of sleeping. Raises RateLimited while the quota is spent."""
        if self._spent_until and self._clock.now() < self._spent_until:
            raise RateLimited("Reddit's quota is spent", reset_at=self._spent_until, asked=False)

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        """Learn from an answer."""
        remaining = _number(response_headers.get("x-ratelimit-remaining"))
        spent = remaining is not None and remaining < 1
        self._spent_until = after(response_headers.get("x-ratelimit-reset"), self._clock) if spent else None


def after(seconds: str | None, clock: Clock) -> dt.datetime | None:
    """The time that a header means by a number of seconds; None where it is none."""
    wait = _number(seconds)
    try:
        return None if wait is None else clock.now() + dt.timedelta(seconds=wait)
    except OverflowError:
        return None


def _number(said: str | None) -> float | None:
    return float(said) if said and said.replace(".", "", 1).isdigit() else None

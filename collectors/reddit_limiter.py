"""Reddit's quota, in the place of prawcore's limiter: that one sleeps, without regard to a deadline and without a limit once it is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prawcore.rate_limit import RateLimiter

from collectors.wire import RateLimited, header_number, retry_at

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from collectors.wire import Clock


class Limiter(RateLimiter):
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
        remaining = header_number(response_headers.get("x-ratelimit-remaining"))
        spent = remaining is not None and remaining < 1
        self._spent_until = None
        if spent:
            self._spent_until = retry_at(response_headers.get("x-ratelimit-reset"), response_headers, self._clock)

"""The time of day and waiting, passed in so that a test can play hours in an instant."""

from __future__ import annotations

import datetime as dt
import time
from typing import Final, Protocol

_LOOK_SECONDS: Final = 0.2  # how often a sleeper looks whether the run is being stopped


class Clock(Protocol):
    """What the engine knows of time."""

    def now(self) -> dt.datetime:
        """The present, UTC-aware."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`, or earlier if the run is being stopped."""
        ...

    @property
    def stopped(self) -> bool:
        """The run was asked to end: finish the page and leave."""
        ...


class SystemClock:
    """Real time. `stop` takes no lock: a signal handler may call it whatever the thread it interrupts is doing."""

    def __init__(self) -> None:
        self._stopped = False

    def now(self) -> dt.datetime:
        """The present, UTC-aware."""
        return dt.datetime.now(dt.UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is being stopped."""
        until = time.monotonic() + seconds
        while not self._stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))

    def stop(self) -> None:
        """Ask the run to end after the page in hand."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

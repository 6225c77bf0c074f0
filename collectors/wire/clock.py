"""The time of day and waiting, passed in so that a test can play hours in an instant."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Protocol


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
    """Real time. `stop` wakes every sleeper, for signal handlers."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def now(self) -> dt.datetime:
        """The present, UTC-aware."""
        return dt.datetime.now(dt.UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is being stopped."""
        self._stop.wait(seconds)

    def stop(self) -> None:
        """Ask the run to end after the page in hand."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

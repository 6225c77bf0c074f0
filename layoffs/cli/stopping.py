"""Ctrl-C and a scheduler's SIGTERM end a run after the page in hand, with everything stored; a second one ends it at once."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors import SystemClock

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SAID: Final = b"Stopping after the page in hand; what is stored is kept. Once more to end at once.\n"


@contextmanager
def stoppable() -> Iterator[SystemClock]:
    """A clock for a run that such a signal stops. Call it in the main thread."""
    from collectors import SystemClock  # noqa: PLC0415  # `--help` stays instant

    clock = SystemClock()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def stop(_number: int, _frame: object) -> None:
        clock.stop()
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)  # an exception would wait for the threads that collect
        with suppress(OSError):
            os.write(2, _SAID)  # not through the buffer, which may be in use

    for number in _SIGNALS:
        signal.signal(number, stop)
    try:
        yield clock
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

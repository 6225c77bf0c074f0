"""Progress of long steps: a bar on a terminal, a structured log line every few seconds elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collectors import Progress

logger = logging.getLogger("layoffs")
LOG_EVERY_SECONDS = 10.0

Advance: TypeAlias = "Callable[[int, int | None], None]"


class _Rate(ProgressColumn):
    """Units per second of the whole step: steadier than the newest instant."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        rate = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{rate:,.0f} {self.unit}/s", style="progress.data.speed")


@contextmanager
def progress(step: str, *, unit: str) -> Iterator[Advance]:
    """Yields advance(done, total): absolute numbers of `unit`, total None while unknown."""
    if sys.stderr.isatty():
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), _Rate(unit), TimeRemainingColumn())
        with Bars(*columns, console=console, transient=True) as bar:
            task = bar.add_task(step, total=None)

            def advance(done: int, total: int | None) -> None:
                bar.update(task, completed=done, total=total)

            yield advance
        return

    yield _logged(step)


def _logged(step: str) -> Advance:
    started = last = time.monotonic()

    def log(done: int, total: int | None) -> None:
        nonlocal last
        if total == 0:
            return
        now = time.monotonic()
        if now - last < LOG_EVERY_SECONDS:
            return
        last = now
        rate = done / (now - started)
        left = f"{(total - done) / rate:.0f}" if total and rate else "unknown"
        logger.info("step=%s done=%d total=%s per_second=%.0f seconds_left=%s", step, done, total, rate, left)

    return log


@contextmanager
def collecting() -> Iterator[Callable[[Progress], None] | None]:
    """A bar per source on a terminal. Elsewhere nothing: the collectors log a line per page themselves."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            if progress.source not in tasks:
                tasks[progress.source] = bars.add_task(progress.source, total=1.0, state="")
            done = (progress.query_number - 1 + progress.reached) / progress.queries
            waiting = f", waiting until {progress.waiting_until:%H:%M:%S} UTC" if progress.waiting_until else ""
            state = (
                f"query {progress.query_number}/{progress.queries}, {progress.posts:,} posts{waiting} {progress.note}"
            )
            bars.update(tasks[progress.source], completed=done, state=state)

        yield show

"""Kills the collector, makes its platform misbehave, and counts what is lost. `benchmarks.collect` keeps the lines and prints the table."""

from __future__ import annotations

import datetime as dt
import logging
import multiprocessing
import os
import random
import signal
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from collectors import Credentials, Employer, SourcesSettings, SystemClock, collect
from store import EXIT_DONE, EXIT_PARTIAL, Store
from tests.servers.core import FAULTS, Platform, Server
from tests.servers.everything import CREDENTIALS, SERVERS, section

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from multiprocessing.context import ForkServerContext

READ_SECONDS = 0.5
NONE, ALL = "none", "all"
#: Lines of the table, for each source.
LINES = (NONE, *FAULTS, ALL)
#: Faults that make the collector ask for the same page again.
ASKED_AGAIN = frozenset(FAULTS) - {"malformed_post", "out_of_order", "clock_skew"}


class ImpatientClock(SystemClock):
    """Real time, in which every wait is over at once: hours of rate limits pass in no time."""

    def __init__(self, skipped: dt.timedelta = dt.timedelta(0)) -> None:
        super().__init__()
        self._skipped = skipped

    def now(self) -> dt.datetime:
        """Real time, and all that was skipped."""
        return super().now() + self._skipped

    def sleep(self, seconds: float) -> None:
        """Skip ahead."""
        self._skipped += dt.timedelta(seconds=max(seconds, 0.0))


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    source: str
    fault: str
    offered: int
    stored: int
    doubled: int
    lost: int
    requests: int
    allowed: int
    faults: int
    kills: int
    runs: int
    seconds: float
    drained: bool | None = None
    """Whether the collector came to an end with exit code 0. None in lines that were measured before this was kept."""

    @property
    def good(self) -> bool:
        """Nothing lost or doubled, an end, and no more requests than faults and kills explain."""
        return not (self.lost or self.doubled or self.drained is False) and self.requests <= self.allowed


def compare(stored: Sequence[str], offered: set[str]) -> dict[str, int]:
    """What became of the posts offered, from the ids of all rows. A row under an id that was never offered is a post stored twice, too."""
    found = len(offered.intersection(stored))
    return {"offered": len(offered), "stored": found, "doubled": len(stored) - found, "lost": len(offered) - found}


def run_once(source: str, url: str, folder: str, ahead: dt.timedelta, queue: Any) -> None:
    """One scheduled run, `ahead` of real time, in a process of its own. Puts its exit code into the queue."""
    logging.disable(logging.CRITICAL)
    summary = collect(
        Store.open(folder),
        settings(source, url),
        employers=[Employer("Amazon"), Employer("Meta", handles=("Meta",))],
        credentials=Credentials(CREDENTIALS),
        clock=ImpatientClock(ahead),
        deadline=dt.timedelta(hours=12),
    )
    queue.put(summary.exit_code)


def settings(source: str, url: str) -> SourcesSettings:
    """One query or as few as the source allows, all pages, short timeouts."""
    return SourcesSettings.model_validate(
        {"languages": ["en"], source: {**section(source, url), "read_seconds": READ_SECONDS, "overlap_hours": 1}}
    )


def measure(
    source: str,
    fault: str,
    *,
    posts: int,
    kills: int,
    share: float,
    seed: int,
    fault_free: int,
    context: ForkServerContext,
) -> Row:
    """Collect until drained, under one kind of fault ("none", a name, or "all"), killed `kills` times."""
    chance = random.Random(f"{seed}/{source}/{fault}")
    platform = build(source, posts)
    platform.random = random.Random(seed)
    kinds = FAULTS if fault == ALL else () if fault == NONE else (fault,)
    platform.choose_fault = lambda _number: chance.choice(kinds) if kinds and chance.random() < share else None
    started, runs, killed, ahead = time.monotonic(), 0, 0, dt.timedelta(0)
    with Server(platform) as server, tempfile.TemporaryDirectory() as folder:
        drained = False
        while not drained:
            runs += 1
            doomed = killed < kills
            process, code = _scheduled(
                (source, server.url, folder, ahead),
                platform,
                context,
                chance=chance if doomed else None,
                pages=fault_free / max(kills, 1),
            )
            killed += process == -signal.SIGKILL
            drained = code == EXIT_DONE
            if code == EXIT_PARTIAL:
                ahead = max(ahead, _held_back(folder))
            if runs > 50 + 4 * (kills + len(platform.injected)):
                break
        requests, faults = platform.posts_requests, len(platform.injected)
        platform.choose_fault = lambda _number: None
        stored = Store.open(folder).scan("posts").select("post_id").collect()
    retries = sum(name in ASKED_AGAIN for name in platform.injected) + killed
    return Row(
        source,
        fault,
        **compare(stored["post_id"].to_list(), platform.keys()),
        requests=requests,
        allowed=int(1.1 * fault_free) + retries if fault_free else requests,
        faults=faults,
        kills=killed,
        runs=runs,
        seconds=time.monotonic() - started,
        drained=drained,
    )


def _scheduled(
    arguments: tuple[str, str, str, dt.timedelta],
    platform: Platform,
    context: ForkServerContext,
    *,
    chance: random.Random | None,
    pages: float,
) -> tuple[int | None, int | None]:
    """A run, killed at a random point if `chance` is given. Returns the process's and the collector's exit code."""
    queue, timer = context.SimpleQueue(), None
    process = context.Process(target=run_once, args=(*arguments, queue), daemon=True)
    if chance:
        victim = platform.posts_requests + chance.randint(1, max(int(2 * pages), 2))
        # At once, or within what follows: reading, masking, journal.
        delay = chance.choice([0.0, chance.uniform(0, 0.03)])

        def kill() -> None:
            if process.pid and process.is_alive():
                os.kill(process.pid, signal.SIGKILL)

        def kill_after(number: int) -> None:
            if number >= victim:
                time.sleep(delay)
                kill()

        platform.after_reply = kill_after
        # One in three at any time instead: while starting, while merging what the one before had left, while waiting.
        timer = threading.Timer(chance.uniform(0.05, 0.6), kill) if chance.random() < 1 / 3 else None
    process.start()
    if timer:
        timer.start()
    process.join()
    if timer:
        timer.cancel()
    platform.after_reply = lambda _number: None
    code = queue.get() if not queue.empty() else None
    return process.exitcode, code


def _held_back(folder: str) -> dt.timedelta:
    """How far from now the time lies before which the last run said that it is of no use to ask again."""
    until = Store.open(folder).scan("runs").select(pl.col("not_before").max()).collect().item()
    return until - dt.datetime.now(dt.UTC) if until else dt.timedelta(0)


def build(source: str, posts: int) -> Platform:
    """A platform with that many posts in the last six days."""
    now = dt.datetime.now(dt.UTC)
    return SERVERS[source](posts, start=now - dt.timedelta(days=6), end=now - dt.timedelta(minutes=10))


def rows(
    sources: Collection[str],
    *,
    posts: int,
    kills: int,
    share: float,
    seed: int,
    faults: Collection[str] = LINES,
    done: Iterable[Row] = (),
) -> Iterator[Row]:
    """Measure the lines that are not done: of each source the named ones, and "none" first, which says what the others may ask for."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.reliability"])
    known = {(row.source, row.fault): row for row in done}
    for source in sources:
        for fault in (NONE, *(fault for fault in faults if fault != NONE)):
            if (source, fault) in known:
                continue
            row = measure(
                source,
                fault,
                posts=posts,
                kills=kills if fault == ALL else 0,
                share=share,
                seed=seed,
                fault_free=0 if fault == NONE else known[source, NONE].requests,
                context=context,
            )
            known[source, fault] = row
            yield row

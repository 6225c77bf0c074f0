"""Posts a second of one undisturbed run, and where the time goes."""

from __future__ import annotations

import cProfile
import multiprocessing
import os
import pstats
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks.reliability import build, settings
from collectors import Credentials, Employer, collect
from store import Store
from tests.servers.core import Server
from tests.servers.everything import CREDENTIALS

_FIRST = 200
#: What a page goes through, by the functions that it enters; the rest is the client library, its JSON and the wait for the server.
_STEPS = {
    "masking and pseudonyms": ("recorder.py", "normalise"),
    "journal": ("journal.py", "append"),
    "merge into the tables": ("recorder.py", "merge"),
}


def throughput(source: str, posts: int) -> str:
    """One line: posts a second of wall clock and of processor time, and the shares of another run under the profiler."""
    _run(source, _FIRST)  # loads the client library, which takes up to two seconds and is of no page
    count, wall, busy = _run(source, posts)
    profile = cProfile.Profile()
    _run(source, posts, profile=profile)
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed doesn't know it
    total = sum(own for _, _, own, _, _ in stats.values())
    shares = {}
    for step, (file, function) in _STEPS.items():
        spent = sum(
            cumulative
            for (path, _, name), (_, _, _, cumulative, _) in stats.items()
            if name == function and Path(path).name == file
        )
        shares[step] = spent / total
    shares["client, JSON and waiting"] = max(1 - sum(shares.values()), 0.0)
    said = ", ".join(f"{step} {share:.0%}" for step, share in sorted(shares.items(), key=lambda item: -item[1]))
    load = os.getloadavg()[0]
    return (
        f"{source:11} {count / wall:8,.0f} posts/s ({count / busy:,.0f} per processor second, load {load:.1f}): {said}"
    )


def _run(source: str, posts: int, *, profile: cProfile.Profile | None = None) -> tuple[int, float, float]:
    """New posts, seconds, processor seconds of the collector; the server is a process of its own."""
    context = multiprocessing.get_context("forkserver")
    with tempfile.TemporaryDirectory() as folder:
        url, stop = context.SimpleQueue(), context.Event()
        server = context.Process(target=_serve, args=(source, posts, url, stop), daemon=True)
        server.start()
        address = url.get()
        before = os.times()
        if profile:
            # A profile belongs to a thread: the collecting one switches it on itself, as its first step.
            threading.setprofile(lambda *_: profile.enable())
        summary = collect(
            Store.open(folder),
            settings(source, address),
            employers=[Employer("Amazon")],
            credentials=Credentials(CREDENTIALS),
        )
        if profile:
            threading.setprofile(None)  # type: ignore[arg-type]  # typeshed wants a function
        after = os.times()
        stop.set()
        server.join()
    busy = after.user - before.user + after.system - before.system
    return summary.sources[0].total("new"), after.elapsed - before.elapsed, busy


def _serve(source: str, posts: int, url: Any, stop: Any) -> None:
    with Server(build(source, posts)) as server:
        url.put(server.url)
        stop.wait()

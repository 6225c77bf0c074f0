"""A scheduled run against loopback servers, with a clock that is played instead of waited for."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from collectors import CollectSummary, Credentials, Employer, SourcesSettings, collect, recheck
from store import Store
from tests.servers.core import Platform, Server
from tests.servers.everything import CREDENTIALS, SERVERS, section
from tests.servers.reddit import Reddit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = dt.datetime(2025, 10, 30, 12, tzinfo=dt.UTC)
EMPLOYERS = [Employer("Amazon"), Employer("Meta", aliases=("Facebook",), handles=("Meta",))]


class PlayedClock:
    """Time stands still, except that sleeping moves it."""

    def __init__(self, start: dt.datetime = START) -> None:
        self.moment = start
        self.slept: list[float] = []
        self.stopped = False

    def now(self) -> dt.datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += dt.timedelta(seconds=seconds)

    def forward(self, **duration: float) -> None:
        self.moment += dt.timedelta(**duration)


@dataclass
class Scene:
    """A data folder, a clock and servers; `run` is what a scheduler starts."""

    store: Store
    clock: PlayedClock
    stack: contextlib.ExitStack
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    platforms: dict[str, Platform] = field(default_factory=dict)
    urls: dict[int, str] = field(default_factory=dict)
    credentials: Credentials = field(default_factory=lambda: Credentials(CREDENTIALS))

    def serve(self, platform: Platform, **settings: Any) -> Platform:
        """Start a server; further settings of its source."""
        platform.now = self.clock.now
        server = self.stack.enter_context(Server(platform))
        self.sections[platform.name] = {**section(platform.name, server.url), "read_seconds": 5, **settings}
        self.platforms[platform.name] = platform
        self.urls[id(platform)] = server.url
        return platform

    def serve_some(self, source: str, count: int = 250, **settings: Any) -> Any:
        """A platform with posts of the last six days."""
        return self.serve(SERVERS[source](count, **self.times), **settings)

    def serve_one_stream(self, source: str) -> Any:
        """Three pages of posts of one query (Reddit five: a run reads on until two pages are older than the floor)."""
        if source != "reddit":
            return self.serve_some(source)
        listing = Reddit(subreddits=("Layoffs",), posts_each=450, comments_each=0, **self.times)
        return self.serve(listing, subreddits=["Layoffs"], comments=False, search=False)

    @property
    def times(self) -> dict[str, dt.datetime]:
        return {"start": START - dt.timedelta(days=6), "end": START - dt.timedelta(minutes=10)}

    @property
    def settings(self) -> SourcesSettings:
        return SourcesSettings.model_validate({"languages": ["en"], **self.sections})

    def run(self, **options: Any) -> CollectSummary:
        return collect(
            self.store, self.settings, employers=EMPLOYERS, credentials=self.credentials, clock=self.clock, **options
        )

    def run_until_done(self, most: int = 6) -> CollectSummary:
        """Scheduled runs, half an hour apart."""
        for _ in range(most):
            summary = self.run()
            if summary.exit_code == 0:
                return summary
            self.clock.forward(minutes=30)
        raise AssertionError(summary)

    def stored(self, source: str) -> list[str]:
        posts = self.store.scan("posts").collect()
        return posts.filter(posts["source"] == source)["post_id"].to_list()

    def last_run(self, source: str, query: str | None = None) -> dict[str, Any]:
        rows = [
            row
            for row in self.store.scan("runs").collect().sort("run_id").iter_rows(named=True)
            if row["source"] == source and query in {None, row["query"]}
        ]
        return rows[-1]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        yield Scene(Store.open(tmp_path / "data"), PlayedClock(), stack)


def rechecked(scene, **options):
    """One recheck with the scene's tables, settings and clock: the outcome of its source."""
    summary = recheck(
        scene.store,
        scene.settings,
        employers=EMPLOYERS,
        credentials=scene.credentials,
        **{"clock": scene.clock, **options},
    )
    return summary.sources[0]


def own_server(scene, count):
    """All posts of one account that has a Mastodon server to itself."""
    platform = scene.serve_some("mastodon", count)
    platform.move(scene.urls[id(platform)])
    scene.run()
    return platform


def with_ids(scene, *post_ids):
    """More stored posts, as from a file."""
    known = scene.store.scan("posts").head(1).collect()
    for post_id in post_ids:
        scene.store.upsert("posts", known.with_columns(pl.lit(post_id).alias("post_id")))

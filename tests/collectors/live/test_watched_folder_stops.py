"""A deadline or a stop inside a large file or archive of the watched folder: it ends there, and the next run loses and doubles nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import zipfile

import polars as pl
import pytest

from collectors import ImportSettings
from tests.collectors.live.conftest import PlayedClock

ROWS = 60
IN_PORTIONS = ImportSettings(batch_rows=10)


class _Passing(PlayedClock):
    """A minute passes whenever someone looks."""

    def now(self) -> dt.datetime:
        self.moment += dt.timedelta(minutes=1)
        return self.moment


class _StoppedSoon(PlayedClock):
    """The run is asked to end while the file is read."""

    looks = 0

    @property
    def stopped(self) -> bool:
        self.looks += 1
        return self.looks > 3

    @stopped.setter
    def stopped(self, _value: bool) -> None:
        pass


def _rows(first: int, count: int) -> str:
    lines = [f"{n},Laid off at Amazon: number {n},2025-10-28T10:00:00Z,linkedin" for n in range(first, first + count)]
    return "\n".join(["id,text,created_at,source", *lines]) + "\n"


def _one_file(folder):
    path = folder / "posts.csv"
    path.write_text(_rows(0, ROWS), encoding="utf-8")
    return path


def _archive(folder):
    path = folder / "posts.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(ROWS // 5):
            archive.writestr(f"part-{number:02d}.csv", _rows(number * 5, 5))
    return path


@pytest.mark.parametrize("lay", [_one_file, _archive])
@pytest.mark.parametrize(
    ("clock", "said"), [(_Passing, "the run's deadline was reached"), (_StoppedSoon, "the run was stopped")]
)
def test_a_run_that_must_end_leaves_the_rest_of_a_file_to_the_next(scene, tmp_path, lay, clock, said):
    folder = tmp_path / "inbox"
    folder.mkdir()
    scene.sections["folder"] = {"path": str(folder)}
    then = scene.clock.now().timestamp() - 60
    os.utime(lay(folder), (then, then))
    cut_short = dataclasses.replace(scene, clock=clock())
    summary = cut_short.run(imports=IN_PORTIONS, deadline=dt.timedelta(minutes=8))
    assert (summary.exit_code, summary.sources[0].status) == (75, "partial")
    assert said in summary.sources[0].error
    assert 0 < len(scene.stored("linkedin")) < ROWS
    assert cut_short.last_run("folder")["status"] == "partial"
    scene.clock.forward(hours=1)
    summary = scene.run(imports=IN_PORTIONS)
    assert (summary.exit_code, summary.sources[0].total("seen")) == (0, ROWS)
    assert sorted(map(int, scene.stored("linkedin"))) == list(range(ROWS))
    assert scene.store.scan("runs").filter(pl.col("status") == "running").collect().is_empty()
    assert scene.run(imports=IN_PORTIONS).sources[0].queries == ()

"""What came of each query's posts, though all queries' posts are merged with one commit."""

from __future__ import annotations

import datetime as dt

import pytest

from collectors.engine.recorder import Recorder, last_states, merge_left
from collectors.engine.state import RunState
from collectors.source import Found, Page
from store import Privacy, Store

NOW = dt.datetime(2025, 10, 30, 12, tzinfo=dt.UTC)


@pytest.fixture
def recorder(tmp_path):
    return Recorder(Store.open(tmp_path), "x", privacy=Privacy(b"0" * 32), keep_handles=frozenset())


def record(recorder: Recorder, query: str, *texts: str, now: dt.datetime = NOW) -> None:
    """A page of the query, its posts called by the first word of their text."""
    page = Page(tuple(Found(text.split()[0], NOW, text) for text in texts))
    posts, _ = recorder.normalise(page, query, now=now)
    recorder.append(RunState("1", "x", query, started_at=NOW, updated_at=now, status="done"), posts)


def outcomes(store: Store) -> dict[str, tuple[int, int, int]]:
    return {name: (state.new, state.changed, state.duplicate) for name, state in last_states(store, "x").items()}


def test_a_post_that_two_queries_found_is_new_for_the_first(recorder, tmp_path):
    store = Store.open(tmp_path)
    record(recorder, "one", "a said", "b said", "a said")
    record(recorder, "two", "b said", "c said")
    recorder.merge()
    assert outcomes(store) == {"one": (2, 0, 1), "two": (1, 0, 1)}
    later = NOW + dt.timedelta(hours=1)
    record(recorder, "two", "b edited", "c said", now=later)
    record(recorder, "one", "b edited", now=later)
    recorder.merge()
    assert outcomes(store) == {"one": (2, 0, 2), "two": (1, 1, 2)}


def test_a_purged_post_is_nothing_to_any_query(recorder, tmp_path):
    store = Store.open(tmp_path)
    record(recorder, "one", "a said", "b said")
    recorder.merge()
    store.purge(store.scan("posts").filter(post_id="a").select("source", "post_id").collect(), reason="deleted")
    record(recorder, "two", "a said", "d said", "a said")
    recorder.merge()
    assert outcomes(store) == {"one": (2, 0, 0), "two": (1, 0, 0)}


def test_what_a_killed_run_left_is_counted_the_same(recorder, tmp_path):
    store = Store.open(tmp_path)
    record(recorder, "one", "a said", "b said")
    record(recorder, "two", "b said")
    record(recorder, "three")
    assert merge_left(store, now=NOW) == 3
    assert outcomes(store) == {"one": (2, 0, 0), "two": (0, 0, 1), "three": (0, 0, 0)}
    assert merge_left(store, now=NOW) == 0

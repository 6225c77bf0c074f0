"""The reliability harness, small: SIGKILL at random points and all faults at once. Seeds and figures: docs/reliability.md."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from benchmarks.reliability import Row, compare, rows
from benchmarks.results import Results, markdown
from tests.servers.everything import SERVERS


@pytest.mark.parametrize("source", list(SERVERS))
def test_killed_at_random_points_with_every_fault_nothing_is_lost_or_doubled(source, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clean, killed = rows([source], posts=600, kills=4, share=0.05, seed=20_251_028, faults=["all"])
    assert clean.good
    assert killed.kills >= 1  # a small collection may be complete before the last one
    assert (killed.stored, killed.doubled, killed.lost, killed.drained) == (killed.offered, 0, 0, True)
    assert killed.requests <= killed.allowed


def test_the_harness_goes_on_where_it_was_stopped_and_measures_no_line_twice(tmp_path):
    size = {"posts": 100, "kills": 0, "share": 0.2, "seed": 1}
    results = Results(tmp_path / "lines.jsonl", size)
    first = next(rows(["x"], faults=["html"], done=results.rows(), **size))
    results.add(first)
    with (tmp_path / "lines.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"commit": "cut sho')
    [second] = rows(["x"], faults=["html"], done=results.rows(), **size)
    results.add(second)
    assert [row.fault for row in results.rows()] == ["none", "html"]
    assert list(rows(["x"], faults=["html"], done=results.rows(), **size)) == []
    assert Results(tmp_path / "lines.jsonl", size | {"seed": 2}).rows() == []
    table = markdown(results.rows(), results.commits())
    assert "| x | html | 100 | 100 | 0 | 0 |" in table
    assert results.commits()[0] in table


def test_a_post_stored_under_a_second_id_is_doubled():
    counts = compare(["a", "b", "a-edited"], {"a", "b", "c"})
    assert counts == {"offered": 3, "stored": 2, "doubled": 1, "lost": 1}


def test_a_line_is_good_only_where_the_collector_came_to_an_end(tmp_path):
    size = {"posts": 2}
    row = Row("x", "none", 2, 2, 0, 0, 1, 1, 0, 0, 1, 1.0, drained=True)
    assert row.good
    assert not replace(row, drained=False).good
    older = {name: value for name, value in asdict(row).items() if name != "drained"}
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps({"commit": "c", "size": size, "row": older}) + "\n", encoding="utf-8")
    results = Results(path, size)
    assert [one.good for one in results.rows()] == [True]
    results.add(replace(row, drained=False))
    assert [one.good for one in results.rows()] == [False]
    assert "| x | none, never drained |" in markdown(results.rows(), results.commits())

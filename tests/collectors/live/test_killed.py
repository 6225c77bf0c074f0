"""The reliability harness, small: SIGKILL at random points and all faults at once. Seeds and figures: docs/reliability.md."""

from __future__ import annotations

import pytest

from benchmarks.reliability import rows
from tests.servers.everything import SERVERS


@pytest.mark.parametrize("source", list(SERVERS))
def test_killed_at_random_points_with_every_fault_nothing_is_lost_or_doubled(source, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clean, killed = rows([source], posts=600, kills=4, share=0.05, seed=20_251_028, faults=())
    assert clean.good
    assert killed.kills >= 1  # a small collection may be complete before the last one
    assert (killed.stored, killed.doubled, killed.lost) == (killed.offered, 0, 0)
    assert killed.requests <= killed.allowed

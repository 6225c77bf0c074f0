"""Credentials that can't work are told from outages, and found wherever they were put."""

from __future__ import annotations

import pytest

from collectors import Credentials, doctor
from tests.collectors.live.conftest import EMPLOYERS
from tests.servers.everything import CREDENTIALS


@pytest.mark.parametrize("value", ["\u201cquoted-secret\u201d", "ab\ncdefgh", "secret\u200b-value", "secr\x00et-value"])
@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("x", "X_BEARER_TOKEN"),
        ("mastodon", "MASTODON_ACCESS_TOKEN"),
        ("reddit", "REDDIT_CLIENT_SECRET"),
        ("bluesky", "BLUESKY_APP_PASSWORD"),
    ],
)
def test_a_value_that_no_request_can_carry_needs_someone(scene, source, name, value):
    platform = scene.serve_some(source, 20)
    scene.credentials = Credentials({**CREDENTIALS, name: value})
    summary = scene.run()
    assert (summary.exit_code, platform.requests, scene.clock.slept) == (2, [], [])
    assert name in summary.sources[0].error
    [health] = doctor(
        scene.store,
        scene.settings,
        employers=EMPLOYERS,
        credentials=scene.credentials,
        clock=scene.clock,
        only=[source],
    )
    assert (health.exit_code, name in health.advice) == (2, True)
    assert value not in repr(summary) + repr(health)

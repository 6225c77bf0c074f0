"""Hosts that a post's address may name, and whether they may be asked. Resolved by the machine's own rules, without a name server."""

from __future__ import annotations

import pytest

from collectors.wire import is_public


@pytest.mark.parametrize(
    "host",
    [
        "0x7f.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "10.1",
        "127.0.0.1",
        "127.0.0.1.",
        "::1",
        "localhost",
        "localhost.",
        "metadata.google.internal",
        "metadata.google.internal.",
        "printer.local.",
        "169.254.43518",
        "",
        "8.8.8.8",
    ],
)
def test_no_spelling_of_a_host_of_this_network_is_public(host):
    assert not is_public(host)


def test_a_name_that_resolves_to_addresses_of_the_internet_is_public():
    assert is_public("8.8.2056")

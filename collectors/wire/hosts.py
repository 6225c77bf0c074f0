"""Whether a host that a stranger named may be asked: its name may lead back to this machine or its network, in many spellings."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from collectors.wire.errors import Transient


def is_public(host: str) -> bool:
    """Whether a host is a name, and each address that it resolves to is one of the internet. Raises Transient where it resolves to none.

    Names are resolved rather than read: 0x7f.1 and localhost. are this machine, and anyone's name may point at it.
    """
    if not may_be_public(host):
        return False
    name = host.rstrip(".").lower()
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Transient(f"{host} could not be reached: {type(error).__name__}") from None
    addresses = [ip_address(str(address[0])) for *_, address in found]
    return all(address.is_global and not address.is_multicast for address in addresses)


def may_be_public(host: str) -> bool:
    """Whether a host is a name that could be of the internet; where it leads is not looked at."""
    name = host.rstrip(".").lower()
    return "." in name and not name.endswith((".local", ".internal")) and not _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

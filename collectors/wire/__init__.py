"""What every live source needs to speak to its platform: sessions with timeouts, clocks, error classes, field readers."""

from collectors.wire.clock import Clock, SystemClock
from collectors.wire.errors import PageTokenRefused, RateLimited, Transient, status_error
from collectors.wire.fields import (
    MalformedPost,
    identifier,
    integer,
    plain_text,
    read_each,
    text,
    titled,
    utc_from_iso,
    utc_from_seconds,
)
from collectors.wire.hosts import is_public, may_be_public
from collectors.wire.http import USER_AGENT, Headers, RebasedSession, quiet_client_logs, server_time
from collectors.wire.waits import by_our_clock, header_number, retry_at

__all__ = [
    "USER_AGENT",
    "Clock",
    "Headers",
    "MalformedPost",
    "PageTokenRefused",
    "RateLimited",
    "RebasedSession",
    "SystemClock",
    "Transient",
    "by_our_clock",
    "header_number",
    "identifier",
    "integer",
    "is_public",
    "may_be_public",
    "plain_text",
    "quiet_client_logs",
    "read_each",
    "retry_at",
    "server_time",
    "status_error",
    "text",
    "titled",
    "utc_from_iso",
    "utc_from_seconds",
]

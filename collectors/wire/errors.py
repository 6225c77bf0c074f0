"""What can go wrong with one request, as classes that say what to do about it.

SourceError                 the platform refuses this query: it fails, the others go on
├── PageTokenRefused        the platform forgot the page: the window starts again from its top, once
├── SourceDenied            401, 402, 403: nothing more from this access until someone acts
└── SourceUnavailable       later: the query stays in flight
    ├── Transient           5xx, timeouts, resets, a body that is no JSON: worth another try at once
    └── RateLimited         429, or a quota known to be spent: wait until it is over, if that fits into the run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import SourceDenied, SourceError, SourceUnavailable

if TYPE_CHECKING:
    import datetime as dt

_TRY_AGAIN = {408, 425}


class Transient(SourceUnavailable):
    """Asking again may well succeed."""


class RateLimited(SourceUnavailable):
    """The quota is spent."""

    def __init__(self, message: str, *, reset_at: dt.datetime | None, asked: bool = True) -> None:
        """Of a request, or in its place.

        Args:
            message: for people.
            reset_at: when the quota is refilled, or None where the platform doesn't say.
            asked: False where the answer before said so already, and no request was made.
        """
        super().__init__(message)
        self.reset_at, self.asked = reset_at, asked


class PageTokenRefused(SourceError):  # noqa: N818  # named for what happened, as its siblings
    """The page token is no longer valid."""


def status_error(
    platform: str, status: int, *, detail: str = "", reset_at: dt.datetime | None = None, remedy: str = ""
) -> SourceError:
    """The error for an HTTP status that is not a success.

    Args:
        platform: as people write it.
        status: HTTP status code.
        detail: all that the platform said: where it is shown secrets are cut out first, then it is shortened.
        reset_at: of a 429.
        remedy: what to do about a 401, 402 or 403.
    """
    said = f": {detail}" if detail else ""
    if status == 429:
        return RateLimited(f"{platform} answered 429, too many requests{said}", reset_at=reset_at)
    if status in {401, 402, 403}:
        return SourceDenied(f"{platform} refused access ({status}{said}). {remedy}".strip())
    if status >= 500 or status in _TRY_AGAIN:
        return Transient(f"{platform} answered {status}{said}")
    return SourceError(f"{platform} refused the request ({status}{said}).")

"""What the engines raise, in words that say what to do."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
from deltalake.exceptions import CommitFailedError, DeltaError

from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL: Final = ("No space left", "StorageFull", "File too large", "Disk quota exceeded", "QuotaExceeded")
#: What reading and writing may raise. polars panics on a data file that was cut short.
ENGINE_ERRORS: Final = (DeltaError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException, pa.ArrowException)
_ARROW: Final = re.compile(r"\s*\x1b\[\d+m↳\x1b\[0m\s*")  # between an engine's error and its cause
# How object stores and delta-rs say it. 169.254.169.254 hands out keys to machines in the cloud: asked when there are none.
_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_NO_ACCESS: Final = (
    "necessary privileges",
    "valid authentication",
    "401 Unauthorized",
    "403 Forbidden",
    "169.254.",
    "redential",
)
_NO_ANSWER: Final = ("error sending request", " retries, max_retries", "HTTP error", "timed out")


class Conflict(Exception):  # noqa: N818 (never leaves the package)
    """Someone else committed first; read again and try again."""


@contextmanager
def explained(doing: str, where: object) -> Iterator[None]:
    """Turn what the engines raise into a StoreError that says what to do."""
    try:
        yield
    except CommitFailedError as error:
        if any(sign in str(error) for sign in _FULL):
            raise _full_disk(doing, where) from error
        raise Conflict(str(error)) from error
    except ENGINE_ERRORS as error:
        if any(sign in str(error) for sign in _FULL):
            raise _full_disk(doing, where) from error
        raise out_of_reach(error, where) or StoreError(f"{doing} failed in {where}: {short(error)}") from error


def _full_disk(doing: str, where: object) -> StoreError:
    return StoreError(
        f"{doing} failed: no space left for {where}. What was stored before is unharmed; free some space and run again. "
        "(Lines about a panic above tell of the same.)"
    )


def out_of_reach(error: BaseException, where: object) -> StoreError | None:
    """The error for an object store that couldn't be asked; None where it is the tables that are at fault, or a folder's."""
    text = str(error)
    if "://" not in str(where):
        return None
    cause = f"({_cause(error)})"
    if any(sign in text for sign in _NO_BUCKET):
        return StoreError(
            f"There is no bucket for {where}. Create it, or mend path or the endpoint under [store]. {cause}"
        )
    if any(sign in text for sign in _NO_ACCESS):
        return StoreError(
            f"No access to {where}: keys are missing, wrong, or may not read and write there. The tables are as they were. "
            f"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or what your provider asks for) in the environment. {cause}"
        )
    if any(sign in text for sign in _NO_ANSWER):
        return StoreError(
            f"{where} can't be reached. The tables are as they were; check the network and the endpoint under [store], "
            f"and run again. {cause}"
        )
    return None


def short(error: BaseException) -> str:
    """An engine's message on one line, without the colours and its end."""
    return " ".join(_ARROW.sub(": ", str(error)).split())[:400]


def _cause(error: BaseException) -> str:
    """The innermost causes: what came before only names the request."""
    return " ".join(": ".join(_ARROW.split(str(error))[-2:]).split())[:200]

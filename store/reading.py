"""Reading while others write: what a purge takes away is read again from the newest snapshot, and what is damaged is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from store.failures import ENGINE_ERRORS, out_of_reach

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from store.delta import DeltaFolder

T = TypeVar("T")
_ATTEMPTS: Final = 3  # two purges in the time of one read are rare, three are none


def read(work: Callable[[], T], *, tables: Collection[DeltaFolder], root: str) -> T:
    """What `work` returns; see `Store.read`."""
    attempt = 1
    while True:
        try:
            return work()
        except ENGINE_ERRORS as error:
            if isinstance(error, FileNotFoundError) and attempt < _ATTEMPTS:
                attempt += 1
                continue
            unreachable = out_of_reach(error, root)
            if unreachable:
                raise unreachable from error
            # Engines don't say of which table a file is, some not even of which file, and an error of `work` itself looks
            # no different: so the tables are asked.
            for table in tables:
                table.require_readable()
            raise

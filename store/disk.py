"""Making files last: what was written is on the disk only once the system was asked to put it there."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_NOT_FOR_FOLDERS: Final = (errno.EINVAL, errno.ENOTSUP)  # network file systems, whose names last without


def sync(path: Path) -> None:
    """Have a file's content, or a folder's names, outlive a loss of power. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def settle(folder: Path, *, since: int) -> int:
    """Have all that was written in and below a folder outlive a loss of power. Raises OSError.

    Args:
        folder: of files that are written once, under their own name.
        since: nanoseconds since 1970; what was written before is taken to be safe.

    Returns:
        When the newest of it was written.
    """
    newest = since
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # another process may clean up meanwhile
            written = path.stat().st_mtime_ns
            if written >= since:
                sync(path)
                newest = max(newest, written)
    return newest

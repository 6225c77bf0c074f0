"""One writer at a time on a local data folder; readers need no lock, Delta gives them a snapshot."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import platform
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from store.errors import StoreBusy, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def alone(folder: Path, doing: str, *, root: str) -> Iterator[None]:
    """Be the only process that does this to the data in `root`; others may write meanwhile. Raises StoreBusy at once, or StoreError."""
    lock = FileLock(folder / f".{doing}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreBusy(f"Another run is {doing} in {root}. Nothing was changed; try again later.") from None
    except OSError as error:
        raise StoreError(f"{folder} can't be written: {error.strerror or error}.") from error
    try:
        yield
    finally:
        lock.release()


class WriterLock:
    """Held by the process that writes; entering it again in the same thread is free.

    The kernel drops the lock when its process ends, however it ends. Who holds it stands in a file beside it, for the message only.
    """

    def __init__(self, folder: Path, *, wait_seconds: float) -> None:
        self._folder = folder
        self._wait_seconds = wait_seconds
        self._lock = FileLock(folder / ".writer.lock")
        self._holder = folder / ".writer.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises StoreBusy after `wait_seconds`, StoreError where the folder can't be written."""
        first = not self._lock.is_locked
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._acquire()
        except OSError as error:
            raise StoreError(
                f"{self._folder} can't be written: {error.strerror or error}. "
                "Make it writable or name another data folder in config.toml."
            ) from error
        try:
            if first:
                self._sign()
            yield
        finally:
            self._lock.release()

    def require_writable(self) -> None:
        """Raises StoreError where a write would fail, tried with a nameless file in the folder and in each table; leaves nothing behind."""
        tried = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        try:
            below = [path for path in tried.iterdir() if path.is_dir()] if tried == self._folder else []
            for folder in (tried, *below):
                tried = folder
                with tempfile.TemporaryFile(dir=tried) as file:
                    file.write(b"\0" * 4096)
        except OSError as error:
            raise StoreError(
                f"{tried} can't be written: {error.strerror or error}. Make it writable, free the disk, or name another data folder "
                "in config.toml."
            ) from error

    def _acquire(self) -> None:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            log.warning("waiting up to %g s: %s", self._wait_seconds, self.holder())
            try:
                self._lock.acquire(timeout=self._wait_seconds)
            except Timeout:
                raise StoreBusy(
                    f"{self._folder} is being written by {self.holder()}; waited {self._wait_seconds:g} s. "
                    "Nothing was changed; try again later."
                ) from None

    def _sign(self) -> None:
        since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        text = json.dumps({"pid": os.getpid(), "host": platform.node(), "since": since})
        draft = self._holder.with_suffix(f".{os.getpid()}.tmp")
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(self._holder)
        except OSError:  # a full disk: the note only serves a message, and a purge must still be able to free space
            draft.unlink(missing_ok=True)

    def holder(self) -> str:
        """Who holds the lock, or held it last, in words."""
        try:
            note = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"process {note['pid']} on {note['host']} since {note['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

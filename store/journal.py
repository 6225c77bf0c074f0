"""Pages of live collectors, safe on disk at once and merged into the tables in bulk.

A Delta commit per page costs tens of milliseconds and a small file; a page here costs one append, and one fsync where pages come
slower than one a second. Each record is a magic word, the payload's length, its CRC-32, a JSON state and the rows as an Arrow IPC
stream. A record cut short by a crash ends the journal: what follows the last whole record is cut off by the next append. Posts and
the state that covers them are one record, so the pages that go with a loss of power are asked for again.
"""

from __future__ import annotations

import io
import json
import logging
import math
import os
import re
import struct
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from filelock import FileLock

from store.disk import sync
from store.errors import StoreError, UsageError
from store.schemas import POSTS

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)
_MAGIC: Final = b"LPJ1"
_HEAD: Final = struct.Struct("<4sIII")  # magic, bytes of state, bytes of rows, CRC-32 of both
_NAME: Final = re.compile(r"[\w.-]{1,100}")
_ARROW_FILE: Final = b"ARROW1"  # the form of rows before; such a journal may still wait to be merged
_SUFFIX: Final = ".journal"
_DRAFT: Final = ".draft"
_SYNC_SECONDS: Final = 1.0  # an fsync takes as long as a twentieth of a page from a server beside us


class Journal:
    """An append-only file of (rows, state) pairs. One process appends; any may replay."""

    def __init__(self, folder: Path | str, name: str) -> None:
        """`name` is that of the source: letters, digits, dot, dash and underscore."""
        if not _NAME.fullmatch(name):
            raise UsageError(f'"{name}" can\'t name a journal: use letters, digits, dot, dash and underscore.')
        self.name = name
        self.path = Path(folder) / f"{name}{_SUFFIX}"
        self._lock = FileLock(self.path.with_suffix(".lock"))
        self._whole: tuple[int, int] | None = None  # inode and size of the file as this object left it
        self._synced = -math.inf

    @classmethod
    def all(cls, folder: Path) -> list[Journal]:
        """Every journal in the folder that holds something, if only the draft of a `drop` that was killed."""
        found = [path for kind in (_SUFFIX, _DRAFT) for path in folder.glob(f"*{kind}") if _holds_something(path)]
        return [cls(folder, name) for name in sorted({path.name.removesuffix(path.suffix) for path in found})]

    def append(self, frame: pl.DataFrame, state: dict[str, Any]) -> None:
        """Add a page; when this returns it survives the end of the process. On failure nothing is added.

        A loss of power takes at most the pages that came within a second of the last fsync.

        Args:
            frame: rows of POSTS (masked, with pseudonyms), or none.
            state: JSON-able; what a resumed run has to know after this page.

        Raises:
            StoreError: wrong columns, or the disk refuses.
        """
        if frame.schema != POSTS:
            raise StoreError(f"A journal holds rows of the posts table; received the columns {frame.columns}.")
        record = _pack(frame, state)
        try:
            with self._held():
                self._append(record)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(
            f"Pages can't be written to {self.path}: {error.strerror or error}. "
            "Those before are unharmed; free space or fix the permissions and run again."
        )

    def _append(self, record: bytes) -> None:
        created = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            found = os.fstat(descriptor)
            end = found.st_size
            if self._whole != (found.st_ino, end):
                end = sum(len(raw) for raw, _ in self._records())
                if end < found.st_size:
                    log.warning("%s: %d bytes of a page that was cut short are dropped", self.path, found.st_size - end)
                    os.ftruncate(descriptor, end)
            try:
                _write_all(descriptor, record, end)
                if time.monotonic() - self._synced > _SYNC_SECONDS:
                    os.fsync(descriptor)
                    self._synced = time.monotonic()
            except OSError:
                os.ftruncate(descriptor, end)
                raise
            self._whole = (found.st_ino, end + len(record))
        finally:
            os.close(descriptor)
        if created:
            sync(self.path.parent)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let nobody else append or truncate meanwhile; entering it again is free."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            yield

    def replay(self) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
        """Every whole page in order. A torn tail ends the journal silently: its pages are asked for again."""
        for _, (state, rows) in self._records():
            read = pl.read_ipc if rows.startswith(_ARROW_FILE) else pl.read_ipc_stream
            yield read(io.BytesIO(rows)).select(POSTS.names()), json.loads(state)

    def truncate(self) -> None:
        """Forget all pages, once they are in the tables."""
        if not self.path.exists():
            return
        try:
            with self._held():
                self._cut(0)
        except OSError as error:
            raise self._unwritable(error) from error

    def drop(self, keys: pl.DataFrame) -> None:
        """Rewrite the journal without these posts (columns source, post_id); the states stay. Raises StoreError."""
        try:
            with self._held():
                self._drop(keys)
        except OSError as error:
            raise self._unwritable(error) from error

    def _drop(self, keys: pl.DataFrame) -> None:
        draft = self.path.with_suffix(_DRAFT)
        draft.unlink(missing_ok=True)
        pages = list(self.replay())
        kept = [
            (frame.join(keys, on=["source", "post_id"], how="anti", maintain_order="left"), state)
            for frame, state in pages
        ]
        if all(after.height == before.height for (after, _), (before, _) in zip(kept, pages, strict=True)):
            # A page that was cut short may hold one of the posts too.
            whole = sum(len(raw) for raw, _ in self._records())
            if self.path.exists() and self.path.stat().st_size > whole:
                self._cut(whole)
            return
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(_pack(frame, state) for frame, state in kept)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        sync(self.path.parent)

    def _cut(self, size: int) -> None:
        with self.path.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def _records(self) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                magic, state_size, rows_size, checksum = _HEAD.unpack(head)
                if magic != _MAGIC:
                    return
                body = file.read(state_size + rows_size)
                if len(body) < state_size + rows_size or zlib.crc32(body) != checksum:
                    return
                yield head + body, (body[:state_size], body[state_size:])


def _holds_something(path: Path) -> bool:
    """Not where a draft has meanwhile taken its journal's place."""
    with suppress(FileNotFoundError):
        return path.stat().st_size > 0
    return False


def _pack(frame: pl.DataFrame, state: dict[str, Any]) -> bytes:
    rows = io.BytesIO()
    # A stream costs a fifth of what a compressed file does, and it is gone with the next merge. In polars' own layout it would hold
    # the buffers that the values are views of whole, and in these, what was masked.
    frame.write_ipc_stream(rows, compat_level=pl.CompatLevel.oldest())
    head = json.dumps(state).encode()
    body = head + rows.getvalue()
    return _HEAD.pack(_MAGIC, len(head), len(body) - len(head), zlib.crc32(body)) + body


def _write_all(descriptor: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written

"""The file that rows go to which could not be stored, with the reason: the user's own data, for the user alone."""

from __future__ import annotations

import glob
import json
import os
import secrets
import shutil
import time
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TextIO

from store import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STALE_SECONDS = 24 * 60 * 60


class RejectFile:
    """JSON lines {file, row, reason, received}, readable by their owner only. Made with the first row, replaced by the next import
    that reads the file to its end; one that fails before adds to what the last one left.

    `received` is the row as it came, so it may hold names: it lies beside the tables, never in them, and may be deleted at any time.
    """

    def __init__(self, folder: Path, *, name: str, path: Path) -> None:
        """`name` is what the import calls the file, `path` where it lies: two files of one name keep two reject files.

        Two imports of one file at once write a draft each, and the last to end stands.
        """
        mark = blake2b(f"{path.absolute()}\x00{name}".encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
        safe = "".join(c if c.isalnum() or c in ".-_" else "_" for c in name)[-100:]
        self.path = folder / f"{safe}.{mark}.rejected.jsonl"
        self._part = folder / f"{self.path.name}.{secrets.token_hex(4)}.part"
        self._name = name
        self._file: TextIO | None = None

    def add(self, *, row: int, reason: str, received: str | Mapping[str, Any]) -> None:
        """Raises StoreError where it can't be written."""
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._clear_drafts()
                descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")
            record = {"file": self._name, "row": row, "reason": reason, "received": received}
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self, *, failed: bool) -> Path | None:
        """Where the rows are; None if there were none. What an earlier import left for this file goes then, unless this one `failed`."""
        try:
            if self._file is None:
                if not failed:
                    self.path.unlink(missing_ok=True)
                return None
            self._file.close()
            if failed and self.path.exists():
                with self._part.open("rb") as added, self.path.open("ab") as kept:
                    shutil.copyfileobj(added, kept)
                self._part.unlink()
            else:
                self._part.replace(self.path)
        except OSError as error:
            raise self._unwritable(error) from error
        return self.path

    def _clear_drafts(self) -> None:
        """Remove what killed imports of this file left: rows as they came shall not lie about."""
        oldest = time.time() - _STALE_SECONDS
        for part in self.path.parent.glob(f"{glob.escape(self.path.name)}*.part"):
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < oldest:
                    part.unlink()

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(
            f"Rejected rows can't be written to {self.path}: {error.strerror or error}. "
            "Free the disk or make the folder writable, then run the import again; what was stored is kept."
        )

"""The session at Bluesky that is kept between runs: log-ins are rationed (300 a day)."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class KeptSession:
    """In a file that its owner alone can read, tied to the credentials that it was given for: with others it is discarded.

    Of the credentials the file holds a salted hash, slow to guess from, since a password of one's own may be weak.
    """

    def __init__(self, file: Path, *, given_for: tuple[str, ...]) -> None:
        """`given_for`: server, handle and password."""
        self._file, self._given_for = file, json.dumps(given_for).encode()

    def read(self) -> str | None:
        """The session, if there is one for these credentials; any other is deleted."""
        try:
            known = json.loads(self._file.read_bytes())
            salt, mark, session = bytes.fromhex(known["salt"]), known["mark"], known["session"]
            if hmac.compare_digest(mark, self._mark(salt)):
                return str(session)
        except FileNotFoundError:
            return None
        except (ValueError, LookupError, TypeError):
            pass  # damaged, or as an earlier version wrote it
        self.discard()
        return None

    def write(self, session: str) -> None:
        """Keep it in place of what is there."""
        salt = os.urandom(16)
        known = {"salt": salt.hex(), "mark": self._mark(salt), "session": session}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".session.tmp")  # beside journals, whose own drafts are called bluesky.draft
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(known, file)
        draft.replace(self._file)

    def discard(self) -> None:
        """It no longer counts."""
        self._file.unlink(missing_ok=True)

    def _mark(self, salt: bytes) -> str:
        return hashlib.scrypt(self._given_for, salt=salt, n=2**14, r=8, p=1).hex()

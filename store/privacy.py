"""Who wrote a post is never stored: pseudonyms that last a week, and texts without names, addresses and numbers."""

from __future__ import annotations

import contextlib
import functools
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import polars as pl

from store.errors import ConfigError, StoreError
from store.ids import without_names
from store.masking import mask_links, mask_texts
from store.weeks import format_week

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

_ENVIRONMENT: Final = "LAYOFFS_SECRET"
_FILE: Final = "secret"
_BYTES: Final = 32
_TEXTS: Final = ("title", "text")
_IDS: Final = ("post_id", "thread_id", "parent_id")


class Privacy:
    """Pseudonyms under one secret, and masking. Without the same secret old and new pseudonyms don't match, nor keys of posts without id."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: at least 16 bytes that nobody can guess."""
        if len(secret) < 16:
            raise ConfigError(f"The secret for pseudonyms has {len(secret)} bytes; it needs at least 16.")
        self._secret = secret

    def __repr__(self) -> str:
        return "Privacy(secret=***)"

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The secret of a data folder, made on first use (readable by its owner only).

        In an object store it comes from the environment's LAYOFFS_SECRET, which wins over a folder's file too.

        Raises:
            ConfigError: an object store without LAYOFFS_SECRET, or one that is too short.
            StoreError: the file can't be made or read, or is damaged.
        """
        given = os.environ.get(_ENVIRONMENT)
        if given:
            return cls(given.encode())
        if "://" in str(folder):
            raise ConfigError(
                f"Tables in an object store need the environment variable {_ENVIRONMENT} (any 16 or more random characters, "
                "the same on every machine): pseudonyms are made with it."
            )
        path = Path(folder) / _FILE
        try:
            if not path.exists():
                _create(path)
            secret = path.read_bytes()
        except OSError as error:
            raise StoreError(
                f"The secret for pseudonyms can't be kept in {path}: {error.strerror or error}. "
                f"Make the folder writable or set {_ENVIRONMENT}."
            ) from error
        if len(secret) != _BYTES:
            raise StoreError(
                f"{path} has {len(secret)} bytes instead of {_BYTES}. Restore it, or delete it to start new pseudonyms."
            )
        return cls(secret)

    def pseudonym(self, source: str, author: str, week: dt.date) -> str:
        """16 hex digits that stand for an author on a source within an ISO week (any of its days)."""
        message = f"{source}|{author.strip().lstrip('@').lower()}|{format_week(week)}"
        return hmac.digest(self._secret, message.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]

    def pseudonyms(self, frame: pl.DataFrame) -> pl.Series:
        """Pseudonyms for a frame with the columns source, author (plain) and week; null where the author is null or blank."""
        made = functools.cache(self.pseudonym)
        rows = zip(frame["source"], frame["author"], frame["week"], strict=True)
        return pl.Series("author", [made(*row) if row[1] and row[1].strip() else None for row in rows], pl.String)

    @staticmethod
    def mask(text: str, *, keep_handles: frozenset[str] = frozenset()) -> str:
        """One text as `mask_texts` does it. For many texts use the frame form: it is a thousand times faster."""
        return str(mask_texts(pl.Series([text]), keep_handles=keep_handles)[0])

    @staticmethod
    def mask_frame(frame: pl.DataFrame, *, keep_handles: frozenset[str] = frozenset()) -> pl.DataFrame:
        """The frame with its columns text and title (where present) masked; url, ids and community stripped of names.

        Ids that are links become the platform's own id or a hash; a user's own page as community (u_NAME) becomes null. Mentions become "@user" unless the account is in `keep_handles` (without @, any case), e-mail addresses "[email]", phone
        numbers "[phone]", links to people "@user".
        """
        masked = _in_one(frame, _TEXTS, functools.partial(mask_texts, keep_handles=keep_handles))
        masked += _in_one(frame, ("url",), mask_links)
        masked += _in_one(frame, _IDS, without_names)
        if "community" in frame.columns:
            named = frame["community"].str.contains(r"(?i)^/?(?:r/)?u[_/]").fill_null(value=False)
            masked.append(frame.select(pl.when(~named).then("community")).to_series())
        return frame.with_columns(masked)


def _in_one(frame: pl.DataFrame, names: Sequence[str], change: Callable[[pl.Series], pl.Series]) -> list[pl.Series]:
    """What `change` makes of those of the columns (String) that the frame has, in one go: of a page of posts, the number of calls counts."""
    names = [name for name in names if name in frame.columns and frame[name].null_count() < frame.height]
    if not names:
        return []
    changed = change(pl.concat([frame[name].rename("") for name in names]))
    return [changed.slice(at * frame.height, frame.height).rename(name) for at, name in enumerate(names)]


def _create(path: Path) -> None:
    """Write the secret whole and link it into place: of two processes the first wins, and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)

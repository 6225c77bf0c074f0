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
from store.ids import may_be_link, without_names
from store.masking import changed_rows, mask_links, mask_texts, may_identify, may_lead_to_someone
from store.weeks import format_week

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    #: Which of the texts of a column may need a mask, and the texts that do once they have it.
    _Sign = Callable[[pl.Expr], pl.Expr]
    _Change = Callable[[pl.Series], pl.Series]

_ENVIRONMENT: Final = "LAYOFFS_SECRET"
_FILE: Final = "secret"
_BYTES: Final = 32


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
        rows = zip(*(frame[name].to_list() for name in ("source", "author", "week")), strict=True)
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
        masks: tuple[tuple[tuple[str, ...], _Sign, _Change], ...] = (
            (("title", "text"), may_identify, functools.partial(mask_texts, keep_handles=keep_handles)),
            (("url",), may_lead_to_someone, mask_links),
            (("post_id", "thread_id", "parent_id"), may_be_link, without_names),
            (("community",), _is_someone, _nobody),
        )
        # Of a page of posts the number of calls counts: one says in which rows there may be anything to mask, and most are as they are.
        due = frame.select_seq(
            sign(pl.col(name)).alias(name) for names, sign, _ in masks for name in names if name in frame.columns
        )
        shown = [column for column in due if column.any()]
        masked = [
            column
            for names, _, change in masks
            if (rows := {column.name: column.arg_true() for column in shown if column.name in names})
            for column in changed_rows([frame[name] for name in rows], list(rows.values()), change)
        ]
        return frame.with_columns(masked) if masked else frame


def _is_someone(community: pl.Expr) -> pl.Expr:
    return community.str.contains(r"(?i)^/?(?:r/)?u[_/]")


def _nobody(communities: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(communities))


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

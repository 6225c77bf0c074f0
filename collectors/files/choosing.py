"""Which of many files are tables of posts: of an export only those, of a project's folder nothing that is its own."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)
# Of LinkedIn's many tables only these two hold posts.
_LINKEDIN_POSTS = ("shares", "comments")
# Tables that LinkedIn alone has; Reddit's export too holds comments.csv and messages.csv.
_LINKEDIN_ALONE = ("shares", "profile", "connections", "invitations", "positions", "recommendations_given")
_PRIVATE = ("messages", "messages_archive", "chat_history")
_REJECTS = ".rejected.jsonl"
_Entry = TypeVar("_Entry")


def own_files_left_out(folder: Path, *, suffixes: frozenset[str]) -> Iterator[Path]:
    """Files below a folder, without hidden ones, Delta tables and the rows that an import refused."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            if not (path / "_delta_log").is_dir():
                yield from own_files_left_out(path, suffixes=suffixes)
        elif path.is_file() and path.suffix.lower() in suffixes and not path.name.endswith(_REJECTS):
            yield path


def tables_of_posts(entries: Sequence[_Entry], *, path_of: Callable[[_Entry], str], where: str) -> list[_Entry]:
    """What is to be read: in a folder with a LinkedIn export its posts, in any that holds comments no private messages.

    Args:
        entries: files or members of an archive.
        path_of: an entry's path below what was named, with slashes.
        where: what was named, for the log, which lists what is left aside.
    """
    stems: dict[PurePosixPath, set[str]] = {}
    for entry in entries:
        path = PurePosixPath(path_of(entry))
        stems.setdefault(path.parent, set()).add(_stem(path))
    chosen: list[_Entry] = []
    aside: list[_Entry] = []
    for entry in entries:
        path = PurePosixPath(path_of(entry))
        (chosen if _is_read(_stem(path), stems[path.parent]) else aside).append(entry)
    if aside:
        names = ", ".join(path_of(entry) for entry in aside)
        logger.warning("step=import file=%s left aside, as they hold no public posts: %s", where, names)
    return chosen


def _is_read(stem: str, neighbours: set[str]) -> bool:
    if neighbours.isdisjoint(_LINKEDIN_POSTS):
        return True
    if not neighbours.isdisjoint(_LINKEDIN_ALONE):
        return stem in _LINKEDIN_POSTS
    return stem not in _PRIVATE


def _stem(path: PurePosixPath) -> str:
    """The name without endings; "shares" also for Shares_123."""
    stem = path.name.lower().split(".")[0]
    return "shares" if stem.startswith("shares_") else stem

"""Which of many files are tables of posts: of an export only those, of a project's folder nothing that is its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)
# Of LinkedIn's many tables only these two hold posts.
_LINKEDIN_POSTS = ("shares", "comments")
# Tables that LinkedIn alone has; Reddit's export too holds comments.csv and messages.csv.
_LINKEDIN_ALONE = ("shares", "profile", "connections", "invitations", "positions", "recommendations_given")
_PRIVATE = ("messages", "messages_archive", "chat_history")
_NAMED = 20
_REJECTS = ".rejected.jsonl"
_Entry = TypeVar("_Entry")


@dataclass
class Found:
    """What lies below a folder."""

    files: list[Path] = field(default_factory=list)
    aside: list[Path] = field(default_factory=list)
    """Files of another kind, and links to folders."""
    own: list[Path] = field(default_factory=list)
    """The project's own: tables, reports, refused rows."""
    unreadable: list[tuple[Path, OSError]] = field(default_factory=list)


def look_through(folder: Path, *, suffixes: frozenset[str], own_folders: frozenset[Path], found: Found) -> Found:
    """Add to `found` what lies below a folder, in a fixed order; hidden files are passed over.

    Args:
        folder: where to look.
        suffixes: of files that can be read.
        own_folders: absolute paths of what the project itself writes.
        found: gets it.
    """
    try:
        if folder.resolve() in own_folders or (folder / "_delta_log").is_dir():
            found.own.append(folder)
            return found
        entries = sorted(folder.iterdir())
    except OSError as error:
        found.unreadable.append((folder, error))
        return found
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            look_through(path, suffixes=suffixes, own_folders=own_folders, found=found)
        elif path.name.endswith(_REJECTS):
            found.own.append(path)
        else:
            (found.files if path.is_file() and path.suffix.lower() in suffixes else found.aside).append(path)
    return found


def tell_left_aside(found: Found, folder: Path, *, title: str) -> None:
    """Log how many were left aside, and which."""
    for why, paths in (("no CSV, JSON, Parquet, gzip or ZIP", found.aside), ("the project's own", found.own)):
        if paths:
            names = [path.relative_to(folder).as_posix() for path in paths[:_NAMED]]
            more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
            said = ", ".join(names) + more
            logger.warning("step=import file=%s %d left aside, as %s: %s", title, len(paths), why, said)


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
        # An export's own folders, such as LinkedIn's Jobs, hold no posts either.
        above = {stem for folder in path.parent.parents for stem in stems.get(folder, ())}
        inside = _is_linkedin(above) and not _is_linkedin(stems[path.parent])
        (aside if inside or not _is_read(_stem(path), stems[path.parent]) else chosen).append(entry)
    if aside:
        names = ", ".join(path_of(entry) for entry in aside)
        logger.warning("step=import file=%s left aside, as they hold no public posts: %s", where, names)
    return chosen


def _is_linkedin(stems: set[str]) -> bool:
    return not (stems.isdisjoint(_LINKEDIN_POSTS) or stems.isdisjoint(_LINKEDIN_ALONE))


def _is_read(stem: str, neighbours: set[str]) -> bool:
    if neighbours.isdisjoint(_LINKEDIN_POSTS):
        return True
    if _is_linkedin(neighbours):
        return stem in _LINKEDIN_POSTS
    return stem not in _PRIVATE


def _stem(path: PurePosixPath) -> str:
    """The name without endings; "shares" also for Shares_123."""
    stem = path.name.lower().split(".")[0]
    return "shares" if stem.startswith("shares_") else stem

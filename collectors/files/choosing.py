"""Which of many files are tables of posts: of an export only those, of a project's folder nothing that is its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from collectors.files.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)


def _names(said: str) -> frozenset[str]:
    return frozenset(said.split())


_LINKEDIN_POSTS = ("shares", "comments")
# LinkedIn's other tables, without spaces and _. They hold no public posts, and most of them can't be told by their columns.
_LINKEDIN_OTHERS = _names(
    """adtargeting adsclicked articles causesyoucareabout certifications companyfollows connections contacts courses education
    emailaddresses endorsementgiveninfo endorsementreceivedinfo events groups guidemessages hashtagfollows honors importedcontacts
    inferencesaboutyou instantreposts invitations languages learning learningcoachaimessages learningcoachmessages
    learningroleplaymessages lanadsengagement logins memberfollows messages messagesarchive organizations patents phonenumbers
    positions privateidentityasset profile profilesummary projects providers publications reactions receipts receiptsv2
    recommendationsgiven recommendationsreceived registration richmedia saveditems searchqueries securitychallenges skills
    testscores verifications volunteering votes whatsappphonenumbers"""
)
# In its folder Jobs.
_LINKEDIN_JOBS = _names(
    """jobapplications jobapplicantsavedanswers jobapplicantsavedscreeningquestionresponses jobseekerpreferences
    onlinejobpostings savedjobs savedjobalerts verifications"""
)
# Tables that beside Comments tell LinkedIn; Reddit's export too holds comments.csv and messages.csv.
_LINKEDIN_ALONE = ("profile", "connections", "invitations", "positions", "recommendationsgiven")
_PRIVATE = ("messages", "messagesarchive", "chathistory")
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
            names = [printable(path.relative_to(folder).as_posix()) for path in paths[:_NAMED]]
            more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
            said = ", ".join(names) + more
            logger.warning("step=import file=%s %d left aside, as %s: %s", title, len(paths), why, said)


def tables_of_posts(
    entries: Sequence[_Entry], *, path_of: Callable[[_Entry], str], where: str
) -> tuple[list[_Entry], tuple[str, ...]]:
    """What is to be read, and the paths of what isn't: LinkedIn's other tables in its export, private messages beside any comments.

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
    aside: list[str] = []
    for entry in entries:
        path = PurePosixPath(path_of(entry))
        if _is_left_aside(_stem(path), stems[path.parent], above=stems.get(path.parent.parent, set())):
            aside.append(path_of(entry))
        else:
            chosen.append(entry)
    if aside:
        logger.warning("step=import file=%s left aside, as they hold no public posts: %s", where, ", ".join(aside))
    return chosen, tuple(aside)


def _is_left_aside(stem: str, neighbours: set[str], *, above: set[str]) -> bool:
    if _is_linkedin(neighbours):
        return stem in _LINKEDIN_OTHERS or stem in _LINKEDIN_JOBS
    if _is_linkedin(above) and stem in _LINKEDIN_JOBS:
        return True
    return stem in _PRIVATE and not neighbours.isdisjoint(_LINKEDIN_POSTS)


def _is_linkedin(stems: set[str]) -> bool:
    return "shares" in stems or ("comments" in stems and not stems.isdisjoint(_LINKEDIN_ALONE))


def _stem(path: PurePosixPath) -> str:
    """The name without endings, spaces and _; "shares" also for Shares_123."""
    stem = path.name.lower().split(".")[0]
    return "shares" if stem.startswith("shares_") else stem.translate({ord(sign): None for sign in " _-"})

"""From a path to the streams in it: plain file, gzip, folder, ZIP. Everything hostile about archives stops here."""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import hashlib
import struct
import zipfile
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from collectors.files.choosing import Found, look_through, tables_of_posts, tell_left_aside
from collectors.files.printable import printable
from collectors.files.streams import Stream, check_unpacked
from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from collectors.settings import ImportSettings

DATA_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq"})
_READ = DATA_SUFFIXES | {".gz", ".zip"}
ARCHIVE_SUFFIXES = frozenset({".zip", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst", ".tar"})
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_DIGITS_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class Unit:
    """One table of posts on disk or in an archive."""

    name: str
    """As shown: "tweets.jsonl.gz", "export.zip/Shares.csv"."""
    file_name: str
    """Without folder, archive and .gz: what decides about format and mapping."""
    modified_at: dt.datetime
    size_bytes: int
    """Packed, for progress."""
    open: Callable[[], Stream]
    """A fresh stream from the first byte."""
    mark: Callable[[], str]
    """Letters that stand for the content, whatever the file is called and whenever it was written. Raises OSError."""
    aside: tuple[str, ...] = ()
    """Of the first of a folder or archive: the tables in it that are not read, as they hold no public posts."""


@dataclass(frozen=True)
class Refused:
    """Something that can't even be opened."""

    name: str
    reason: str
    aside: tuple[str, ...] = ()
    """As of a Unit."""


def units(path: Path, *, caps: ImportSettings, own_folders: frozenset[Path] = frozenset()) -> Iterator[Unit | Refused]:
    """The tables behind a path, in a fixed order, without those in `own_folders` (absolute) below it.

    What can't be read comes as Refused; nothing is raised.
    """
    try:
        if path.is_dir():
            yield from _folder(path, caps=caps, own_folders=own_folders)
        elif path.exists() and not path.is_file():
            # A pipe or device can be read once; the format is found by reading twice, and repeating an import needs a third time.
            said = f"{printable(path)} is a pipe or device. Save what comes out of it to a file and import that."
            yield Refused(printable(path.name), said)
        else:
            yield from _file_or_refused(path, name=printable(path.name), caps=caps)
    except OSError as error:
        yield _unreadable(path, printable(path.name), error)


def files_to_read(folder: Path) -> list[Path]:
    """The files below a folder that are read: tables and archives, of an export only those that may hold public posts.

    Folders below it that can't be read are passed over. Raises OSError where the folder itself can't be.
    """
    found = look_through(folder, suffixes=_READ, own_folders=frozenset(), found=Found())
    for path, error in found.unreadable:
        if path == folder:
            raise error
    return _posts_among(found, folder)[0]


def _posts_among(found: Found, folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    title = printable(folder.resolve().name)  # of "." too
    return tables_of_posts(found.files, path_of=lambda p: printable(p.relative_to(folder).as_posix()), where=title)


def _folder(folder: Path, *, caps: ImportSettings, own_folders: frozenset[Path]) -> Iterator[Unit | Refused]:
    title = printable(folder.resolve().name)  # of "." too
    found = look_through(folder, suffixes=_READ, own_folders=own_folders, found=Found())
    tell_left_aside(found, folder, title=title)
    chosen, aside = _posts_among(found, folder)
    if not chosen and not found.unreadable:
        but = " but what the project itself wrote" if found.own else ""
        yield Refused(title, f"{printable(folder)} holds no CSV, JSON, JSONL, Parquet, gzip or ZIP file{but}.", aside)
    names = (f"{title}/{printable(path.relative_to(folder).as_posix())}" for path in chosen)
    read = (_file_or_refused(path, name=name, caps=caps) for path, name in zip(chosen, names, strict=True))
    yield from _telling(aside, chain.from_iterable(read))
    for path, error in found.unreadable:
        yield _unreadable(path, printable(path.name), error)


def _telling(aside: tuple[str, ...], found: Iterable[Unit | Refused]) -> Iterator[Unit | Refused]:
    """The same, the first with what was left aside."""
    for unit in found:
        yield replace(unit, aside=aside) if aside else unit
        aside = ()


def _file_or_refused(path: Path, *, name: str, caps: ImportSettings) -> Iterator[Unit | Refused]:
    try:
        yield from _file(path, name=name, caps=caps)
    except InputError as error:
        yield Refused(name, str(error))
    except FileNotFoundError:
        yield Refused(name, f"There is no {printable(path)}.")
    except OSError as error:
        yield _unreadable(path, name, error)


def _unreadable(path: Path, name: str, error: OSError) -> Refused:
    return Refused(name, f"{printable(path)} can't be read: {error.strerror or error}.")


def _file(path: Path, *, name: str, caps: ImportSettings) -> Iterator[Unit | Refused]:
    status = path.stat()
    modified_at = dt.datetime.fromtimestamp(status.st_mtime, dt.UTC)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic in (ZIP_MAGIC, _EMPTY_ZIP):
        yield from _zip(path, name=name, archive_time=modified_at, caps=caps)
        return
    packed = magic[:2] == GZIP_MAGIC

    def open_file() -> Stream:
        raw = path.open("rb")
        if not packed:
            return Stream(name=name, read=raw.read, packed=raw.tell, close=raw.close, caps=None, file=raw)
        # read1 hands out what could be unpacked before damage; read would lose it.
        return Stream(name=name, read=gzip.GzipFile(fileobj=raw).read1, packed=raw.tell, close=raw.close, caps=caps)

    file_name = path.stem if packed and path.suffix.lower() == ".gz" else path.name
    yield Unit(name, file_name, modified_at, status.st_size, open_file, lambda: _letters(_digest(path)))


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).digest()


def _letters(digest: bytes) -> str:
    """Without digits, which could look like a telephone number and be masked as one."""
    return digest.hex().translate(_DIGITS_AS_LETTERS)


def _zip(path: Path, *, name: str, archive_time: dt.datetime, caps: ImportSettings) -> Iterator[Unit | Refused]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise InputError(f"{name} is no readable ZIP archive ({error}).") from error
    _refuse_hostile(members, packed=path.stat().st_size, caps=caps, name=name)
    tables = sorted((m for m in members if _is_table(m)), key=lambda member: member.filename)
    chosen, aside = tables_of_posts(tables, path_of=lambda member: member.filename, where=name)
    if not chosen:
        yield Refused(
            name, f"{name} holds no CSV, JSON, JSONL or Parquet file. Excel sheets have to be saved as CSV.", aside
        )
    digest = functools.cache(lambda: _digest(path))  # one for all members

    def opened(member: zipfile.ZipInfo) -> Unit | Refused:
        shown = f"{name}/{member.filename}"
        if PurePosixPath(member.filename).suffix.lower() in ARCHIVE_SUFFIXES:
            return Refused(shown, f"{shown} is an archive in an archive. Unpack the outer one and import its files.")
        return _member_unit(path, member, shown=shown, archive_time=archive_time, caps=caps, digest=digest)

    yield from _telling(aside, map(opened, chosen))


def _refuse_hostile(members: Sequence[zipfile.ZipInfo], *, packed: int, caps: ImportSettings, name: str) -> None:
    if len(members) > caps.max_members:
        raise InputError(
            f"{name} holds {len(members):,} files; at most {caps.max_members:,} are read (max_members under [import])."
        )
    for member in members:
        inside = PurePosixPath(member.orig_filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or (inside.parts and ":" in inside.parts[0]):
            raise InputError(f'{name} was refused: its member "{member.orig_filename}" points outside the archive.')
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            raise InputError(f'{name} was refused: its member "{member.filename}" is a symbolic link.')
        if member.flag_bits & 0x1:
            raise InputError(f"{name} is encrypted. Unpack it with its password and import the files.")
    check_unpacked(sum(member.file_size for member in members), packed=packed, caps=caps, name=name)


def _is_table(member: zipfile.ZipInfo) -> bool:
    inside = PurePosixPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in inside.parts)
    return not member.is_dir() and not hidden and inside.suffix.lower() in DATA_SUFFIXES | ARCHIVE_SUFFIXES


def _member_unit(
    path: Path,
    member: zipfile.ZipInfo,
    *,
    shown: str,
    archive_time: dt.datetime,
    caps: ImportSettings,
    digest: Callable[[], bytes],
) -> Unit:
    def open_member() -> Stream:
        archive = zipfile.ZipFile(path)
        try:
            inner = cast("zipfile.ZipExtFile", archive.open(member))
        except (NotImplementedError, zipfile.BadZipFile, OSError) as error:
            archive.close()
            raise InputError(f"{shown} can't be unpacked ({error}).") from error

        def packed() -> int:
            return member.compress_size * inner.tell() // max(member.file_size, 1)

        return Stream(name=shown, read=inner.read1, packed=packed, close=archive.close, caps=caps)

    return Unit(
        shown,
        PurePosixPath(member.filename).name,
        _written_at(member) or archive_time,
        member.compress_size,
        open_member,
        lambda: _letters(hashlib.blake2b(digest() + member.filename.encode(), digest_size=8).digest()),
    )


def _written_at(member: zipfile.ZipInfo) -> dt.datetime | None:
    """None where the archiver knew no time: some then write 1980-01-01, others a month 0."""
    try:
        return dt.datetime(*member.date_time, tzinfo=dt.UTC) if member.date_time[0] > 1980 else None
    except ValueError:
        return None

"""From a labelled file to its lines of text. What can't be read is named with its line, what is wrong and what to do."""

from __future__ import annotations

import codecs
import gzip
import zlib
from typing import TYPE_CHECKING, Any

from store import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, without their ends, each with its number from 1.

    Raises `InputError` for a file that is missing, empty, damaged, not UTF-8 or without line ends that we know.
    """
    blank = True
    for number, raw in enumerate(_raw_lines(path), start=1):
        if number == 1:
            _refuse_foreign(path, raw)
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}, line {number}: byte {error.start + 1:,} (0x{error.object[error.start]:02x}) is not UTF-8. Save the "
                "file as UTF-8."
            ) from error
        if line.strip():
            blank = False
            yield number, line.rstrip("\r\n")
    if blank:
        raise InputError(f"{path} is empty.")


def _raw_lines(path: Path) -> Iterator[bytes]:
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as lines:
            yield from lines
    except FileNotFoundError as error:
        raise InputError(f"There is no {path}.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path} is truncated or damaged ({error}). Fetch the file again; if it isn't packed, name it without .gz."
        ) from error
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error


def _refuse_foreign(path: Path, first: bytes) -> None:
    """Files whose first line shows that they were saved otherwise than any we read."""
    # Without a mark UTF-16 gives itself away by its NULs; they would pass as UTF-8.
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in first[:4]:
        raise InputError(f"{path} looks like UTF-16; save it as UTF-8.")
    # A CR may be part of a text, as some platforms deliver it: also of the one post of a file without a line end.
    if not first.endswith(b"\n") and sum(map(_reads_as_row, first.removeprefix(codecs.BOM_UTF8).split(b"\r"))) > 1:
        raise InputError(f"{path}: its lines end in CR alone. Save it with line ends of Unix (LF) or Windows (CR LF).")


def _reads_as_row(piece: bytes) -> bool:
    return piece.count(b"\t") >= 2 or piece.startswith(b"{")  # lang, label and text, which may hold more

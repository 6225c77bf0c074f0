"""From bytes to lines: one encoding, strictly; a line that is too long is skipped without being held."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class TooLong:
    """Stands for a line that went over the cap."""

    start: str
    """Its first characters."""


def decoded(chunks: Iterable[bytes], *, name: str, encoding: str | None) -> Iterator[str]:
    """The text of a file. Raises InputError with the byte's offset; what came before it was handed out."""
    decoder = None
    offset = 0  # of the first byte that the decoder hasn't turned into text
    for chunk in chunks:
        data = chunk
        if decoder is None:
            mark, marked = next(((m, e) for m, e in _BOMS if data.startswith(m)), (b"", "utf-8"))
            encoding = marked if mark else encoding or marked
            decoder = codecs.getincrementaldecoder(encoding)("strict")
            data = data[len(mark) :]
            offset = len(mark)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            # `error.object` is what was pending and this chunk; the part before the bad byte is sound.
            yield error.object[: error.start].decode(encoding or "utf-8")
            raise _wrong_encoding(name, offset + error.start, encoding, error.object[error.start]) from None
        offset += pending + len(data) - len(decoder.getstate()[0])
        yield text
    if decoder is not None and decoder.getstate()[0]:
        raise _wrong_encoding(name, offset, encoding, decoder.getstate()[0][0])


def _wrong_encoding(name: str, offset: int, encoding: str | None, byte: int) -> InputError:
    return InputError(
        f"{name} is not {encoding} text: byte 0x{byte:02x} at offset {offset:,} does not belong there. "
        "Save it as UTF-8, or name its encoding in an [import.mapping.NAME] table of config.toml, "
        'for example encoding = "cp1252". What came before that byte is kept.'
    )


def lines(texts: Iterable[str], *, max_chars: int) -> Iterator[str | TooLong]:
    """Lines with their line feed; a longer one than `max_chars` is dropped piece by piece and reported in its place."""
    rest = ""
    skipping: str | None = None  # start of a line that is being dropped
    for text in texts:
        *whole, tail = text.split("\n")
        for part in whole:
            if skipping is not None:
                yield TooLong(skipping)
                skipping = None
            elif len(rest) + len(part) > max_chars:
                yield TooLong((rest + part)[:200])
            else:
                yield f"{rest}{part}\n"
            rest = ""
        if skipping is None:
            rest += tail
            if len(rest) > max_chars:
                skipping, rest = rest[:200], ""
    if skipping is not None:
        yield TooLong(skipping)
    elif rest:
        yield rest

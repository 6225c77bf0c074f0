"""Bytes of one file, unpacked as they are read: damage is named, and an archive that would fill the disk is stopped."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Self

from store import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from collectors.settings import ImportSettings

CHUNK_BYTES = 256 * 1024
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)


class Stream:
    """Bytes of one file, unpacked, with its caps enforced while it is read."""

    def __init__(
        self,
        *,
        name: str,
        read: Callable[[int], bytes],
        packed: Callable[[], int],
        close: Callable[[], None],
        caps: ImportSettings | None,
        file: BinaryIO | None = None,
    ) -> None:
        """`packed` says how many bytes were taken from the disk; `caps` is None for a file that isn't packed."""
        self._name, self._read, self._packed, self._close, self._caps = name, read, packed, close, caps
        self.unpacked_bytes = 0
        self.file = file
        """The file itself, where it lies on the disk as it is read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def packed_bytes(self) -> int:
        """Bytes taken from the disk so far: what progress is measured in."""
        return self._packed()

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Up to `size` bytes; empty at the end. Raises InputError on damage and on a cap that is exceeded."""
        try:
            data = self._read(size)
        except _DAMAGED as error:
            raise InputError(
                f"{self._name} is truncated or damaged after {self.unpacked_bytes:,} unpacked bytes ({error}). "
                "What came before is kept; fetch the file again and import it once more."
            ) from error
        except OSError as error:
            raise InputError(
                f"{self._name} can't be read beyond {self.unpacked_bytes:,} bytes: {error.strerror or error}. What came before is kept."
            ) from error
        self.unpacked_bytes += len(data)
        if self._caps is not None:
            check_unpacked(self.unpacked_bytes, packed=self._packed(), caps=self._caps, name=self._name)
        return data

    def chunks(self) -> Iterator[bytes]:
        """The rest, piece by piece."""
        while data := self.read():
            yield data


def check_unpacked(unpacked: int, *, packed: int, caps: ImportSettings, name: str) -> None:
    """Raises InputError when so many bytes from so few are too many."""
    if unpacked > caps.max_unpacked_bytes:
        raise InputError(
            f"{name} unpacks to more than {caps.max_unpacked_bytes:,} bytes. If you trust it, raise max_unpacked_bytes under [import]."
        )
    if unpacked > caps.ratio_from_bytes and unpacked > caps.max_ratio * max(packed, 1):
        raise InputError(
            f"{name} unpacks to more than {caps.max_ratio:g} times its size, as archives built to fill a disk do. "
            "If you trust it, raise max_ratio under [import]."
        )

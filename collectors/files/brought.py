"""Which posts a file was the first to bring: noted beside the tables, a small file per batch.

The tables know only what saw a post last. A post without a note, such as one whose import was killed before it, counts as another's.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from store import POSTS, StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from store import Store

KEY = ["source", "post_id"]
_SUFFIX = ".brought"  # Parquet, but none that an import of the folder above would take for a table


class Brought:
    """The notes on one content, by the mark of it."""

    def __init__(self, store: Store, mark: str) -> None:
        self._folder = store.imports_folder() / mark
        self._batches = 0

    @staticmethod
    def none() -> pl.DataFrame:
        """No keys."""
        return pl.DataFrame(schema={name: POSTS[name] for name in KEY})

    def add(self, keys: pl.DataFrame, *, run_id: str) -> None:
        """Note the posts that were new in a batch. Raises StoreError."""
        if not keys.is_empty():
            self._batches += 1
            self._write(self._folder / f"{run_id}.{self._batches}{_SUFFIX}", keys)

    def keys(self, runs: Collection[str]) -> pl.DataFrame:
        """What these runs brought. Raises StoreError."""
        notes = [
            self._read(path) for path in self._files() if path.name.removesuffix(_SUFFIX).rpartition(".")[0] in runs
        ]
        return pl.concat([self.none(), *notes]).unique()

    def drop(self, keys: pl.DataFrame) -> None:
        """Forget that these were brought. Raises StoreError."""
        for path in self._files():
            noted = self._read(path)
            left = noted.join(keys, on=KEY, how="anti")
            if left.height < noted.height:
                self._write(path, left)

    def _files(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob(f"*{_SUFFIX}"))

    @staticmethod
    def _read(path: Path) -> pl.DataFrame:
        with _explained("read", path):
            return pl.read_parquet(path).select(KEY)

    @staticmethod
    def _write(path: Path, keys: pl.DataFrame) -> None:
        with _explained("written", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".draft")
            keys.write_parquet(draft)
            draft.replace(path)


@contextmanager
def _explained(how: str, path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StoreError(
            f"The note of what a file brought can't be {how} in {path}: {error}. Free space or fix the permissions, or delete the "
            "note (then posts of that file's earlier readings stay), and import again."
        ) from error

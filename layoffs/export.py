"""Frames into files that others can open."""

from __future__ import annotations

import contextlib
import re
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from store import StoreError, UsageError, inert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layoffs.project import Project

_EXPORTS = ("posts", "reactions", "weekly")
_IDS = ("post_id", "thread_id", "parent_id", "duplicate_of")
_ACCOUNT = re.compile(r"at://\S+")
_WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".csv": lambda frame, path: inert(_flat(frame)).write_csv(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".parquet": lambda frame, path: frame.write_parquet(path),
}


def export(project: Project, what: str, out: Path, *, company: str | None) -> int:
    """Write posts, reactions or weekly figures, all or one company's; says how many rows. Raises UsageError, StoreError."""
    if what not in _EXPORTS:
        raise UsageError(f'"{what}" can\'t be exported. Valid: {", ".join(_EXPORTS)}.')
    _require_format(out)
    if what == "weekly":
        frame = project.weekly(company=company)
    elif what == "reactions":
        frame = project.store.read(lambda: project.reactions(company=company).collect())
    else:
        named = pl.col("companies").list.eval(pl.element().struct.field("company"))
        wanted = pl.lit(value=True) if company is None else named.list.contains(project.known(company))
        frame = project.store.read(lambda: project.posts().filter(wanted).collect())
    return _write_frame(frame, out)


def _require_format(out: Path) -> None:
    """Raises UsageError where a file's ending is no format: before anything is computed."""
    if out.suffix not in _WRITERS:
        raise UsageError(f'"{out.suffix or out.name}" is no format. Name a file that ends in {", ".join(_WRITERS)}.')


def _write_frame(frame: pl.DataFrame, out: Path) -> int:
    """Write .csv, .jsonl or .parquet, without pseudonyms; says how many rows.

    Written aside and then moved into place, so that a failed export leaves the old file. Raises StoreError.
    """
    part = out.with_name(f".{out.name}.part")
    try:
        # What leaves the tables follows nobody, not even within a week.
        _WRITERS[out.suffix](_without_accounts(frame.drop("author", strict=False)), part)
        part.replace(out)
    except OSError as error:
        raise StoreError(
            f'The export can\'t be written to "{out}": {error}. Choose another folder or free some space.'
        ) from error
    finally:
        with contextlib.suppress(OSError):  # a read-only folder
            part.unlink(missing_ok=True)
    return frame.height


def _without_accounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Ids of Bluesky's posts begin with their author's account: here each is a hash, the same wherever it stands."""
    hashed = [
        pl.Series(name, [said and _ACCOUNT.sub(_hashed, said) for said in frame[name]], pl.String)
        for name in _IDS
        if name in frame.columns
    ]
    return frame.with_columns(hashed)


def _hashed(said: re.Match[str]) -> str:
    return "h-" + blake2b(said[0].encode(), digest_size=10).hexdigest()


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as text, since CSV has none: companies and themes joined by "; "."""
    columns = []
    for name, dtype in frame.schema.items():
        if dtype == pl.List(pl.String):
            columns.append(pl.col(name).list.join("; "))
        elif isinstance(dtype, pl.List):
            columns.append(pl.col(name).list.eval(pl.element().struct.field("company")).list.join("; "))
    return frame.with_columns(columns)

"""What an import counts, reports, and writes into `runs`."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from collectors.files.again import FILE_SOURCE
from store import RUNS, Privacy

if TYPE_CHECKING:
    from pathlib import Path

    from collectors.files.again import Reading
    from store import Store

#: Why a row is left out that is barred from returning.
FORGOTTEN = "forgotten or deleted before"


@dataclass(frozen=True)
class FileSummary:
    """What became of one file. seen = new + changed + duplicate + rejected + left_out."""

    file: str
    shape: str | None = None
    """The known export that it was recognised as."""
    platforms: tuple[str, ...] = ()
    """Where its posts are from."""
    platform_guessed_from: str | None = None
    """What the platform of rows that don't say it was guessed from: the file's name or its columns. None: it was said."""
    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0
    left_out: int = 0
    """Not for us: see `left_out_reasons`."""
    left_out_reasons: dict[str, int] = field(default_factory=dict)
    """Why rows were left out: visible to a member's network only, removed from their platform, or forgotten before."""
    taken_out: int = 0
    """Posts of an earlier reading of this file, under ids that it doesn't give when read by the present settings."""
    unread_counts: int = 0
    """Cells of likes, replies and reposts that are no numbers; their posts are stored without them."""
    unknown_columns: tuple[str, ...] = ()
    reject_file: Path | None = None
    seconds: float = 0.0
    error: str | None = None
    """Why reading stopped. What was read before it is stored."""


@dataclass
class Counts:
    """Running totals of one file."""

    shape: str | None = None
    guessed: str | None = None
    platforms: dict[str, None] = field(default_factory=dict)
    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    taken_out: int = 0
    unread_counts: int = 0
    unknown: dict[str, None] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def reject(self, reason: str) -> None:
        """Count one row that was refused."""
        self.rejected += 1
        self.reasons[reason] += 1

    def add_up(self) -> bool:
        """Whether every row seen is counted exactly once."""
        return self.seen == self.new + self.changed + self.duplicate + self.rejected + self.left_out.total()

    def summary(self, *, file: str, reject_file: Path | None, seconds: float, error: str | None) -> FileSummary:
        """The totals as they are handed out. A file none of whose rows could be used has failed."""
        if error is None and self.seen and self.seen == self.rejected:
            reason, _ = self.reasons.most_common(1)[0]
            error = f"None of the {self.seen:,} rows of {file} can be used, most of them for this reason: {reason}."
            if reason == "no readable time":
                error += (
                    " Say how times are written as date_format in an [import.mapping.NAME] table of config.toml, "
                    'for example date_format = "%m/%d/%Y %I:%M %p" for 10/28/2025 2:30 PM.'
                )
        return FileSummary(
            file=file,
            shape=self.shape,
            platforms=tuple(self.platforms),
            platform_guessed_from=self.guessed if self.platforms else None,
            seen=self.seen,
            new=self.new,
            changed=self.changed,
            duplicate=self.duplicate,
            rejected=self.rejected,
            left_out=self.left_out.total(),
            left_out_reasons=dict(self.left_out.most_common()),
            taken_out=self.taken_out,
            unread_counts=self.unread_counts,
            unknown_columns=tuple(self.unknown),
            reject_file=reject_file,
            seconds=seconds,
            error=error,
        )


def record_run(
    store: Store, summary: FileSummary, *, reading: Reading | None, started_at: dt.datetime, index: int
) -> None:
    """One row of `runs` for a file that was read to its end, or not; `reading` is None for one that could not be opened."""
    now = dt.datetime.now(dt.UTC)
    stored = summary.seen > summary.rejected
    run = {
        "run_id": f"{started_at:%Y%m%dT%H%M%S.%fZ}-import-{index:04d}-{secrets.token_hex(2)}",
        "source": FILE_SOURCE,
        "query": summary.file,
        "started_at": started_at,
        "updated_at": now,
        "finished_at": now,
        "high_water": reading and reading.modified_at,
        "high_water_id": reading and reading.mark,
        "page_token": reading and reading.how,
        "pages": 1,
        "seen": summary.seen,
        "new": summary.new,
        "changed": summary.changed,
        "duplicate": summary.duplicate,
        "rejected": summary.rejected,
        "gaps": [],
        "status": "done" if not summary.error else "partial" if stored else "failed",
        "error": Privacy.mask(summary.error) if summary.error else None,
    }
    store.upsert("runs", pl.DataFrame([{name: run.get(name) for name in RUNS}], schema=RUNS))

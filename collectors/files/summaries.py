"""What an import counts, reports, and writes into `runs`."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import polars as pl

from collectors.files.again import FILE_SOURCE, Replaced
from store import RUNS, Privacy

if TYPE_CHECKING:
    from pathlib import Path

    from collectors.files.again import Reading
    from store import Store

#: Why a row is left out that is barred from returning.
FORGOTTEN = "forgotten or deleted before"
_REASONS: Final = 5  # that are told
_HOW_TO: Final = {
    "no readable time": (
        "Say how times are written as date_format in an [import.mapping.NAME] table of config.toml, "
        'for example date_format = "%m/%d/%Y %I:%M %p" for 10/28/2025 2:30 PM.'
    )
}


def not_to_its_end(why: str) -> str:
    """The error of a file whose reading was asked to stop."""
    return f"{why}; what was read is kept, and the next run reads the file again"


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
    rejected_reasons: dict[str, int] = field(default_factory=dict)
    """Why rows were refused, the commonest reasons first."""
    left_out: int = 0
    """Not for us: see `left_out_reasons`."""
    left_out_reasons: dict[str, int] = field(default_factory=dict)
    """Why rows were left out: visible to a member's network only, removed from their platform, or forgotten before."""
    taken_out: int = 0
    """Posts of earlier readings of this file, under ids that it doesn't give when read by the present settings."""
    kept_back: int = 0
    """Such posts that stay."""
    kept_back_because: str | None = None
    unread_counts: int = 0
    """Cells of likes, replies and reposts that are no numbers; their posts are stored without them."""
    unknown_columns: tuple[str, ...] = ()
    left_aside: tuple[str, ...] = ()
    """Of the first file of a folder or archive: the tables in it that were not read, as they hold no public posts."""
    reject_file: Path | None = None
    seconds: float = 0.0
    error: str | None = None
    """Why reading stopped. What was read before it is stored."""
    stopped: bool = False
    """Whether it was asked to stop, so that this and the files after it are to be read again."""
    finished: bool = True
    """Whether the reading may stand: not where it refused more rows than the one before, so that the next import reads anew."""

    @property
    def why_rejected(self) -> str:
        """The commonest reasons for which rows were refused, and what to do about them; empty where none was."""
        told = ", ".join(f"{reason} ({count:,})" for reason, count in self.rejected_reasons.items())
        return ". ".join([told, *(_HOW_TO[reason] for reason in self.rejected_reasons if reason in _HOW_TO)])


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
    replaced: Replaced = field(default_factory=Replaced)
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

    def summary(
        self, *, file: str, reject_file: Path | None, seconds: float, error: str | None, stopped: bool
    ) -> FileSummary:
        """The totals as they are handed out. A file none of whose rows could be used has failed."""
        if error is None and self.seen and self.seen == self.rejected:
            reason, _ = self.reasons.most_common(1)[0]
            error = f"None of the {self.seen:,} rows of {file} can be used, most of them for this reason: {reason}."
            error += f" {_HOW_TO[reason]}" if reason in _HOW_TO else ""
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
            rejected_reasons=dict(self.reasons.most_common(_REASONS)),
            left_out=self.left_out.total(),
            left_out_reasons=dict(self.left_out.most_common()),
            taken_out=self.replaced.taken_out,
            kept_back=self.replaced.kept_back,
            kept_back_because=self.replaced.because,
            finished=not self.replaced.refused,
            unread_counts=self.unread_counts,
            unknown_columns=tuple(self.unknown),
            reject_file=reject_file,
            seconds=seconds,
            error=error,
            stopped=stopped,
        )


@dataclass
class Run:
    """A file's row in `runs`: there before its first batch, so that the next import knows of a reading that was killed."""

    store: Store
    run_id: str
    started_at: dt.datetime
    reading: Reading | None = None
    """None for a file that could not be opened."""

    @classmethod
    def started(cls, store: Store, *, at: dt.datetime, index: int) -> Self:
        """The run of the import's file number `index`; nothing is written yet."""
        return cls(store, f"{at:%Y%m%dT%H%M%S.%fZ}-import-{index:04d}-{secrets.token_hex(2)}", at)

    def begin(self, file: str, reading: Reading) -> None:
        """Write that a file is being read. Raises StoreError."""
        self.reading = reading
        self._write(FileSummary(file), status="running", finished_at=None)

    def end(self, summary: FileSummary) -> None:
        """Write what became of a file. Raises StoreError."""
        if summary.error:
            status = "partial" if summary.stopped or summary.seen > summary.rejected else "failed"
        else:
            status = "done" if summary.finished else "partial"
        self._write(summary, status=status, finished_at=dt.datetime.now(dt.UTC))

    def _write(self, summary: FileSummary, *, status: str, finished_at: dt.datetime | None) -> None:
        run = {
            "run_id": self.run_id,
            "source": FILE_SOURCE,
            "query": Privacy.mask(summary.file),
            "started_at": self.started_at,
            "updated_at": dt.datetime.now(dt.UTC),
            "finished_at": finished_at,
            "high_water": self.reading and self.reading.modified_at,
            "high_water_id": self.reading and self.reading.mark,
            "page_token": self.reading and self.reading.how,
            "pages": 1,
            "seen": summary.seen,
            "new": summary.new,
            "changed": summary.changed,
            "duplicate": summary.duplicate,
            "rejected": summary.rejected,
            "gaps": [],
            "status": status,
            "error": Privacy.mask(summary.error) if summary.error else None,
        }
        self.store.upsert("runs", pl.DataFrame([{name: run.get(name) for name in RUNS}], schema=RUNS))

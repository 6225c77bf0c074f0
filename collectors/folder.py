"""A watched folder: exports that people or other tools put there (LinkedIn's above all) are imported once each."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from collectors.files import files_to_read, import_files
from collectors.source import Delivery, DeliverySource, Opening, Quota, SourceSection, SourceSpec, Taken
from store import ConfigError, LayoffsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store import Store


class FolderSettings(SourceSection):
    """[sources.folder]"""

    path: Path = Path("inbox")
    """Where exports are put: CSV, JSON, JSONL, Parquet, gzip or ZIP, also in folders of their own."""
    platform: str | None = None
    """Platform of files that don't say it, for example "linkedin"."""
    settle_seconds: float = Field(default=10, ge=0)
    """A file that changed less than this ago may still be being copied: it waits for the next run."""


class Folder(DeliverySource):
    """Each file is a delivery; one that changes is taken again, which adds only what is new in it."""

    def __init__(self, settings: FolderSettings, opening: Opening) -> None:
        self._settings, self._opening = settings, opening

    def deliveries(self) -> Sequence[Delivery]:
        """Every file below the folder that an import of the folder would read, the oldest first."""
        folder = self._settings.path
        if not folder.is_dir():
            raise ConfigError(
                f"The watched folder {folder} does not exist. Create it, or change path in [sources.folder]."
            )
        settled = (self._opening.clock.now() - dt.timedelta(seconds=self._settings.settle_seconds)).timestamp()
        files = []
        for path in files_to_read(folder):
            status = path.stat()
            version = f"{status.st_size}:{status.st_mtime_ns}"
            name = str(path.relative_to(folder))
            files.append((status.st_mtime_ns, Delivery(name, version, ready=status.st_mtime <= settled)))
        return [delivery for _, delivery in sorted(files)]

    def take(self, delivery: Delivery, store: Store) -> Taken:
        """Import one file, or every member of an archive."""
        try:
            summaries = import_files(
                [self._settings.path / delivery.name],
                store=store,
                settings=self._opening.imports,
                keep_handles=self._opening.terms.keep_handles(),
                rejects_folder=self._opening.rejects_folder,
                source=self._settings.platform,
            )
        except LayoffsError as error:
            return Taken(error=str(error))
        errors = [summary.error for summary in summaries if summary.error]
        return Taken(
            seen=sum(summary.seen for summary in summaries),
            new=sum(summary.new for summary in summaries),
            changed=sum(summary.changed for summary in summaries),
            duplicate=sum(summary.duplicate for summary in summaries),
            rejected=sum(summary.rejected for summary in summaries),
            error="; ".join(errors) or None,
        )

    def check(self) -> Quota:
        """How many files lie there."""
        return Quota(f"{len(self.deliveries())} files in {self._settings.path}")


SPEC = SourceSpec(
    name="folder",
    title="Watched folder",
    settings=FolderSettings,
    open=Folder,
    how_to_get_access="Create the folder that [sources.folder] names and put exports into it.",
)

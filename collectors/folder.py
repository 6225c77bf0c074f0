"""A watched folder: exports that people or other tools put there (LinkedIn's above all) are imported once each."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from collectors.files import files_to_read, import_files, printable
from collectors.settings import Platform  # noqa: TC001 - pydantic reads the annotation at run time
from collectors.source import Delivery, DeliverySection, DeliverySource, Opening, Quota, SourceSpec, Taken
from store import ConfigError, Privacy

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from store import Store


class FolderSettings(DeliverySection):
    """[sources.folder]"""

    path: Path = Path("inbox")
    """Where exports are put: CSV, JSON, JSONL, Parquet, gzip or ZIP, also in folders of their own."""
    platform: Platform | None = None
    """Platform of files that don't say it, for example "linkedin"."""
    settle_seconds: float = Field(default=10, ge=0)
    """A file that changed less than this ago may still be being copied: it waits for the next run."""

    @field_validator("path", mode="before")
    @classmethod
    def _path_is_said(cls, path: object) -> object:
        if isinstance(path, str) and not path.strip():  # the project's own folder, as a Path
            raise ValueError('this has to name a folder, such as "inbox"')
        return path

    @field_validator("path")
    @classmethod
    def _home_is_meant_by_its_sign(cls, path: Path) -> Path:
        try:
            return path.expanduser()
        except RuntimeError:
            raise ValueError("there is no such home folder; write the path in full") from None


class Folder(DeliverySource):
    """Each file is a delivery. One that changes is taken again, which adds only what is new in it; so is one that failed, once
    its settings or permissions have changed.
    """

    def __init__(self, settings: FolderSettings, opening: Opening) -> None:
        self._settings, self._opening = settings, opening
        watched, data = settings.path.resolve(), opening.state_folder.parent.resolve()
        if watched.is_relative_to(data) or data.is_relative_to(watched):
            raise ConfigError(
                f"The watched folder {settings.path} is, holds or lies in {data}, where the tables are. "
                "Name a folder of its own as path in [sources.folder]."
            )

    def deliveries(self) -> Sequence[Delivery]:
        """Every file below the folder that an import of the folder would read, the oldest first."""
        now = self._opening.clock.now().timestamp()
        files = []
        for path in self._files():
            with suppress(FileNotFoundError):  # taken away a moment ago
                status = path.stat()
                delivery = Delivery(
                    path.relative_to(self._settings.path).as_posix(),
                    _version(status),
                    reading=self._reading(status),
                    # A time far ahead is one that the file was given, not one at which it was written.
                    ready=abs(now - status.st_mtime) >= self._settings.settle_seconds,
                )
                files.append((status.st_mtime_ns, delivery))
        return [delivery for _, delivery in sorted(files)]

    def take(self, delivery: Delivery, store: Store, *, why_stop: Callable[[], str | None]) -> Taken:
        """Import one file, or every member of an archive. Raises StoreError."""
        path = self._settings.path / delivery.name
        summaries = import_files(
            [path],
            store=store,
            settings=self._opening.imports,
            keep_handles=self._opening.terms.keep_handles(),
            rejects_folder=self._opening.rejects_folder,
            source=self._settings.platform,
            said_with="platform in [sources.folder]",
            why_stop=why_stop,
        )
        errors = [_named(summary.error, delivery.name) for summary in summaries if summary.error]
        return Taken(
            seen=sum(summary.seen for summary in summaries),
            new=sum(summary.new for summary in summaries),
            changed=sum(summary.changed for summary in summaries),
            duplicate=sum(summary.duplicate for summary in summaries),
            rejected=sum(summary.rejected for summary in summaries),
            error="; ".join(errors) or None,
            stopped=any(summary.stopped for summary in summaries),
            grew=path.exists() and _version(path.stat()) != delivery.version,
        )

    def check(self) -> Quota:
        """How many files lie there, and how many that no run reads. Raises ConfigError where the folder doesn't exist or can't be read."""
        folder, read = self._settings.path, set(self._files())
        aside = sum(path not in read for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
        but = f"; {aside} left aside: hidden, of no format that is read, or without public posts" if aside else ""
        return Quota(f"{len(read)} files in {folder}{but}")

    def _files(self) -> list[Path]:
        folder = self._settings.path
        try:
            return files_to_read(folder)
        except FileNotFoundError:
            problem = "does not exist. Create it"
        except OSError as error:
            problem = f"can't be read: {error.strerror or error}. Make it a folder that this user may read"
        raise ConfigError(f"The watched folder {folder} {problem}, or change path in [sources.folder].")

    def _reading(self, status: os.stat_result) -> str:
        """What decides whether a file can be read, apart from its content: settings and permissions."""
        settings = f"{self._settings.platform} {self._opening.imports.model_dump_json()} {status.st_ctime_ns}"
        return blake2b(settings.encode(), digest_size=8).hexdigest()


def _named(error: str, name: str) -> str:
    """An import calls a file by its name alone: here it is called as it lies below the folder. Files are called after people."""
    error, whole = Privacy.mask(error), Privacy.mask(printable(name))
    alone = Privacy.mask(printable(PurePosixPath(name).name))
    return whole + error.removeprefix(alone) if error.startswith(alone) else error


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"


SPEC = SourceSpec(
    name="folder",
    title="Watched folder",
    settings=FolderSettings,
    open=Folder,
    how_to_get_access="Create the folder that [sources.folder] names and put exports into it.",
)

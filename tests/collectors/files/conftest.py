"""A store to import into, and a hand that does it."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING

import pytest

from collectors import FileSummary, ImportSettings, import_files
from store import Store

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


class Desk:
    """Files on one side, tables on the other."""

    written = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)
    """When its files were last written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store.open(folder / "data", wait_seconds=5)
        self.rejects_folder = folder / "rejects"

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (self.written.timestamp(), self.written.timestamp()))
        return path

    def jsonl(self, name: str, rows: list[dict]) -> Path:
        return self.file(name, "".join(json.dumps(row) + "\n" for row in rows))

    def bring(
        self, *paths: Path, source: str | None = None, keep_handles: frozenset[str] = frozenset(), **settings
    ) -> list[FileSummary]:
        return import_files(
            list(paths),
            store=self.store,
            settings=ImportSettings.model_validate(settings),
            keep_handles=keep_handles,
            rejects_folder=self.rejects_folder,
            source=source,
        )

    def one(self, path: Path, **options) -> FileSummary:
        (summary,) = self.bring(path, **options)
        assert summary.seen == summary.new + summary.changed + summary.duplicate + summary.rejected + summary.left_out
        return summary

    def posts(self) -> pl.DataFrame:
        return self.store.scan("posts").collect().sort("source", "post_id")

    def another(self, name: str) -> Desk:
        """A second desk, which makes the same pseudonyms."""
        desk = Desk(self.folder / name)
        (desk.folder / "data").mkdir(parents=True)
        if (self.folder / "data" / "secret").exists():
            (desk.folder / "data" / "secret").write_bytes((self.folder / "data" / "secret").read_bytes())
        return desk

    @staticmethod
    def tweet(number: int, **changes) -> dict:
        """A row of a tweets file."""
        return {
            "id": f"{number:05d}",
            "created_at": f"2025-10-{28 + number % 3}T{number % 24:02d}:30:00Z",
            "author": f"user{number % 7}",
            "text": f"post {number} on #layoffs",
            "likes": number % 5,
            "replies": 0,
            "reposts": 1,
        } | changes

    def rejected(self, summary: FileSummary) -> list[dict]:
        assert summary.reject_file is not None
        return [json.loads(line) for line in summary.reject_file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)

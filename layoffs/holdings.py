"""What a project's tables hold, in numbers, and whether they can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from analysis import coverage, outdated
from store import TABLES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from layoffs.project import Project


@dataclass(frozen=True)
class Holdings:
    """What `layoffs status`, `doctor` and `report` ask of the tables."""

    project: Project

    def require_readable(self) -> None:
        """Read every table once. Raises StoreError naming a damaged one.

        All declared columns of all rows: a count is content with a file's last bytes, and damage elsewhere would only show in the
        command that needs the column. A million posts take 2 seconds.
        """
        store = self.project.store
        store.read(lambda: [store.scan(name).select(pl.all().null_count()).collect() for name in TABLES])

    def held(self) -> dict[str, int]:
        """Posts stored, announcements, and those read from files; needs no model.

        An announcement that stands in the settings and in a file, or in two files, is one.
        """
        store = self.project.store
        posts, listed = store.read(
            lambda: [store.scan(name).select(pl.len()).collect().item() for name in ("posts", "events")]
        )
        return {"posts": posts, "events": self.project.events().height, "listed": listed}

    def stored(self) -> dict[str, int]:
        """What `held` says, posts labelled by the present model, and those of them labelled by older settings."""
        project = self.project
        # Both at once: beside a writer no more posts are labelled than there are.
        labelled = project.store.read(
            lambda: project.posts().select(pl.len().alias("posts"), pl.col("model").count().alias("labelled")).collect()
        )
        return {**self.held(), **labelled.row(0, named=True), "outdated": self.outdated()}

    def outdated(self, *, weeks: Collection[dt.date] | None = None) -> int:
        """Posts, of these weeks only if given, whose labels follow older settings; `Project.label_new` brings them up to date."""
        project, scan = self.project, self.project.store.scan
        return project.store.read(
            lambda: outdated(
                scan("posts", weeks=weeks),
                scan("labels", weeks=weeks),
                settings=project.rules,
                model=project.model_revision,
            )
        )

    def coverage(self) -> pl.DataFrame:
        """What there is to measure from, per source and week."""
        project, names = self.project, ("posts", "labels", "runs")
        return project.store.read(
            lambda: coverage(*(project.store.scan(name) for name in names), model=project.model_revision)
        )

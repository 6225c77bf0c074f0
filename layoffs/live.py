"""A project's live sources: its settings and credentials handed to the collectors."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors import LONGEST_RUN, SOURCES, Credentials, Employer, collect, doctor, recheck, status
from store import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collectors import Clock, CollectSummary, Progress, RecheckSummary, SourceHealth, SourcesSettings, SourceStatus
    from layoffs.project import Project


@dataclass(frozen=True)
class LiveSources:
    """What `layoffs collect`, `recheck`, `status` and `doctor` ask for."""

    project: Project

    @property
    def switched_on(self) -> tuple[str, ...]:
        """Sources that have a section in the settings and are not switched off."""
        sources = self.project.settings.sources
        return tuple(name for name in SOURCES if name in sources.model_fields_set and getattr(sources, name).enabled)

    @property
    def credentials(self) -> Credentials:
        """From the environment, and from a .env beside the config file."""
        return Credentials.from_environment(self.project.folder / ".env")

    def collect(
        self,
        *,
        only: Sequence[str] | None = None,
        minutes: float | None = None,
        budget: int | None = None,
        clock: Clock | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> CollectSummary:
        """Fetch what is new; see `collectors.collect`."""
        return collect(
            self.project.store,
            self._settings(only),
            employers=self._employers,
            credentials=self.credentials,
            imports=self.project.settings.import_,
            rejects_folder=self.project.rejects_folder,
            deadline=_duration(minutes),
            budget=budget,
            only=only,
            clock=clock,
            on_progress=on_progress,
        )

    def recheck(
        self,
        *,
        only: Sequence[str] | None = None,
        minutes: float | None = None,
        budget: int | None = None,
        clock: Clock | None = None,
        on_estimate: Callable[[str], None] | None = None,
    ) -> RecheckSummary:
        """Look stored posts up again and purge what was deleted; see `collectors.recheck`."""
        summary = recheck(
            self.project.store,
            self._settings(only),
            employers=self._employers,
            credentials=self.credentials,
            deadline=_duration(minutes),
            budget=budget,
            only=only,
            clock=clock,
            on_estimate=on_estimate,
        )
        edited = any(outcome.changed for outcome in summary.sources)
        self.project.store.compact(keep_hours=0 if edited else 1)  # what was edited away leaves the older files at once
        return summary

    def status(self) -> list[SourceStatus]:
        """Each source's last run, newest post, gaps, backlog and cost; asks no platform."""
        store = self.project.store
        return store.read(lambda: status(store, self.project.settings.sources, now=dt.datetime.now(dt.UTC)))

    def doctor(self, *, only: Sequence[str] | None = None) -> list[SourceHealth]:
        """Whether each source is configured, reachable and authorised; asks the platforms that have credentials."""
        return doctor(
            self.project.store,
            self._settings(only),
            employers=self._employers,
            credentials=self.credentials,
            only=only,
        )

    def _settings(self, only: Sequence[str] | None) -> SourcesSettings:
        sources = self.project.settings.sources
        if "folder" not in (only or self.switched_on):
            return sources
        # Touched only where the watched folder is asked: a section that was set counts as switched on.
        inbox = sources.folder.model_copy(update={"path": self.project.folder / sources.folder.path})
        with_inbox: SourcesSettings = sources.model_copy(update={"folder": inbox})
        return with_inbox

    @property
    def _employers(self) -> list[Employer]:
        return [
            Employer(name=company.name, aliases=company.aliases, handles=company.handles)
            for company in self.project.settings.companies
        ]


def _duration(minutes: float | None) -> dt.timedelta | None:
    if minutes is None:
        return None
    if not 0 <= minutes <= LONGEST_RUN:
        raise UsageError(f"A run of {minutes:g} minutes is none: give a number from 0 to {LONGEST_RUN:,}, a year.")
    return dt.timedelta(minutes=minutes)

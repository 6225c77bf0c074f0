"""What stands between a source and its posts, and what to do about it. Asks each platform once, changes nothing."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.engine.budget import allowance, estimate
from collectors.engine.drain import queries_of
from collectors.registry import SOURCES, find, switched_on
from collectors.settings import ImportSettings
from collectors.source import Opening, Source
from collectors.terms import SearchTerms
from collectors.wire import RateLimited, SystemClock, quiet_client_logs
from store import (
    EXIT_DONE,
    EXIT_PARTIAL,
    EXIT_USAGE,
    ConfigError,
    LayoffsError,
    SourceDenied,
    SourceUnavailable,
    StoreError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from collectors.credentials import Credentials
    from collectors.registry import SourcesSettings
    from collectors.source import SourceSpec
    from collectors.terms import Employer
    from collectors.wire import Clock
    from store import Store


@dataclass(frozen=True)
class SourceHealth:
    """One source. None = not tried, since something before it is missing."""

    source: str
    title: str
    switched_on: bool
    missing: tuple[str, ...]
    """Environment variables that are needed and not set."""
    reachable: bool | None = None
    authorised: bool | None = None
    quota: str | None = None
    advice: str = ""
    """What to do; empty when all is well."""
    exit_code: int = EXIT_DONE
    """As of a run: 0 well · 1 what it cost so far can't be read · 75 not to be reached now · 2 someone has to act."""

    @property
    def well(self) -> bool:
        """Off on purpose, or ready to collect."""
        return not self.switched_on or bool(self.authorised)


def doctor(
    store: Store,
    settings: SourcesSettings,
    *,
    employers: Sequence[Employer],
    credentials: Credentials,
    only: Collection[str] | None = None,
    clock: Clock | None = None,
) -> list[SourceHealth]:
    """Say for every source whether it is configured, reachable and authorised, what quota is left, and what to do if not.

    Without credentials no platform that needs them is contacted. No secret is in the answer.

    Args:
        store: whose folder keeps sessions.
        settings: [sources].
        employers: as for `collect`.
        credentials: of the platforms.
        only: these sources.
        clock: time.
    """
    quiet_client_logs()
    state_folder = store.journal("x").path.parent
    terms = SearchTerms(tuple(employers), settings.words())
    opening = Opening(
        terms, credentials, clock or SystemClock(), state_folder, state_folder.parent / "rejects", ImportSettings()
    )
    specs = [find(name) for name in dict.fromkeys(only)] if only else list(SOURCES.values())
    return [_examine(spec, settings, opening, store) for spec in specs]


def _examine(spec: SourceSpec, settings: SourcesSettings, opening: Opening, store: Store) -> SourceHealth:
    credentials = opening.credentials
    missing = credentials.missing(spec.needs)
    on = switched_on(settings, spec)
    steps = [] if on else [f"Add a section [sources.{spec.name}] to config.toml to collect from it."]
    if missing:
        steps.append(f"Set {' and '.join(missing)} in the environment or in .env.")
    if not on or missing:
        steps.append(spec.how_to_get_access)
        code = EXIT_USAGE if on else EXIT_DONE
        return SourceHealth(spec.name, spec.title, on, missing, advice=" ".join(steps), exit_code=code)
    answered: bool | None = None
    try:
        for name in (*spec.needs, *spec.may_use):
            credentials.get(name)
    except SourceDenied as error:  # before anyone is asked
        return SourceHealth(spec.name, spec.title, on, missing, advice=str(error), exit_code=EXIT_USAGE)
    try:
        source = spec.open(settings.of(spec), opening)
        with closing(source) if isinstance(source, Source) else nullcontext():
            answered = None if isinstance(source, Source) else False  # what lies on this machine is there, or is not
            if isinstance(source, Source):
                queries_of(source, spec)
            quota = source.check().note
            answered = True
            if isinstance(source, Source):
                now = opening.clock.now()
                allowed = allowance(source, store=store, name=spec.name, budget=None, now=now)
                quota = "; ".join(filter(None, (quota, estimate(source, allowed))))
    except StoreError as error:  # the source stands as it answered; what a run may cost is in a damaged table
        return SourceHealth(
            spec.name,
            spec.title,
            on,
            missing,
            reachable=answered,
            authorised=answered,
            advice=str(error),
            exit_code=error.exit_code,
        )
    except LayoffsError as error:
        said = credentials.redact(str(error), names=(*spec.needs, *spec.may_use))
        denied, spent = isinstance(error, SourceDenied), isinstance(error, RateLimited)
        away = isinstance(error, SourceUnavailable) and not spent
        hint = "Check the network, a proxy or the platform’s status page." if away else ""
        return SourceHealth(
            spec.name,
            spec.title,
            on,
            missing,
            reachable=answered if isinstance(error, ConfigError) else not away,
            authorised=False if denied else True if spent else None,
            quota="spent" if spent else None,
            advice=f"{said} {hint}".strip(),
            exit_code=EXIT_DONE if spent else EXIT_PARTIAL if away else EXIT_USAGE,
        )
    except Exception as error:  # noqa: BLE001  # a client library's surprise is one source's finding
        said = credentials.redact(f"{type(error).__name__}: {error}", names=(*spec.needs, *spec.may_use))
        return SourceHealth(spec.name, spec.title, on, missing, advice=f"Unexpected: {said}", exit_code=EXIT_USAGE)
    return SourceHealth(spec.name, spec.title, on, missing, reachable=True, authorised=True, quota=quota)

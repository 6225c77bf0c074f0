"""`collect`: all sources side by side, each query from where it stands, everything safe at every moment."""

from __future__ import annotations

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.engine.attempts import Attempts
from collectors.engine.budget import allowance, estimate
from collectors.engine.deliveries import take_all
from collectors.engine.drain import MOMENT, Drain, queries_of
from collectors.engine.progress import CollectSummary, Progress, QueryOutcome, SourceOutcome, worst
from collectors.engine.recorder import (
    Recorder,
    drop_newest_ids,
    drop_others,
    last_asked,
    last_states,
    merge_left,
    next_run_id,
)
from collectors.engine.state import WHOLE, RunState, frame
from collectors.registry import SourcesSettings, chosen
from collectors.settings import ImportSettings
from collectors.source import DeliverySource, Opening, Query, Source, SourceSpec
from collectors.terms import Employer, SearchTerms
from collectors.wire import Clock, SystemClock, quiet_client_logs
from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, LayoffsError, Privacy, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from collectors.credentials import Credentials
    from store import Store

log = logging.getLogger("collectors")

_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class _Run:
    run_id: str
    store: Store
    settings: SourcesSettings
    opening: Opening
    privacy: Privacy
    deadline: dt.datetime
    budget: int | None
    clock: Clock
    report: Callable[[Progress], None]


def collect(
    store: Store,
    settings: SourcesSettings,
    *,
    employers: Sequence[Employer],
    credentials: Credentials,
    imports: ImportSettings | None = None,
    rejects_folder: Path | None = None,
    deadline: dt.timedelta | None = None,
    budget: int | None = None,
    only: Collection[str] | None = None,
    clock: Clock | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> CollectSummary:
    """Fetch what is new from every source that is switched on, and store it.

    A source that fails does not stop the others. Killed at any moment, nothing that was confirmed is lost and the next call goes on.

    Args:
        store: where posts, journals and a row of `runs` per query go.
        settings: [sources].
        employers: whom to search for; their handles stay readable.
        credentials: of the platforms.
        imports: how the watched folder reads files.
        rejects_folder: for rows of files that were refused. Default: rejects in the data folder.
        deadline: the longest that the run may take. Default: as in the settings.
        budget: posts that each source with a price may read. Default: as in the settings.
        only: these sources, switched on or not.
        clock: time and waiting.
        on_progress: called from several threads, after each page and before each wait.

    Returns:
        What became of every query; `exit_code` is 0 only when all have drained.

    Raises:
        UsageError: an unknown source or language.
        StoreBusy: another run collects into this data folder.
        StoreError: the tables can't be written; pages already fetched wait in the journal.
    """
    clock = clock or SystemClock()
    quiet_client_logs()
    specs = chosen(settings, only)
    terms = SearchTerms(tuple(employers), settings.words())
    started = clock.now()
    with store.alone("collecting"):
        state_folder = store.journal("x").path.parent
        recovered = merge_left(store, now=started)
        drop_newest_ids(store)
        run = _Run(
            run_id=next_run_id(store, started),
            store=store,
            settings=settings,
            opening=Opening(
                terms,
                credentials,
                clock,
                state_folder,
                rejects_folder or state_folder.parent / "rejects",
                imports or ImportSettings(),
            ),
            privacy=Privacy.load(store.root),
            deadline=started + (dt.timedelta(minutes=settings.deadline_minutes) if deadline is None else deadline),
            budget=budget,
            clock=clock,
            report=on_progress or (lambda _: None),
        )
        with ThreadPoolExecutor(max_workers=max(len(specs), 1), thread_name_prefix="collect") as pool:
            outcomes = list(pool.map(lambda spec: _source(run, spec), specs))
        broken = [_whole(run, outcome) for outcome in outcomes if outcome.error and not outcome.queries]
        if broken:
            store.upsert("runs", frame(broken))
    return CollectSummary(run.run_id, started, clock.now(), tuple(outcomes), recovered)


def _whole(run: _Run, outcome: SourceOutcome) -> RunState:
    """The row of a source that could not be opened or broke off, so that `status` knows of it."""
    now = run.clock.now()
    return RunState(
        run.run_id,
        outcome.source,
        WHOLE,
        started_at=now,
        updated_at=now,
        status="partial" if outcome.exit_code == EXIT_PARTIAL else "failed",
        error=outcome.error,
    )


def _source(run: _Run, spec: SourceSpec) -> SourceOutcome:
    """One source, from opening to its last query. Only the tables' own failures leave it as exceptions."""

    def redact(message: str) -> str:
        return run.opening.credentials.redact(message, names=(*spec.needs, *spec.may_use))

    attempts = Attempts(run.clock, run.deadline)
    try:
        source = spec.open(run.settings.of(spec), run.opening)
        if isinstance(source, DeliverySource):
            outcome = take_all(
                source,
                spec,
                store=run.store,
                run_id=run.run_id,
                clock=run.clock,
                deadline=run.deadline,
                report=run.report,
            )
        else:
            with closing(source):
                outcome = _drain_all(run, spec, source, attempts, redact)
    except StoreError:
        raise
    except LayoffsError as error:
        outcome = SourceOutcome(spec.name, spec.title, exit_code=error.exit_code, error=redact(str(error)))
    except Exception as error:  # noqa: BLE001  # a client library's surprise is one source's failure
        outcome = SourceOutcome(
            spec.name, spec.title, exit_code=EXIT_FAILED, error=redact(f"unexpected {type(error).__name__}: {error}")
        )
    if outcome.still_failed:
        log.error("step=collect source=%s status=failed unchanged=%d", spec.name, len(outcome.still_failed))
    if outcome.error:
        # What waits for the next run is no error: deadlines and limits end most runs.
        level = logging.WARNING if outcome.exit_code == EXIT_PARTIAL else logging.ERROR
        log.log(level, 'step=collect source=%s status=%s error="%s"', spec.name, outcome.status, outcome.error)
    return outcome


def _drain_all(
    run: _Run, spec: SourceSpec, source: Source, attempts: Attempts, redact: Callable[[str], str]
) -> SourceOutcome:
    known = last_states(run.store, spec.name)
    recorder = Recorder(run.store, spec.name, privacy=run.privacy, keep_handles=run.opening.terms.keep_handles())
    asked_at = last_asked(run.store, spec.name)
    # Who has waited longest goes first, so that a spent budget, a deadline or an outage does not always hit the same queries.
    queries = sorted(queries_of(source, spec), key=lambda query: asked_at.get(query.name, _NEVER))
    if run.budget and run.budget < source.smallest_page:
        raise UsageError(
            f"{spec.title} gives {source.smallest_page} posts at a time at least: a budget of {run.budget} would never read any."
        )
    allowed = allowance(source, store=run.store, name=spec.name, budget=run.budget, now=run.clock.now())
    if cost := estimate(source, allowed):
        log.info('step=collect source=%s estimate="%s"', spec.name, cost)
        run.report(Progress(spec.name, "", 1, max(len(queries), 1), 0, 0, 0.0, note=cost))
    drain = Drain(
        run_id=run.run_id,
        source_name=spec.name,
        source=source,
        section=run.settings.asked(spec),
        recorder=recorder,
        attempts=attempts,
        allowance=allowed,
        clock=run.clock,
        redact=redact,
        report=run.report,
        queries=len(queries),
    )
    try:
        asked = list(_ask_all(drain, queries, known))
    finally:
        recorder.merge()
    drop_others(run.store, known, {query.name for query in queries}, run_id=run.run_id, now=run.clock.now())
    outcomes = tuple(QueryOutcome(recorder.final(outcome), outcome.exit_code) for outcome in asked)
    errors = list(dict.fromkeys(outcome.state.error for outcome in outcomes if outcome.state.error))
    return SourceOutcome(
        spec.name,
        spec.title,
        outcomes,
        requests=attempts.requests,
        exit_code=worst(outcome.exit_code for outcome in outcomes),
        error="; ".join(errors[:3]) or None,
    )


def _ask_all(drain: Drain, queries: Sequence[Query], known: dict[str, RunState]) -> Iterator[QueryOutcome]:
    """Every query in turn. After one that could not be read for a reason that its group shares, the rest of the group is left.

    A run that follows one that was cut short completes it: what drained in that one, a moment ago, is not asked again. What drained at a
    time to come, by a clock that was ahead, is.
    """
    stopped: dict[str, QueryOutcome] = {}
    completing = any(query.name not in known or known[query.name].status != "done" for query in queries)
    now = drain.clock.now()
    for query in queries:
        last = known.get(query.name)
        if completing and last and last.status == "done" and now - MOMENT < last.updated_at <= now:
            outcome = drain.rest(last)
        elif query.group in stopped:
            outcome = drain.leave(query, last, because=stopped[query.group])
        else:
            outcome = drain.query(query, last)
            if outcome.exit_code not in {EXIT_DONE, EXIT_FAILED}:
                stopped[query.group] = outcome
        yield outcome

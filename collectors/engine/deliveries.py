"""Sources that bring whole files: each file once per version, noted in `runs` like a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.engine.progress import Progress, QueryOutcome, SourceOutcome, worst
from collectors.engine.recorder import last_states
from collectors.engine.state import RunState, frame
from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from collectors.source import Delivery, DeliverySource, SourceSpec
    from collectors.wire import Clock
    from store import Store


def take_all(
    source: DeliverySource,
    spec: SourceSpec,
    *,
    store: Store,
    run_id: str,
    clock: Clock,
    deadline: dt.datetime,
    report: Callable[[Progress], None],
) -> SourceOutcome:
    """Take what is new or has changed since it was last taken to its end."""
    known = last_states(store, spec.name)
    due = [delivery for delivery in source.deliveries() if _is_due(delivery, known.get(delivery.name))]
    outcomes: list[QueryOutcome] = []
    for number, delivery in enumerate(due, start=1):
        if clock.stopped or clock.now() >= deadline or not delivery.ready:
            reason = "still being written" if not delivery.ready else "the run's deadline was reached"
            state = _state(run_id, spec, delivery, now=clock.now(), error=reason)
            outcomes.append(QueryOutcome(state, EXIT_PARTIAL))
            continue
        outcome = _take(source, delivery, spec, store=store, run_id=run_id, clock=clock)
        store.upsert("runs", frame([outcome.state]))
        outcomes.append(outcome)
        report(Progress(spec.name, delivery.name, number, len(due), 1, sum(done.state.seen for done in outcomes), 1.0))
    errors = [f"{outcome.name}: {outcome.state.error}" for outcome in outcomes if outcome.state.error]
    return SourceOutcome(
        spec.name,
        spec.title,
        tuple(outcomes),
        exit_code=worst(outcome.exit_code for outcome in outcomes),
        error="; ".join(errors[:3]) or None,
    )


def _is_due(delivery: Delivery, last: RunState | None) -> bool:
    return last is None or last.status == "partial" or last.high_water_id != delivery.version


def _take(
    source: DeliverySource, delivery: Delivery, spec: SourceSpec, *, store: Store, run_id: str, clock: Clock
) -> QueryOutcome:
    started = clock.now()
    taken = source.take(delivery, store)
    state = RunState(
        run_id,
        spec.name,
        delivery.name,
        started_at=started,
        updated_at=clock.now(),
        finished_at=clock.now(),
        high_water_id=delivery.version,
        pages=1,
        seen=taken.seen,
        new=taken.new,
        changed=taken.changed,
        duplicate=taken.duplicate,
        rejected=taken.rejected,
        status="failed" if taken.error else "done",
        error=taken.error,
    )
    return QueryOutcome(state, EXIT_FAILED if taken.error else EXIT_DONE)


def _state(run_id: str, spec: SourceSpec, delivery: Delivery, *, now: dt.datetime, error: str) -> RunState:
    return RunState(
        run_id, spec.name, delivery.name, started_at=now, updated_at=now, finished_at=now, status="partial", error=error
    )

"""Sources that bring whole files: each file once per version, noted in `runs` like a query."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collectors.engine.attempts import why_over
from collectors.engine.progress import Progress, QueryOutcome, SourceOutcome, worst
from collectors.engine.recorder import drop_others, last_states
from collectors.engine.state import RunState, frame
from collectors.files import printable
from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, Privacy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from collectors.source import Delivery, DeliverySource, SourceSpec
    from collectors.wire import Clock
    from store import Store

_BEING_WRITTEN: Final = "still being written; the next run takes it"
_CODES: Final = {"done": EXIT_DONE, "partial": EXIT_PARTIAL, "failed": EXIT_FAILED}


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
    """Take what is new or has changed since it was last taken to its end, and what failed once the way to read it has changed.

    What waits is noted too, so that `status` knows of it; what was left over and is gone by now is no longer due.
    """
    known = last_states(store, spec.name)
    lying = source.deliveries()
    # Files are called after people. Two whose masked names are one differ in their versions, and are taken again each time.
    names = {delivery: Privacy.mask(printable(delivery.name)) for delivery in lying}
    due = [delivery for delivery in lying if _is_due(delivery, known.get(names[delivery]))]
    asked = set(due)
    others = [names[delivery] for delivery in lying if delivery not in asked]
    still_failed = tuple(name for name in others if known[name].status == "failed")
    outcomes: list[QueryOutcome] = []
    for number, delivery in enumerate(due, start=1):
        now = clock.now()
        begun = RunState(run_id, spec.name, names[delivery], started_at=now, updated_at=now, finished_at=now)
        if not delivery.ready:
            state = replace(begun, status="partial", error=_BEING_WRITTEN)
        elif why := why_over(clock, deadline):
            state = replace(begun, status="partial", error=why)
        else:
            state = _take(source, delivery, begun, store=store, clock=clock, deadline=deadline)
        store.upsert("runs", frame([state]))
        outcomes.append(QueryOutcome(state, _CODES[state.status]))
        report(
            Progress(
                spec.name, printable(delivery.name), number, len(due), 1, sum(done.state.seen for done in outcomes), 1.0
            )
        )
    drop_others(store, known, set(names.values()), run_id=run_id, now=clock.now())
    errors = [named(outcome.name, outcome.state.error) for outcome in outcomes if outcome.state.error]
    return SourceOutcome(
        spec.name,
        spec.title,
        tuple(outcomes),
        # What failed before is not read again but stays a failure: a scheduler goes on telling of it.
        exit_code=worst([*(outcome.exit_code for outcome in outcomes), *([EXIT_FAILED] if still_failed else [])]),
        error="; ".join(errors[:3]) or None,
        still_failed=still_failed,
    )


def named(name: str, error: str) -> str:
    """An error with the file that it is about, once: most say it themselves."""
    return error if name in error else f"{name}: {error}"


def _is_due(delivery: Delivery, last: RunState | None) -> bool:
    if last is None or last.status == "partial":
        return True
    return last.high_water_id != (_attempt(delivery) if last.status == "failed" else delivery.version)


def _attempt(delivery: Delivery) -> str:
    """What a failure is remembered by: trying again is of use once the content or the way to read it has changed."""
    return f"{delivery.version} {delivery.reading}"


def _take(
    source: DeliverySource, delivery: Delivery, begun: RunState, *, store: Store, clock: Clock, deadline: dt.datetime
) -> RunState:
    taken = source.take(delivery, store, why_stop=lambda: why_over(clock, deadline))
    now = clock.now()
    state = replace(
        begun,
        updated_at=now,
        finished_at=now,
        high_water_id=_attempt(delivery) if taken.error else delivery.version,
        pages=1,
        seen=taken.seen,
        new=taken.new,
        changed=taken.changed,
        duplicate=taken.duplicate,
        rejected=taken.rejected,
        status="failed" if taken.error else "done",
        error=taken.error,
    )
    if taken.stopped:
        return replace(state, status="partial")
    return replace(state, status="partial", error=_BEING_WRITTEN) if taken.grew else state

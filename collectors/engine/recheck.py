"""Follow what happened to stored posts: deleted ones are purged for good, edited ones take their new text.

Posts under 48 hours old are looked up daily, older ones in turn, whose last look is longest ago first. A post that its platform says is
deleted goes at once; one that is merely absent goes when a later recheck does not find it either, and much later where it may be an outage.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

import polars as pl

from collectors.credentials import shortened
from collectors.engine.attempts import Attempts
from collectors.engine.budget import allowance
from collectors.engine.progress import RecheckOutcome, RecheckSummary
from collectors.engine.recheck_looks import Looked, Looker
from collectors.engine.recheck_memory import Memory, due_posts, seen_posts
from collectors.engine.recheck_results import MONTH, Results
from collectors.engine.recorder import drop_newest_ids, merge_left, next_run_id
from collectors.engine.state import RECHECK, RunState, frame
from collectors.registry import chosen
from collectors.settings import ImportSettings
from collectors.source import Opening, Source
from collectors.terms import SearchTerms
from collectors.wire import SystemClock, quiet_client_logs
from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, LayoffsError, Privacy, SourceUnavailable, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from collectors.credentials import Credentials
    from collectors.registry import SourcesSettings
    from collectors.source import SourceSection, SourceSpec
    from collectors.terms import Employer
    from collectors.wire import Clock
    from store import Store

log = logging.getLogger("collectors")

_PORTION: Final = 200  # posts looked up between two writes: what a kill costs at most
_READS: Final = 2  # of one post at most: as it was known, and its newest version


def recheck(
    store: Store,
    settings: SourcesSettings,
    *,
    employers: Sequence[Employer],
    credentials: Credentials,
    deadline: dt.timedelta | None = None,
    budget: int | None = None,
    only: Collection[str] | None = None,
    clock: Clock | None = None,
    on_estimate: Callable[[str], None] | None = None,
) -> RecheckSummary:
    """Look stored posts of every live source up again, as many as its settings and budget allow.

    What is found is stored portion by portion: killed at any moment, a run loses the looks of one portion.

    Args:
        store: whose posts.
        settings: [sources].
        employers: as for `collect`.
        credentials: of the platforms.
        deadline: the longest that it may take. Default: as in the settings.
        budget: posts to look up at each source with a price. Default: as in the settings.
        only: these sources, switched on or not.
        clock: time and waiting.
        on_estimate: called before the first look at a source with a price, with what it may cost.

    Raises:
        UsageError: an unknown source or language.
        StoreError: the tables can't be written.
    """
    clock = clock or SystemClock()
    quiet_client_logs()
    started = clock.now()
    until = started + (dt.timedelta(minutes=settings.deadline_minutes) if deadline is None else deadline)
    state_folder = store.journal("x").path.parent
    terms = SearchTerms(tuple(employers), settings.words())
    opening = Opening(terms, credentials, clock, state_folder, state_folder.parent / "rejects", ImportSettings())
    with store.alone("collecting"):
        merge_left(store, now=started)
        drop_newest_ids(store)
        run_id = next_run_id(store, started)
        run = _Run(store, opening, run_id, until, budget, on_estimate or (lambda _said: None))
        return RecheckSummary(tuple(_source(run, spec, settings) for spec in chosen(settings, only)))


@dataclass(frozen=True)
class _Run:
    store: Store
    opening: Opening
    run_id: str
    until: dt.datetime
    budget: int | None
    on_estimate: Callable[[str], None]

    @property
    def clock(self) -> Clock:
        return self.opening.clock


def _source(run: _Run, spec: SourceSpec, settings: SourcesSettings) -> RecheckOutcome:
    """One source; its failures are in the answer, only the tables' own leave it as exceptions."""
    started, outcome = run.clock.now(), RecheckOutcome(spec.name, spec.title)
    try:
        source = spec.open(settings.of(spec), run.opening)
        if isinstance(source, Source) and source.lookup_size:
            with closing(source):
                for so_far in _portions(run, spec, settings.asked(spec), source):  # the last one counts
                    outcome = _shown(run, spec, so_far)
                    _record(run, outcome, started=started, finished=False)
    except StoreError:
        raise
    except LayoffsError as problem:
        outcome = replace(outcome, exit_code=problem.exit_code, error=str(problem))
    except Exception as problem:  # noqa: BLE001  # a client library's surprise is one source's failure
        outcome = replace(outcome, exit_code=EXIT_FAILED, error=f"unexpected {type(problem).__name__}: {problem}")
    outcome = _shown(run, spec, outcome)
    if outcome.checked or outcome.error:
        _record(run, outcome, started=started, finished=True)
    failed = outcome.error and outcome.exit_code != EXIT_PARTIAL  # what only waits is no error
    log.log(
        logging.ERROR if failed else logging.INFO,
        'step=recheck source=%s checked=%d changed=%d purged=%d absent=%d rejected=%d held_back=%d unreachable=%d not_asked=%d error="%s"',
        spec.name,
        outcome.checked,
        outcome.changed,
        outcome.purged,
        outcome.absent,
        outcome.rejected,
        outcome.held_back,
        outcome.unreachable,
        outcome.not_asked,
        outcome.error or "",
    )
    return outcome


def _shown(run: _Run, spec: SourceSpec, outcome: RecheckOutcome) -> RecheckOutcome:
    """Fit for logs and tables: without secrets, and without the accounts that ids of posts hold (at://did:plc:…)."""
    if not outcome.error:
        return outcome
    said = run.opening.credentials.without_secrets(outcome.error, names=(*spec.needs, *spec.may_use))
    masked = Privacy.mask_frame(pl.DataFrame({"url": [said]}))["url"].item()
    return replace(outcome, error=shortened(masked))  # last: half an id is none that is masked


def _portions(run: _Run, spec: SourceSpec, section: SourceSection, source: Source) -> Iterator[RecheckOutcome]:
    """The outcome so far after each portion that was looked up and stored. Raises what ends the source early, after the last one."""
    path = run.opening.state_folder / f"recheck-{spec.name}.parquet"
    memory, now = Memory.load(path), run.clock.now()
    if not section.recheck_posts:
        return  # switched off
    due, not_asked = due_posts(run.store, spec.name, source, memory, now=now)
    allowed = allowance(source, store=run.store, name=spec.name, budget=run.budget, now=now)
    payable = min(section.recheck_posts, allowed.posts_left)
    within = due[: int(payable)]
    payable = min(payable, _READS * len(within))
    if source.usd_per_post and within:
        cost = int(payable) * source.usd_per_post
        most = f"{spec.title}: up to {len(within):,} posts are looked up, at most ${cost:,.2f}: one edited meanwhile is read twice"
        log.info('step=recheck source=%s estimate="%s"', spec.name, most)
        run.on_estimate(most)
    looker = Looker(
        source,
        Attempts(run.clock, run.until),
        seen=lambda: seen_posts(run.store, spec.name, source, memory),
        payable=payable,
    )
    results = Results(run.store, memory, run.opening.terms.keep_handles(), price=source.usd_per_post)
    outcome = RecheckOutcome(spec.name, spec.title, not_asked=not_asked)
    for start in range(0, len(within), _PORTION):
        if looker.payable < 1:
            break
        found, ended = Looked(), None
        try:
            looker.look(within[start : start + _PORTION], found)
        except Exception as error:  # noqa: BLE001  # raised again once what was found, and paid for, is stored
            ended = error
        looker.judge(found)
        before, outcome = outcome, results.apply(found, outcome, now=run.clock.now())
        memory.save(path)
        yield outcome
        if isinstance(ended, SourceUnavailable):
            yield _ended(outcome, looker, due=len(due), why=[str(ended)])
            return
        if ended:
            raise ended
        held_back = outcome.held_back - before.held_back
        if held_back and "" in found.asked.values():
            raise SourceUnavailable(
                f"{spec.title} finds none of {held_back} posts, nor any that was there before: taken for an outage, they go only "
                f"after {MONTH.days} days of it"
            )
    set_by = (
        f"recheck_posts in [sources.{spec.name}]" if section.recheck_posts <= allowed.posts_left else allowed.set_by
    )
    reached = len(within) < len(due) or looker.payable < 1
    yield _ended(outcome, looker, due=len(due), why=[f"{set_by} is reached"] if reached else [])


def _ended(outcome: RecheckOutcome, looker: Looker, *, due: int, why: Sequence[str]) -> RecheckOutcome:
    """The outcome of all portions, with what is left of the posts that were due, and why it is."""
    notes = []
    left = due - outcome.checked - outcome.unreachable
    if left:
        reasons = _some([*why, *looker.busy.values()])
        notes.append(f"{left:,} of {due:,} posts that are due wait for the next recheck: {reasons}")
    if looker.set_aside:
        notes.append(f"{len(looker.set_aside)} servers could not be asked, such as: {_some(looker.set_aside.values())}")
    if looker.refused:
        refused = (f"{post_id} ({said})" for post_id, said in looker.refused.items())
        notes.append(f"{len(looker.refused)} ids are refused, such as: {_some(refused)}")
    # Some servers of a network are always gone.
    done = not left and (outcome.checked > outcome.held_back or not looker.set_aside)
    return replace(outcome, exit_code=EXIT_DONE if done else EXIT_PARTIAL, error="; ".join(notes) or None)


def _some(said: Iterable[str]) -> str:
    return "; ".join(islice(said, 3))


def _record(run: _Run, outcome: RecheckOutcome, *, started: dt.datetime, finished: bool) -> None:
    """The row of `runs`, also on the way: what was read is paid for even if the run is killed."""
    now = run.clock.now()
    ended = {EXIT_DONE: "done", EXIT_PARTIAL: "partial"}.get(outcome.exit_code, "failed")
    state = RunState(
        run.run_id,
        outcome.source,
        RECHECK,
        started_at=started,
        updated_at=now,
        finished_at=now if finished else None,
        seen=outcome.checked,
        changed=outcome.changed,
        cost_usd=outcome.cost_usd or None,
        status=ended if finished else "running",  # type: ignore[arg-type]  # of the words above
        error=outcome.error,
    )
    run.store.upsert("runs", frame([state]))

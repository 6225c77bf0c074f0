"""Follow what happened to stored posts: deleted ones are purged for good, edited ones take their new text.

Posts under 48 hours old are looked up daily, older ones in turn. A post that its platform says is deleted goes at once; one that is
merely absent goes when the next recheck, hours later, does not find it either.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from collectors.engine.attempts import Attempts
from collectors.engine.budget import allowance
from collectors.engine.progress import worst
from collectors.engine.recheck_memory import APART, Memory, due_posts
from collectors.engine.recorder import merge_left, next_run_id, raw_frame
from collectors.engine.run import alone
from collectors.engine.state import RECHECK, RunState, frame
from collectors.normalise import to_posts
from collectors.registry import chosen
from collectors.settings import ImportSettings
from collectors.source import Lookup, Opening, Source, StoredKey
from collectors.terms import SearchTerms
from collectors.wire import SystemClock, quiet_client_logs
from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, LayoffsError, Privacy, StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from collectors.credentials import Credentials
    from collectors.registry import SourcesSettings
    from collectors.source import SourceSection, SourceSpec
    from collectors.terms import Employer
    from collectors.wire import Clock
    from store import Store

log = logging.getLogger("collectors")

_MANY: Final = 10  # of which none is found: an outage, not so many deletions


@dataclass(frozen=True)
class RecheckOutcome:
    """What became of one source's posts."""

    source: str
    title: str
    checked: int = 0
    changed: int = 0
    purged: int = 0
    absent: int = 0
    """Not found this time: purged if the next recheck doesn't find them either."""
    cost_usd: float = 0.0
    exit_code: int = EXIT_DONE
    error: str | None = None


@dataclass(frozen=True)
class RecheckSummary:
    """What became of all."""

    sources: tuple[RecheckOutcome, ...]

    @property
    def exit_code(self) -> int:
        """As of `CollectSummary`."""
        return worst(outcome.exit_code for outcome in self.sources)


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
) -> RecheckSummary:
    """Look stored posts of every live source up again, as many as its settings and budget allow.

    Args:
        store: whose posts.
        settings: [sources].
        employers: as for `collect`.
        credentials: of the platforms.
        deadline: the longest that it may take. Default: as in the settings.
        budget: posts to look up at each source with a price. Default: as in the settings.
        only: these sources, switched on or not.
        clock: time and waiting.

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
    with alone(store):
        merge_left(store, now=started)
        run_id = next_run_id(store, started)
        return RecheckSummary(
            tuple(
                _source(store, spec, settings.of(spec), opening, run_id=run_id, until=until, budget=budget)
                for spec in chosen(settings, only)
            )
        )


def _source(
    store: Store,
    spec: SourceSpec,
    section: SourceSection,
    opening: Opening,
    *,
    run_id: str,
    until: dt.datetime,
    budget: int | None,
) -> RecheckOutcome:
    """One source; its failures are in the answer, only the tables' own leave it as exceptions."""
    path = opening.state_folder / f"recheck-{spec.name}.json"
    memory = Memory.load(path)
    started = opening.clock.now()
    attempts = Attempts(opening.clock, until)
    looked: list[tuple[list[StoredKey], Lookup]] = []
    price, code, error = 0.0, EXIT_DONE, None
    try:
        source = spec.open(section, opening)
        if isinstance(source, Source):
            with closing(source):
                price = source.usd_per_post
                affordable = allowance(source, store=store, name=spec.name, budget=budget, now=started).posts_left
                due = due_posts(store, spec.name, memory, most=int(min(section.recheck_posts, affordable)), now=started)
                for batch in _batches(due, source.lookup_size):
                    looked.append((batch, attempts.make(partial(source.lookup, batch))))  # noqa: PERF401  # those before a failure count
                if due:
                    memory.young_at = started
    except StoreError:
        raise
    except LayoffsError as problem:
        code, error = problem.exit_code, str(problem)
    except Exception as problem:  # noqa: BLE001  # a client library's surprise is one source's failure
        code, error = EXIT_FAILED, f"unexpected {type(problem).__name__}: {problem}"
    outcome = replace(_apply(looked, store, spec, opening, memory, price=price), exit_code=code)
    if error:
        outcome = replace(outcome, error=opening.credentials.redact(error, names=(*spec.needs, *spec.may_use)))
    memory.save(path)
    if outcome.checked or outcome.error:
        store.upsert("runs", frame([_row(outcome, run_id=run_id, started=started, now=opening.clock.now())]))
    log.info(
        'step=recheck source=%s checked=%d changed=%d purged=%d absent=%d error="%s"',
        spec.name,
        outcome.checked,
        outcome.changed,
        outcome.purged,
        outcome.absent,
        outcome.error or "",
    )
    return outcome


def _batches(posts: list[StoredKey], size: int) -> Iterator[list[StoredKey]]:
    if not size:
        return
    for start in range(0, len(posts), size):
        yield posts[start : start + size]


def _apply(
    looked: list[tuple[list[StoredKey], Lookup]],
    store: Store,
    spec: SourceSpec,
    opening: Opening,
    memory: Memory,
    *,
    price: float,
) -> RecheckOutcome:
    """Purge, remember and update after all lookups: each purge rewrites files, so there is one."""
    now = opening.clock.now()
    alive = tuple(post for _, found in looked for post in found.alive)
    absent = {key for batch, found in looked for key in _believed(found, batch)}
    deleted = {key for _, found in looked for key in found.deleted}
    doomed = deleted | {key for key in absent if key in memory.absent and now - memory.absent[key] >= APART}
    for key in (*doomed, *(post.post_id for post in alive)):
        memory.absent.pop(key, None)
    for key in absent - doomed:
        memory.absent.setdefault(key, now)
    if doomed:
        keys = pl.DataFrame({"source": [spec.name] * len(doomed), "post_id": sorted(doomed)})
        store.purge(keys, reason="deleted")
    raw = raw_frame(alive, source=spec.name, query=None, now=now)
    current = to_posts(raw, privacy=Privacy.load(store.root), keep_handles=opening.terms.keep_handles(), now=now).posts
    changed = store.upsert("posts", current).changed if current.height else 0
    checked = sum(len(batch) for batch, _ in looked)
    left = absent - doomed
    return RecheckOutcome(spec.name, spec.title, checked, changed, len(doomed), len(left), price * len(alive))


def _believed(found: Lookup, batch: list[StoredKey]) -> frozenset[str]:
    """Absent posts, unless nothing at all was found of many: that is an outage."""
    return found.absent if found.alive or found.deleted or len(batch) < _MANY else frozenset()


def _row(outcome: RecheckOutcome, *, run_id: str, started: dt.datetime, now: dt.datetime) -> RunState:
    return RunState(
        run_id,
        outcome.source,
        RECHECK,
        started_at=started,
        updated_at=now,
        finished_at=now,
        seen=outcome.checked,
        changed=outcome.changed,
        cost_usd=outcome.cost_usd or None,
        status="done" if outcome.error is None else "partial" if outcome.exit_code == EXIT_PARTIAL else "failed",
        error=outcome.error,
    )

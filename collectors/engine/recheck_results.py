"""What a portion of looks comes to: posts purged, edits stored, and what the next recheck has to know."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from collectors.engine.recheck_memory import APART, Memory, Missed
from collectors.engine.recorder import raw_frame
from collectors.normalise import NO_TEXT, to_posts
from store import NOBODY, Privacy

if TYPE_CHECKING:
    from collections.abc import Collection

    from collectors.engine.progress import RecheckOutcome
    from collectors.engine.recheck_looks import Looked
    from store import Store

WEEK: Final = dt.timedelta(days=7)  # of misses, where nothing proves that the platform answers truthfully
MONTH: Final = dt.timedelta(days=30)  # of misses, where it looks like an outage


@dataclass
class Results:
    """Of one source within one recheck."""

    store: Store
    memory: Memory
    keep_handles: frozenset[str]
    price: float
    """US dollars a post read."""

    def apply(self, found: Looked, before: RecheckOutcome, *, now: dt.datetime) -> RecheckOutcome:
        """Purge and update the tables by what was found of a portion, then remember it. Returns the outcome with the portion added."""
        raw = raw_frame(tuple(found.alive), source=before.source, query=None, now=now)
        read = to_posts(raw, privacy=Privacy.load(self.store.root), keep_handles=self.keep_handles, now=now)
        # Edited to nothing: the text that is stored was taken back.
        emptied = set(read.rejected.filter(pl.col("reason") == NO_TEXT)["post_id"])
        missed = self._missed(found, now=now)
        doomed = {post_id for post_id, miss in missed.items() if _is_over(post_id, miss, found, now=now)}
        doomed |= found.deleted | emptied
        self._purge(doomed, source=before.source)
        account_gone = pl.col("post_id").is_in(list(found.accounts_gone))
        current = read.posts.with_columns(
            pl.when(account_gone).then(pl.lit(NOBODY)).otherwise("author").alias("author")
        )
        changed = self.store.upsert("posts", current).changed if current.height else 0
        self.memory.note(found.asked.keys(), unreachable=found.unreachable, missed=missed, purged=doomed, now=now)
        return replace(
            before,
            checked=before.checked + len(found.asked),
            changed=before.changed + changed,
            purged=before.purged + len(doomed),
            absent=before.absent + len(found.absent - doomed),
            rejected=before.rejected + read.rejected.height - len(emptied),
            held_back=before.held_back + len(found.held_back - doomed),
            unreachable=before.unreachable + len(found.unreachable),
            cost_usd=before.cost_usd + self.price * found.billed,
        )

    def _missed(self, found: Looked, *, now: dt.datetime) -> dict[str, Missed]:
        """The posts that were not found, with the misses before. A look that is not believed leaves the time of one that was as it is."""
        missed = {}
        before = self.memory.missed(found.asked.keys())
        for post_id in found.absent | found.held_back:
            miss = before.get(post_id, Missed(now))
            if post_id in found.absent - found.unproven and miss.absent_since is None:
                miss = miss._replace(absent_since=now)
            missed[post_id] = miss
        return missed

    def _purge(self, doomed: Collection[str], *, source: str) -> None:
        if doomed:
            keys = pl.DataFrame({"source": [source] * len(doomed), "post_id": sorted(doomed)})
            self.store.purge(keys, reason="deleted")


def _is_over(post_id: str, miss: Missed, found: Looked, *, now: dt.datetime) -> bool:
    """Whether a missed post counts as deleted: two believed looks, or misses alone for long enough."""
    if post_id in found.held_back:
        return now - miss.since >= MONTH
    if post_id in found.unproven:
        return now - miss.since >= WEEK
    return miss.absent_since is not None and now - miss.absent_since >= APART

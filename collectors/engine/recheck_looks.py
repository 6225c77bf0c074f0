"""Looking a portion of stored posts up, and judging whether what was not found is gone or the platform out of order.

A platform, or one server of many, that finds fewer of the posts than it misses is asked for posts that were there when last heard of. If
it finds none of them either, it is not believed that they are gone. That a post was deleted is said, not left out: it always counts.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from collectors.engine.attempts import TRIES, DeadlineReached
from collectors.wire import RateLimited
from store import SourceDenied, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from collectors.engine.attempts import Attempts
    from collectors.source import Found, Lookup, Source, StoredKey

_MANY: Final = 10  # that are gone at once from a place where nobody can vouch for it: not believed
_VOUCHERS: Final = 5
_REFUSALS: Final = 5  # of single ids, with nothing accepted in between: it is not the ids that are refused


@dataclass
class Looked:
    """What was found of a portion. An id that is neither in `asked` nor in `unreachable` was left for the next recheck."""

    asked: dict[str, str] = field(default_factory=dict)
    """Ids, and where each lives."""
    alive: list[Found] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    """Of those alive and of those whose text the answer doesn't hold."""
    accounts_gone: set[str] = field(default_factory=set)
    """Of those alive, the posts whose author's account is no more."""
    deleted: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    unproven: set[str] = field(default_factory=set)
    """Absent, from a place where nothing else could be asked for."""
    held_back: set[str] = field(default_factory=set)
    """Not found, and not believed as long as it may be an outage."""
    unreachable: set[str] = field(default_factory=set)
    billed: int = 0
    """Posts that are charged for, those asked for to vouch included."""

    def take(self, batch: Sequence[StoredKey], place: str, answer: Lookup, *, later: Collection[str]) -> None:
        """Add what became of a batch, apart from those of it that are asked for again `later`."""
        self.asked.update((post.post_id, place) for post in batch if post.post_id not in later)
        self.alive += answer.alive
        self.there |= answer.present | {post.post_id for post in answer.alive}
        self.there |= {post.post_id for post in answer.again} - set(later)
        self.accounts_gone |= answer.accounts_gone
        self.deleted |= answer.deleted
        self.absent |= answer.absent
        self.billed += answer.billed


@dataclass
class Looker:
    """Asks for the posts of one source within one recheck."""

    source: Source
    attempts: Attempts
    seen: Callable[[], list[StoredKey]]
    """Posts that were there when last heard of, the most recent first."""
    payable: float = math.inf
    """Posts that may still be charged for. Where it is spent nobody is asked any more."""
    set_aside: dict[str, str] = field(default_factory=dict)
    """Servers that are not asked again in this run, and why."""
    busy: dict[str, str] = field(default_factory=dict)
    """Servers whose rate limit is spent: the rest of their posts is left for the next recheck, as if it had not been their turn."""
    refused: dict[str, str] = field(default_factory=dict)
    """Ids that the platform takes for none, and what it says."""
    _in_a_row: Counter[str] = field(default_factory=Counter)
    _vouchers: dict[str, list[StoredKey]] | None = None

    def look(self, posts: Sequence[StoredKey], found: Looked) -> None:
        """Look posts up into `found`, which keeps what it has where this raises."""
        for batch in self._batches(posts):
            self._ask(batch, self.source.place(batch[0]), found)

    def _ask(self, batch: Sequence[StoredKey], place: str, found: Looked, *, first: bool = True) -> None:
        batch = self._affordable(batch)
        if not batch or place in self.busy:
            return
        if place in self.set_aside:
            found.unreachable.update(post.post_id for post in batch)
            return
        try:
            answer = self._answer(batch, place)
        except DeadlineReached:
            raise
        except RateLimited as error:
            if not place:
                raise
            self.busy[place] = str(error)
        except (SourceDenied, SourceUnavailable) as error:
            if not place:
                raise
            self.set_aside[place] = str(error)
            found.unreachable.update(post.post_id for post in batch)
        except SourceError as error:
            self._isolate(batch, place, error, found, first=first)
        else:
            self._in_a_row[place] = 0
            again = answer.again if first else ()
            found.take(batch, place, answer, later={post.post_id for post in again})
            self._ask(again, place, found, first=False)

    def _answer(self, batch: Sequence[StoredKey], place: str) -> Lookup:
        # Of many servers some are always gone: that is not waited for, as a rate limit is.
        answer = self.attempts.make(partial(self.source.lookup, batch), tries=1 if place else TRIES)
        self.payable -= answer.billed
        return answer

    def _affordable(self, posts: Sequence[StoredKey]) -> Sequence[StoredKey]:
        return posts[: int(min(len(posts), self.payable))]

    def _isolate(
        self, batch: Sequence[StoredKey], place: str, error: SourceError, found: Looked, *, first: bool
    ) -> None:
        """Ask in halves for a batch that is refused, until the id that it is refused for stands alone: it must not keep others from it."""
        if len(batch) > 1:
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                self._ask(half, place, found, first=first)
            return
        self.refused[batch[0].post_id] = str(error)
        found.unreachable.add(batch[0].post_id)
        self._in_a_row[place] += 1
        if self._in_a_row[place] < _REFUSALS:
            return
        if not place:
            raise error
        self.set_aside[place] = str(error)

    def judge(self, found: Looked) -> None:
        """Move what is not to be believed to `held_back`, and mark what nothing proves."""
        missing = Counter(found.asked[post_id] for post_id in found.absent)
        there = Counter(found.asked[post_id] for post_id in found.there & found.asked.keys())
        for place, count in missing.items():
            if there[place] >= count:
                continue
            theirs = {post_id for post_id in found.absent if found.asked[post_id] == place}
            vouched = self._vouched(place, found)
            if vouched is None and count < _MANY:
                found.unproven |= theirs
            elif not vouched:
                found.held_back |= theirs
                if place:
                    self.set_aside[place] = f"{place} finds no post any more, nor any that was there before"
        found.absent -= found.held_back

    def _vouched(self, place: str, found: Looked) -> bool | None:
        """Whether the place finds any of the posts that were there before; None where there is none to ask for."""
        if self._vouchers is None:
            self._vouchers = {}
            for post in self.seen():
                self._vouchers.setdefault(self.source.place(post), []).append(post)
        others = (post for post in self._vouchers.get(place, ()) if post.post_id not in found.asked)
        vouchers = self._affordable(list(islice(others, _VOUCHERS)))
        for batch in self._batches(vouchers):
            try:
                answer = self._answer(batch, place)
            except Exception:  # noqa: BLE001  # whatever went wrong, it vouches for nothing; what was found before is still to be stored
                return False
            found.billed += answer.billed
            if answer.alive or answer.present or answer.again:
                return True
        return False if vouchers else None

    def _batches(self, posts: Sequence[StoredKey]) -> Iterator[Sequence[StoredKey]]:
        for start in range(0, len(posts), self.source.lookup_size):
            yield posts[start : start + self.source.lookup_size]

"""Looking a portion of stored posts up, and judging whether what was not found is gone or the platform out of order.

A platform, or one server of many, that finds fewer of the posts than it misses is asked for posts that were there when last heard of. If
it finds none of them either, it is not believed that they are gone. That a post was deleted is said, not left out: it always counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from collectors.engine.attempts import DeadlineReached
from store import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from collectors.engine.attempts import Attempts
    from collectors.source import Found, Lookup, Source, StoredKey

_MANY: Final = 10  # that are gone at once from a place where nobody can vouch for it: not believed
_VOUCHERS: Final = 5


@dataclass
class Looked:
    """What was found of a portion. Every id is in `asked` or in `unreachable`."""

    asked: dict[str, str] = field(default_factory=dict)
    """Ids, and where each lives."""
    alive: list[Found] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    """Of those alive and of those whose text the answer doesn't hold."""
    deleted: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    unproven: set[str] = field(default_factory=set)
    """Absent, from a place where nothing else could be asked for."""
    held_back: set[str] = field(default_factory=set)
    """Not found, and not believed as long as it may be an outage."""
    unreachable: set[str] = field(default_factory=set)
    read: int = 0
    """Posts that came, those asked for to vouch included."""

    def take(self, batch: Sequence[StoredKey], place: str, answer: Lookup) -> None:
        """Add what became of a batch."""
        self.asked.update((post.post_id, place) for post in batch)
        self.alive += answer.alive
        self.there |= answer.present | {post.post_id for post in answer.alive}
        self.deleted |= answer.deleted
        self.absent |= answer.absent
        self.read += len(answer.alive)


@dataclass
class Looker:
    """Asks for the posts of one source within one recheck."""

    source: Source
    attempts: Attempts
    seen: Callable[[], list[StoredKey]]
    """Posts that were there when last heard of, the most recent first."""
    set_aside: dict[str, str] = field(default_factory=dict)
    """Servers that are not asked again in this run, and why."""
    _vouchers: dict[str, list[StoredKey]] | None = None

    def look(self, posts: Sequence[StoredKey], found: Looked) -> None:
        """Look posts up into `found`, which keeps what it has where this raises."""
        for batch in self._batches(posts):
            place = self.source.place(batch[0])
            if place in self.set_aside:
                found.unreachable.update(post.post_id for post in batch)
                continue
            ask = partial(self.source.lookup, batch)
            try:
                # Of many servers some are always gone: that is not waited for.
                answer = self.attempts.once(ask) if place else self.attempts.make(ask)
            except DeadlineReached:
                raise
            except SourceError as error:
                if not place:
                    raise
                self.set_aside[place] = str(error)
                found.unreachable.update(post.post_id for post in batch)
            else:
                found.take(batch, place, answer)

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
        vouchers = list(islice(others, _VOUCHERS))
        for batch in self._batches(vouchers):
            try:
                answer = self.attempts.once(partial(self.source.lookup, batch))
            except SourceError:
                return False
            found.read += len(answer.alive)
            if answer.alive or answer.present:
                return True
        return False if vouchers else None

    def _batches(self, posts: Sequence[StoredKey]) -> Iterator[Sequence[StoredKey]]:
        for start in range(0, len(posts), self.source.lookup_size):
            yield posts[start : start + self.source.lookup_size]

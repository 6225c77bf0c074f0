"""Which stored posts are due for another look, and what the looks before have found."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from collectors.source import StoredKey
from store import UTC

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from collectors.source import Source
    from store import Store

YOUNG: Final = dt.timedelta(hours=48)
APART: Final = dt.timedelta(hours=1)  # between the two lookups that don't find a post
_DAILY: Final = dt.timedelta(hours=20)  # a daily job may start a little early
_SCHEMA: Final = pl.Schema(
    [("post_id", pl.String()), ("tried_at", UTC), ("looked_at", UTC), ("missed_since", UTC), ("absent_since", UTC)]
)


class Missed(NamedTuple):
    """Since when looks have not found a post."""

    since: dt.datetime
    """Whatever was thought of it: an outage may have begun it."""
    absent_since: dt.datetime | None = None
    """Since the first look whose answer was believed; None where none was. Two of these purge, so an outage must not count as one."""


@dataclass
class Memory:
    """What a recheck has to know of the ones before, per source. A file beside the journals."""

    looks: pl.DataFrame = field(default_factory=_SCHEMA.to_frame)
    """One row a post: tried_at and looked_at (UTC; null where no try was answered), missed_since and absent_since as in `Missed` (null where
    the post was there)."""

    @classmethod
    def load(cls, path: Path) -> Memory:
        """A missing or damaged file is an empty memory: the worst is that a turn starts anew."""
        try:
            return cls(pl.read_parquet(path).select(_SCHEMA.names()).cast(_SCHEMA))
        except (OSError, pl.exceptions.PolarsError):
            return cls()

    def missed(self, post_ids: Collection[str]) -> dict[str, Missed]:
        """Those of the posts that their last look did not find."""
        known = self.looks.filter(pl.col("missed_since").is_not_null() & pl.col("post_id").is_in(list(post_ids)))
        rows = known.select("post_id", "missed_since", "absent_since").iter_rows()
        return {post_id: Missed(since, absent_since) for post_id, since, absent_since in rows}

    def note(
        self,
        looked: Collection[str],
        *,
        unreachable: Collection[str],
        missed: Mapping[str, Missed],
        purged: Collection[str],
        now: dt.datetime,
    ) -> None:
        """Remember a look at posts, which of them it missed, and that others were tried without an answer. Forget those that were purged."""
        rows = [(post_id, now, now, *missed.get(post_id, (None, None))) for post_id in looked]
        tried = pl.DataFrame({"post_id": list(unreachable)}, schema={"post_id": pl.String})
        tried = tried.join(self.looks, on="post_id", how="left").with_columns(pl.lit(now, UTC).alias("tried_at"))
        known = pl.concat([self.looks, pl.DataFrame(rows, schema=_SCHEMA, orient="row"), tried])
        self.looks = known.unique("post_id", keep="last").filter(~pl.col("post_id").is_in(list(purged)))

    def save(self, path: Path) -> None:
        """Replace the file as a whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")  # one called .draft would be taken for a journal's
        self.looks.write_parquet(draft)
        draft.replace(path)


class Due(NamedTuple):
    """What a recheck has before it."""

    posts: list[StoredKey]
    """To look up, the most urgent first."""
    not_asked: int
    """Stored posts that nobody can be asked about, such as rows of files without an id."""


def due_posts(store: Store, name: str, source: Source, memory: Memory, *, now: dt.datetime) -> Due:
    """Which posts of a source to look up; none that was tried less than a day ago.

    Those believed absent for the first time last time come first, then those under 48 hours old, then the others: within each, whose last
    try is longest ago.
    """
    tried_at, absent_since = pl.col("tried_at"), pl.col("absent_since")
    # The second look decides; what it leaves must not keep the others from their turn.
    again = (absent_since == tried_at) & (tried_at <= now - APART)
    young = pl.col("created_at") > now - YOUNG
    rested = tried_at.is_null() | (tried_at <= now - _DAILY) | (tried_at > now)  # the last by a clock that was ahead
    known, not_asked = _known(store, name, source, memory)
    posts = known.filter(rested | again)
    order = [again.fill_null(value=False).not_(), young.not_(), tried_at, pl.col("post_id")]
    return Due(_keys(posts.sort(order, nulls_last=False)), not_asked)


def seen_posts(store: Store, name: str, source: Source, memory: Memory) -> list[StoredKey]:
    """Posts that were there when last heard of, that most recently heard of first."""
    heard = pl.max_horizontal("looked_at", "collected_at")
    known, _ = _known(store, name, source, memory)
    return _keys(known.filter(pl.col("missed_since").is_null()).sort(heard, "post_id", descending=[True, False]))


def _known(store: Store, name: str, source: Source, memory: Memory) -> tuple[pl.DataFrame, int]:
    """The posts that somebody can be asked about, with what is remembered of them, and the number of the others."""
    own = store.scan("posts").filter(pl.col("source") == name)
    stored = own.select(*StoredKey._fields, "created_at", "collected_at").collect()
    askable = stored.filter(pl.Series([source.may_ask(post) for post in _keys(stored)], dtype=pl.Boolean))
    return askable.join(memory.looks, on="post_id", how="left"), stored.height - askable.height


def _keys(posts: pl.DataFrame) -> list[StoredKey]:
    return [StoredKey(*row) for row in posts.select(StoredKey._fields).iter_rows()]

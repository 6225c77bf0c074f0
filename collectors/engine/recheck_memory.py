"""Which stored posts are due for another look, and what the looks before have found."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from collectors.source import StoredKey

if TYPE_CHECKING:
    from pathlib import Path

    from store import Store

YOUNG: Final = dt.timedelta(hours=48)
APART: Final = dt.timedelta(hours=1)  # between the two lookups that don't find a post
_DAILY: Final = dt.timedelta(hours=20)  # a daily job may start a little early


@dataclass
class Memory:
    """What a recheck has to know of the ones before, per source. A small file beside the journals."""

    young_at: dt.datetime | None = None
    reached: str = ""
    """Where the turn through the older posts stands: the last key looked up."""
    absent: dict[str, dt.datetime] = field(default_factory=dict)
    """Posts that were not found, and when that was first so."""

    @classmethod
    def load(cls, path: Path) -> Memory:
        """A missing or damaged file is an empty memory: the worst is that a turn starts anew."""
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            absent = {post_id: dt.datetime.fromisoformat(since) for post_id, since in known["absent"].items()}
            young_at = dt.datetime.fromisoformat(known["young_at"]) if known["young_at"] else None
            return cls(young_at, known["reached"], absent)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def save(self, path: Path) -> None:
        """Replace the file as a whole."""
        known: dict[str, Any] = {
            "young_at": self.young_at.isoformat() if self.young_at else None,
            "reached": self.reached,
            "absent": {post_id: since.isoformat() for post_id, since in self.absent.items()},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(json.dumps(known), encoding="utf-8")
        draft.replace(path)


def due_posts(store: Store, source: str, memory: Memory, *, most: int, now: dt.datetime) -> list[StoredKey]:
    """Which posts to look up: those not found last time, the young ones once a day, then the older ones in turn by key."""
    stored = store.scan("posts").filter(pl.col("source") == source).select("post_id", "thread_id", "url", "created_at")
    posts = stored.sort("post_id").collect()
    again = posts.filter(pl.col("post_id").is_in([key for key, since in memory.absent.items() if now - since >= APART]))
    fresh = pl.col("created_at") > now - YOUNG
    young = posts.filter(fresh) if memory.young_at is None or now - memory.young_at >= _DAILY else posts.clear()
    older = posts.filter(~fresh)
    turn = pl.concat(
        [older.filter(pl.col("post_id") > memory.reached), older.filter(pl.col("post_id") <= memory.reached)]
    )
    chosen = pl.concat([again, young, turn]).unique("post_id", keep="first", maintain_order=True).head(most)
    turned = chosen.filter(~fresh & ~pl.col("post_id").is_in(again["post_id"].to_list()))
    if turned.height:
        memory.reached = turned["post_id"][-1]
    return [StoredKey(*row) for row in chosen.select("post_id", "thread_id", "url").iter_rows()]

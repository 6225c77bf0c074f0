"""Posts that somebody wants forgotten: found by any of their names, deleted, and barred from returning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from collectors import source_name
from store import Privacy, UsageError, stored_form, surely_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store import Store


@dataclass(frozen=True)
class Forgotten:
    """What became of posts that were to be forgotten."""

    source: str
    purged: int
    before: int
    """Forgotten or deleted already."""
    barred: int
    """From returning; not so what can't be an id."""


def forget(store: Store, source: str, posts: Sequence[str]) -> Forgotten:
    """Delete posts for good and bar them from returning.

    Args:
        store: their tables.
        source: their platform, by any of its names.
        posts: the platform's ids, links, URNs or t1_ and t3_ names. A link that holds no id names the stored post with that link.

    Raises:
        UsageError: a link that several stored posts share.
    """
    source = source_name(source)
    said = pl.Series("post_id", list(posts), pl.String)
    ids = stored_form(said, source)
    stored = store.read(
        lambda: store.scan("posts").filter(pl.col("source") == source).select("post_id", "url").collect()
    )
    links = Privacy.mask_frame(pl.DataFrame({"url": said}))["url"]
    wanted = []
    for own, link in zip(ids, links, strict=True):
        linked = stored.filter(pl.col("url") == link)["post_id"] if own.startswith("h-") else stored["post_id"].clear()
        if len(linked) > 1:
            raise UsageError(
                f"{len(linked):,} stored posts have the link {link}: name them by id ({', '.join(linked)})."
            )
        wanted.append(linked[0] if len(linked) else own)
    named = pl.DataFrame({"source": source, "post_id": pl.Series(wanted, dtype=pl.String)})
    # What is neither stored (now or before) nor surely an id may be a name, and no name may be kept.
    known = [*stored["post_id"], *store.tombstoned(named)["post_id"]]
    keys = named.filter(pl.col("post_id").is_in(known) | surely_ids(said, source)).unique()
    before = store.tombstoned(keys).height
    purged = store.purge(keys, reason="forgotten")
    return Forgotten(source, purged, before, barred=keys.height)

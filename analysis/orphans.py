"""Labels of posts that are no longer there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.pending import KEY

if TYPE_CHECKING:
    import polars as pl

    from store import Store


def drop_orphans(store: Store) -> None:
    """Delete the labels of posts that are gone, as a run that was killed or an earlier version may have left them. Raises StoreError, StoreBusy."""

    def orphans() -> pl.DataFrame:
        posts = store.scan("posts").select(KEY)
        return store.scan("labels").select(KEY).join(posts, on=KEY, how="anti").unique().collect(engine="streaming")

    if not store.read(orphans).is_empty():
        # Looked up again, now that nobody writes: posts and labels came from two snapshots.
        with store.writing():
            store.delete("labels", store.read(orphans))

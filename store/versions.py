"""Which version of a row wins: pure functions from frames to frames, the same for every order of arrival.

A post is a set of registers, each a column or a group that changes as one. The newest value of a register wins, by
(collected_at, value); a null loses to any value. A register that a newer version lacked keeps its value and the time it was seen, in
the struct column `older` (null = seen with the newest version): without it, what arrives last would decide, not what is newest.
A stated creation time beats one read from an id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from store.errors import StoreError
from store.schemas import UTC
from store.weeks import week_of

if TYPE_CHECKING:
    from store.schemas import TableSpec

_OPTIONAL: Final = (
    "thread_id",
    "parent_id",
    "url",
    "author",
    "lang_hint",
    "community",
    "likes",
    "replies",
    "reposts",
    "query",
)
_REGISTERS: Final = {
    "text": ("text", "title", "text_hash"),
    "created_at": ("created_at", "created_at_estimated", "week"),
    **{name: (name,) for name in _OPTIONAL},
}
OLDER: Final = pl.Schema({"older": pl.Struct(dict.fromkeys(_REGISTERS, UTC))})
_STAMPS: Final = [f"at_{name}" for name in _REGISTERS]
_NULLABLE_KEYS: Final = {"location"}
_NULLABLE_POSTS: Final = {*_OPTIONAL, "title"}


def conform(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """The frame with the declared columns, order and types. Raises StoreError naming what is wrong."""
    missing = [name for name in spec.schema if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in spec.schema]
    if missing or unknown:
        raise StoreError(f"Rows for {spec.name} lack the columns {missing} and have the unknown columns {unknown}.")
    try:
        rows = frame.select(pl.col(name).cast(dtype) for name, dtype in spec.schema.items())
    except pl.exceptions.PolarsError as error:
        raise StoreError(f"Rows for {spec.name} don't have the declared types: {error}") from error
    nullable = (
        _NULLABLE_POSTS if spec.name == "posts" else set(spec.schema) - {*spec.key, spec.partition} | _NULLABLE_KEYS
    )
    nulls = rows.select(pl.exclude(nullable).null_count()).row(0, named=True)
    if any(nulls.values()):
        raise StoreError(
            f"Rows for {spec.name} have nulls where a value is required: { {k: v for k, v in nulls.items() if v} }."
        )
    if spec.name == "posts":
        strays = rows.filter(pl.col("week") != week_of(pl.col("created_at")))
        if not strays.is_empty():
            first = strays.row(0, named=True)
            raise StoreError(
                f"{strays.height} posts are not in the week of their time: {first['source']}:{first['post_id']} has "
                f"created_at {first['created_at']} and week {first['week']}."
            )
    return rows


def widen(posts: pl.DataFrame) -> pl.DataFrame:
    """Posts with one time per register: from `older` if stored, else that of the row."""
    if "older" in posts.columns:
        posts = posts.unnest("older", separator="__").rename({f"older__{name}": f"at_{name}" for name in _REGISTERS})
    else:
        posts = posts.with_columns(pl.lit(None, UTC).alias(name) for name in _STAMPS)
    return posts.with_columns(
        pl.when(pl.col(values[0]).is_not_null()).then(pl.coalesce(f"at_{name}", "collected_at")).alias(f"at_{name}")
        for name, values in _REGISTERS.items()
    )


def narrow(posts: pl.DataFrame) -> pl.DataFrame:
    """The opposite of `widen`: the stored form."""
    return posts.with_columns(
        pl.struct(
            pl.when(pl.col(f"at_{name}") != pl.col("collected_at")).then(pl.col(f"at_{name}")).alias(name)
            for name in _REGISTERS
        ).alias("older")
    ).drop(_STAMPS)


def withdrawn(stored: pl.DataFrame, rows: pl.DataFrame, *, reread: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Stored versions (widened) without the values that `rows` read anew: those of the same query's last sighting, or of the same time.

    Of these only what `rows` have another value for gives way, unless the query `alone` can have said it: another file's value of the
    same moment can't be told from the query's own. Values that another query saw at another time stay, be they older or newer.
    """
    anew = (
        rows.join(reread, on=key, how="inner")
        .group_by(key)
        .agg(
            pl.col("query").first().alias("anew_query"),
            pl.col("collected_at").max().alias("anew_at"),
            pl.col("alone").first(),
            *(pl.col(values[0]).is_not_null().any().alias(f"said_{name}") for name, values in _REGISTERS.items()),
        )
    )
    posts = stored.join(anew, on=key, how="left", maintain_order="left")
    last_seen = pl.when(pl.col("query") == pl.col("anew_query")).then("at_query")
    goes = {
        name: (
            ((pl.col(f"at_{name}") == pl.col("anew_at")) | (pl.col(f"at_{name}") == last_seen))
            & (pl.col("alone") | pl.col(f"said_{name}"))
        ).fill_null(value=False)
        for name in _REGISTERS
    }
    posts = posts.with_columns(
        pl.when(~goes[name]).then(value).alias(value)
        for name, values in _REGISTERS.items()
        for value in (*values, f"at_{name}")
    )
    left = pl.when(pl.col("anew_at").is_null()).then("collected_at").otherwise(pl.max_horizontal(_STAMPS))
    return posts.with_columns(left.alias("collected_at")).select(stored.columns)


def newest(posts: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """One row per key out of any number of widened versions."""
    several = posts.select(key).is_duplicated()
    if not several.any():
        return posts
    rows = posts.filter(several).unique()
    picks = []
    for name, values in _REGISTERS.items():
        stamp = pl.col(f"at_{name}")
        if name == "text":
            order = [stamp, pl.col("text_hash"), pl.col("text"), pl.col("title")]
        elif name == "created_at":
            order = [~pl.col("created_at_estimated"), stamp, pl.col("created_at")]
        else:
            order = [pl.col(name).is_not_null(), stamp, pl.col(name)]
        picks.append(pl.struct(*values, stamp).sort_by(order).last().alias(f"pick_{name}"))
    merged = rows.group_by(key).agg(pl.col("collected_at").max(), *picks)
    merged = merged.unnest([f"pick_{name}" for name in _REGISTERS])
    return pl.concat([posts.filter(~several), merged.select(posts.columns)])


def differing(
    rows: pl.DataFrame, stored: pl.DataFrame, *, key: list[str], ignoring: tuple[str, ...] = ()
) -> pl.DataFrame:
    """The rows (one per key) that are stored with another content, or twice: two writers on an object store can do that."""
    columns = [name for name in rows.columns if name not in {*key, *ignoring}]
    pairs = rows.join(stored, on=key, how="inner", suffix="__stored", nulls_equal=True)
    other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}__stored")) for name in columns)
    twice = pl.struct(key).is_duplicated()
    return pairs.filter(other | twice).select(rows.columns).unique(key)


SIGHTING: Final = ("collected_at", "query", *_STAMPS)
"""Columns that say when and by which search or file a content was seen, not what it is."""

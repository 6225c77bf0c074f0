"""Posts of one week that say the same: the earliest counts, the others point to it.

Two posts are duplicates when their words are the same, or nearly: at least `NEAR` of all their word triples in common (Jaccard).
Trailing hashtags, links and mentions don't count as words. Short posts need care: two people who both write "So sorry to hear
that" mean it both, so below `LONG_ENOUGH` words only the same author repeats himself.

Nearly equal posts are found by prefix filtering: with the triples of each post ordered from rare to common, two posts as alike as
`NEAR` must share one among the first few. That misses no pair, but not every pair is looked at: of the posts that share such
a triple only the earliest `_COMPARED` are candidates, so a post may pass whose only original comes after them. Nothing is
hashed, nothing random, and the order of arrival plays no part.
"""

from __future__ import annotations

from typing import Final

import polars as pl

NEAR: Final = 0.6
LONG_ENOUGH: Final = 8
_TRIPLE: Final = 3
# Posts that share a rare triple are each compared with the earliest so many that have it: a bot's thousand copies
# of one template cost 1,000 × 32 comparisons, not 1,000 × 1,000.
_COMPARED: Final = 32
# Written without spaces, a character stands for half a word.
_UNSPACED: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD: Final = rf"[{_UNSPACED}]|[\w--[{_UNSPACED}]]+"
_NOISE: Final = r"(?i)(?:https?://|www\.)\S*|@\w+|['’]|\b(?:rt|via|http)\b"
_TRAILING_TAGS: Final = r"(?:[#＃$]\w+[\s\p{P}\p{S}]*)+$"


def find_duplicates(posts: pl.DataFrame) -> pl.Series:
    """For each post the "source:post_id" of the earliest post that says the same, or null.

    Args:
        posts: one week: source, post_id, author, created_at, text.

    Returns:
        A String series `duplicate_of`, as long as `posts`; the same for any order of the rows.
    """
    rows = _ordered(posts)
    exact = _exact(rows)
    originals = rows.filter(~pl.col("place").is_in(exact["place"].implode()))
    near = _leaders(_alike(originals))
    # A copy of a post that is itself a near-duplicate points on to the same original.
    exact = exact.join(near.rename({"place": "first", "first": "leader"}), on="first", how="left").select(
        "place", first=pl.coalesce("leader", "first")
    )
    keys = rows.select(pl.col("place").alias("first"), pl.concat_str("source", "post_id", separator=":").alias("key"))
    found = pl.concat([exact, near]).join(keys, on="first")
    return (
        posts.select("source", "post_id")
        .join(rows.select("source", "post_id", "place"), on=["source", "post_id"], how="left", maintain_order="left")
        .join(found, on="place", how="left", maintain_order="left")
        .select(pl.col("key").alias("duplicate_of"))["duplicate_of"]
    )


def _ordered(posts: pl.DataFrame) -> pl.DataFrame:
    """Posts from the earliest on, their place in that order, and their words."""
    clean = pl.col("text").str.normalize("NFKC").str.to_lowercase().str.replace_all(_NOISE, " ")
    bare = clean.str.strip_chars().str.replace(_TRAILING_TAGS, "")
    return (
        posts.sort("created_at", "source", "post_id")
        .with_row_index("place")
        .select(
            "place",
            "source",
            "post_id",
            "author",
            # A post of tags alone is its tags.
            pl.when(bare.str.contains(r"\w")).then(bare).otherwise(clean).str.extract_all(_WORD).alias("words"),
        )
        .with_columns(
            (
                pl.col("words").list.len()
                - pl.col("words").list.eval(pl.element().str.contains(f"^[{_UNSPACED}]$")).list.sum() / 2
            ).alias("length")
        )
    )


def _exact(rows: pl.DataFrame) -> pl.DataFrame:
    """place, first: posts whose words are those of an earlier one."""
    said = rows.filter(pl.col("length") > 0).with_columns(pl.col("words").list.join(" "))
    # Below that length the author is part of what has to be equal; nobody knows that two unknown authors are one.
    who = pl.when(pl.col("length") < LONG_ENOUGH).then(
        pl.concat_str("source", pl.coalesce("author", pl.concat_str(pl.lit("?"), "post_id")), separator=":")
    )
    return (
        said.with_columns(who.alias("who"))
        .select("place", pl.col("place").min().over("words", "who").alias("first"))
        .filter(pl.col("first") < pl.col("place"))
    )


def _alike(rows: pl.DataFrame) -> pl.DataFrame:
    """place, earlier: pairs of posts that share at least `NEAR` of their word triples."""
    words = pl.col("words")
    triples = (
        rows.filter(pl.col("length") >= LONG_ENOUGH)
        .with_columns(words.list.len().alias("count"))
        .select("place", "count", words)
        .explode("words", empty_as_null=False)
        .with_columns(
            pl.concat_str(
                *(pl.col("words").shift(-step).over("place") for step in range(_TRIPLE)), separator=" "
            ).alias("triple")
        )
        .drop_nulls("triple")
        .unique(["place", "triple"])
    )
    # Numbered from rare to common; ties by the words themselves.
    numbers = triples.group_by("triple").len("posts").sort("posts", "triple").with_row_index("number")
    sets = (
        triples.join(numbers, on="triple")
        .sort("place", "number")
        .group_by("place", maintain_order=True)
        .agg("number", "posts")
        .with_columns(pl.col("number").list.len().alias("size"))
    )
    prefix = (pl.col("size") - (NEAR * pl.col("size")).ceil().cast(pl.Int64) + 1).cast(pl.UInt32)
    index = (
        sets.select("place", pl.col("number").list.head(prefix), pl.col("posts").list.head(prefix))
        .explode("number", "posts", empty_as_null=False)
        .filter(pl.col("posts") > 1)
        .select("place", "number")
        .sort("number", "place")
    )
    earliest = index.filter(pl.int_range(pl.len()).over("number") < _COMPARED).rename({"place": "earlier"})
    sizes = sets.select("place", "number", "size")
    return (
        index.join(earliest, on="number")
        .filter(pl.col("earlier") < pl.col("place"))
        .select("place", "earlier")
        .unique()
        .join(sizes, on="place")
        .join(sizes.rename({"place": "earlier"}), on="earlier", suffix="_earlier")
        .filter(pl.col("size_earlier").is_between(NEAR * pl.col("size"), pl.col("size") / NEAR))
        .with_columns(pl.col("number").list.set_intersection("number_earlier").list.len().alias("shared"))
        .filter(pl.col("shared") >= NEAR * (pl.col("size") + pl.col("size_earlier") - pl.col("shared")))
        .select("place", "earlier")
    )


def _leaders(pairs: pl.DataFrame) -> pl.DataFrame:
    """place, first: each post points to the earliest original that it resembles, never to a copy: chains don't drift."""
    first: dict[int, int] = {}
    for place, earlier in pairs.sort("place", "earlier").iter_rows():
        if earlier not in first and place not in first:
            first[place] = earlier
    return pl.DataFrame(
        list(first.items()), schema={"place": pl.get_index_type(), "first": pl.get_index_type()}, orient="row"
    )

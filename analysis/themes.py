"""Which subjects a post brings up, by the words that the settings list for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from analysis.words import as_patterns, folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.settings import Theme


def find_themes(posts: pl.DataFrame, themes: Sequence[Theme]) -> pl.Series:
    """Names of the themes of each post, in the order of the settings.

    Words are whole words in any case, with or without their accents; scripts without spaces are searched anywhere.

    Args:
        posts: column text; null counts as empty.
        themes: from the settings.

    Returns:
        A List(String) series `themes`, as long as `posts`.

    Raises:
        ValueError: a word without letters.
    """
    text = posts.select(folded(pl.col("text").fill_null("")).alias("text"))
    found = text.select(
        pl.when(pl.col("text").str.contains_any(as_patterns(theme.words))).then(pl.lit(theme.name)).alias(str(index))
        for index, theme in enumerate(themes)
    )
    if not themes:
        return pl.Series("themes", [[]] * posts.height, dtype=pl.List(pl.String))
    return found.select(pl.concat_list(pl.all()).list.drop_nulls().alias("themes"))["themes"]

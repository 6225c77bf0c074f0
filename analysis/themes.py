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

    Words are whole words in any case, with the accents they are listed with or with none; scripts without spaces are searched
    anywhere.

    Args:
        posts: columns text (null counts as empty) and lang (as `detect_languages` gives it), which decides about `words_in`.
        themes: from the settings.

    Returns:
        A List(String) series `themes`, as long as `posts`.

    Raises:
        ValueError: a word without letters.
    """
    if not themes:
        return pl.Series("themes", [[]] * posts.height, dtype=pl.List(pl.String))
    folded_posts = posts.select(folded(pl.col("text").fill_null("")).alias("text"), "lang")
    return folded_posts.select(
        pl.concat_list(pl.when(_has(theme)).then(pl.lit(theme.name)) for theme in themes)
        .list.drop_nulls()
        .alias("themes")
    )["themes"]


def _has(theme: Theme) -> pl.Expr:
    has = pl.col("text").str.contains_any(pl.lit(pl.Series(as_patterns(theme.words), dtype=pl.String)).implode())
    for lang, words in theme.words_in.items():
        has |= (pl.col("lang") == lang) & pl.col("text").str.contains_any(as_patterns(words))
    return has

"""Net sentiment of one labelled file: the truth over its gold reactions, and what the pipeline would report.

The truth is of every gold reaction, as a reader of the file counts. The report counts as the weekly figures do: of the posts of
a week that say the same, the earliest reaction alone; posts without a time are one week, in the order of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from analysis.classifier.labels import SENTIMENTS
from analysis.duplicates import find_duplicates
from analysis.intervals import net_sentiment_interval
from analysis.mentions import mark_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.classifier.labelled_files import LabelledPost
    from analysis.classifier.quality import Quality


def net_of_truth(sentiments: Sequence[str]) -> float:
    """100 × (share positive − share negative), in points."""
    return 100.0 * (sentiments.count("positive") - sentiments.count("negative")) / len(sentiments)


def reported_net(
    predicted: pl.DataFrame, posts: Sequence[LabelledPost], quality: Quality | None
) -> dict[str, float | None]:
    """`estimate`, `low` and `high` in points, as the weekly figures give them for the predicted reactions.

    `posts` are the rows of `predicted`; `quality` is the classifier's measured errors, None for one that was
    not measured. All three are null where nothing was predicted to be a reaction.
    """
    reactions = _reactions_once(predicted, posts).rename({"source": "platform"})
    counts = {
        str(platform): [rows.filter(pl.col("sentiment") == name).height for name in SENTIMENTS]
        for (platform,), rows in reactions.group_by("platform")
    }
    interval = net_sentiment_interval(counts, quality)
    return dict(zip(("estimate", "low", "high"), interval or (None, None, None), strict=True))


def _reactions_once(labels: pl.DataFrame, posts: Sequence[LabelledPost]) -> pl.DataFrame:
    """source, kind, sentiment of the posts that the weekly figures would count with these labels."""
    rows = pl.DataFrame(
        [
            # Numbered so that ids sort as the file does.
            (post.context.platform, f"{number:012}", post.author, post.created_at, post.text)
            for number, post in enumerate(posts)
        ],
        schema={
            "source": pl.String,
            "post_id": pl.String,
            "author": pl.String,
            "created_at": pl.Datetime("us", "UTC"),
            "text": pl.String,
        },
        orient="row",
    ).hstack(labels.select("kind", "sentiment"))
    weeks = rows.group_by(pl.col("created_at").dt.truncate("1w"), maintain_order=True)
    marked = [week.with_columns(find_duplicates(week)) for _, week in weeks]
    return mark_once(pl.concat(marked).lazy(), per=()).filter("once").select("source", "kind", "sentiment").collect()

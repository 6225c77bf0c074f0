"""How far the reported net sentiment is off on held-out posts, when the errors it is corrected with come from others.

Halves: the held-out threads and authors dealt in two at random, each half corrected with the errors of the other. Weeks: each
calendar week corrected with the errors of all others, but for its threads and authors. Both for one platform at a time, over the posts
drawn as they come.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from analysis.classifier.labels import KINDS, SENTIMENTS
from analysis.classifier.net import net_of_truth
from analysis.classifier.quality import Quality
from analysis.intervals import net_sentiment_interval
from training.quality import DRAWN_ON_PURPOSE, measured_platforms, quality_of
from training.splits import group_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl
    from numpy.typing import NDArray

    Post: TypeAlias = dict[str, Any]

REACTION = KINDS[0]
SPLITS = 200  # twenty of them can be off by 5 points or by 13, as the dice fall
WEEK_REACTIONS = 25  # a week with fewer says nothing


def net_errors(rows: Sequence[Post], predicted: pl.DataFrame, training: Sequence[Post] = ()) -> list[str]:
    """Lines of a table: how far the net of `rows` is off, as labelled and corrected, and how many intervals held the truth.

    The annotated posts of `training` say, with the other held-out ones, what is usual.
    """
    lines = []
    for name, parts in (("halves", list(_halves(rows, training))), ("weeks", list(_weeks(rows, training)))):
        errors = [_errors(rows, predicted, part) for part in parts]
        for platform in measured_platforms(rows):
            judged = [_judge(rows, predicted, part, platform, known) for part, known in zip(parts, errors, strict=True)]
            found = np.array([one for one in judged if one is not None])
            if len(found) == 0:
                continue
            reactions, truth, labelled, estimate, low, high = found.T
            off = abs(estimate - truth)
            lines.append(
                f"| {platform}, {len(found)} {name} of {reactions.mean():.0f} reactions | as labelled {abs(labelled - truth).mean():.1f}, "
                f"corrected {off.mean():.1f} | within 5 points {(off <= 5).mean():.0%} | intervals {(high - low).mean():.0f} wide, "
                f"{((low <= truth) & (truth <= high)).sum()} of {len(found)} hold the truth |"
            )
    return lines


class _Part(NamedTuple):
    """Which posts are judged, and from which others the errors and what is usual are known."""

    here: NDArray[np.int64]
    others: NDArray[np.int64]
    training: Sequence[Post]


def _halves(rows: Sequence[Post], training: Sequence[Post]) -> Iterator[_Part]:
    rng = np.random.default_rng(5)
    groups = np.unique([group_of(row) for row in rows], return_inverse=True)[1]
    for _ in range(SPLITS):
        side = rng.integers(0, 2, groups.max() + 1)[groups]
        one, other = (np.flatnonzero(side == half) for half in (0, 1))
        yield _Part(one, other, training)
        yield _Part(other, one, training)


def _weeks(rows: Sequence[Post], training: Sequence[Post]) -> Iterator[_Part]:
    weeks, groups = (np.array([of(row) for row in rows]) for of in (_week, group_of))
    for week in sorted(set(weeks) - {""}):
        here = weeks == week
        others = ~here & ~np.isin(groups, groups[here])
        apart = [row for row in training if _week(row) != week]
        yield _Part(np.flatnonzero(here), np.flatnonzero(others), apart)


def _week(row: Post) -> str:
    if row["created_at"] is None:
        return ""
    year, week, _ = dt.datetime.fromisoformat(row["created_at"]).isocalendar()
    return f"{year}-W{week:02}"


def _errors(rows: Sequence[Post], predicted: pl.DataFrame, part: _Part) -> Quality:
    rest = [rows[i] for i in part.others]
    return Quality.model_validate(
        quality_of(rest, predicted[part.others], annotated=[*rest, *part.training], revision="", measured_on="")
    )


def _judge(
    rows: Sequence[Post], predicted: pl.DataFrame, part: _Part, platform: str, errors: Quality
) -> tuple[float, ...] | None:
    """Reactions, true net, net as labelled, estimate, low and high; None where there are too few reactions."""
    drawn = [i for i in part.here if rows[i]["source"] == platform and str(rows[i].get("stratum")) != DRAWN_ON_PURPOSE]
    gold = [rows[i]["sentiment"] for i in drawn if rows[i]["kind"] == REACTION and rows[i]["sentiment"]]
    taken = predicted[drawn].filter(predicted[drawn]["kind"] == REACTION)["sentiment"].to_list()
    if len(gold) < WEEK_REACTIONS or not taken:
        return None
    interval = net_sentiment_interval({platform: [taken.count(name) for name in SENTIMENTS]}, errors)
    return None if interval is None else (len(gold), net_of_truth(gold), net_of_truth(taken), *interval)

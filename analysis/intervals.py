"""True shares of negative, neutral and positive reactions from what the classifier counted, with 95 % intervals.

The classifier errs in known ways: on annotated posts we know how often a negative reaction is called neutral, how many "reactions"
are none, how many reactions it misses. Bayesian quantification turns that round: which true shares would have led to these
counts? The posterior is computed on a lattice over all shares, for many draws of the classifier's errors given the annotated
counts, so an estimate carries sampling error and the classifier's error, and depends on nothing but its counts.

Plain adjusted classify-and-count (Forman 2008) solves the same equation exactly, and is useless here: positive reactions are
rare and often missed, so a handful more of them swings the solution by 50 points. Two measured facts steady it:

- Weeks differ little. Fitted on all annotated reactions, their shares vary like draws from a Dirichlet of concentration 39
  (Reddit, by week) or higher (Reddit by month, tweets). The prior is far wider, for the week that is unlike all
  others is the one that matters: `PRIOR_POSTS`.
- The classifier's errors are themselves not quite the same from one week to the next, so more posts do not make the
  answer sharper without end: n posts count as n / (1 + n / `TRUSTED_POSTS`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from analysis.quantify import DRAWS, Flawless, Platform, platform_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from analysis.classifier import Quality

    Floats: TypeAlias = NDArray[np.float64]

POOLED: Final = "all"
PRIOR_POSTS: Final = 8.0
TRUSTED_POSTS: Final = 300.0
_SEED: Final = 20_251_028
_REMEMBERED: Final = 64  # of a platform, 48 KB each: what is held against several others comes back soon, or not at all


@dataclass(frozen=True)
class Estimate:
    """Corrected shares of a group of reactions."""

    shares: Floats
    """3 numbers from 0 to 1 that add to 1: negative, neutral, positive."""
    draws: Floats
    """`DRAWS` × 3: the same, as uncertain as they are."""

    @property
    def net(self) -> float:
        """Net sentiment in points, from −100 to 100."""
        return float(100 * (self.shares[2] - self.shares[0]))

    @property
    def net_draws(self) -> Floats:
        """Net sentiment in points, per draw."""
        return 100 * (self.draws[:, 2] - self.draws[:, 0])

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the net sentiment; never excludes the estimate itself."""
        return interval_of(self.net_draws, around=self.net)


def interval_of(draws: Floats, *, around: float) -> tuple[float, float]:
    """2.5 and 97.5 % quantiles, widened where needed to hold the estimate (without classifier error it can lie on a border)."""
    low, high = np.quantile(draws, (0.025, 0.975))
    return min(float(low), around), max(float(high), around)


@dataclass(frozen=True)
class ErrorModel:
    """The classifier's errors on all platforms: build once with `error_model`, then estimate any number of groups."""

    _platforms: Mapping[str, Platform | Flawless]
    _seen: dict[tuple[object, ...], tuple[Floats, Floats]] = field(default_factory=dict, repr=False, compare=False)

    def estimate(self, counts: Mapping[str, Sequence[int]]) -> Estimate | None:
        """Corrected shares of a group; None where it has no posts, or nothing is known of the errors.

        Args:
            counts: platform → predicted negative, neutral, positive reactions.

        The result depends on these arguments alone, not on what was estimated before.
        """
        sizes = _sizes(counts)
        total = sum(sizes.values())
        if total == 0 or not self._platforms:
            return None
        weights = {platform: size / total for platform, size in sizes.items()}
        return self._weighted(counts, weights=weights, evidence=_evidence(sizes), sample=0)

    def matched(self, *groups: Mapping[str, Sequence[int]]) -> tuple[Estimate, ...]:
        """Groups to be held against each other; none where no platform has posts in all, or nothing is known of the errors.

        Platforms differ in level, so a change of their mix alone would look like a change of sentiment. The groups are
        therefore taken on the platforms that all have, at one set of weights: n × m / (n + m) for n and m posts
        (Mantel and Haenszel 1959; of three, 1 / (1/n + 1/m + 1/k)), which leaves a platform with few posts in any little say.

        On each platform all count as many posts as the one with fewest. Else that one would be drawn further towards what is
        usual, and a level that is unusual but the same in all would look like a change.
        """
        sizes = shared(*groups)
        if not sizes[0] or not self._platforms:
            return ()
        weights = {platform: 1 / sum(1 / size[platform] for size in sizes) for platform in sizes[0]}
        total = sum(weights.values())
        weights = {platform: weight / total for platform, weight in weights.items()}
        own = [_evidence(size) for size in sizes]
        evidence = {platform: min(each[platform] for each in own) for platform in weights}
        return tuple(
            self._weighted(counts, weights=weights, evidence=evidence, sample=sample)
            for sample, counts in enumerate(groups)
        )

    def _weighted(
        self,
        counts: Mapping[str, Sequence[int]],
        *,
        weights: Mapping[str, float],
        evidence: Mapping[str, float],
        sample: int,
    ) -> Estimate:
        """Platforms put together at `weights` (they add to 1); the posts of each count as `evidence` posts.

        `sample` differs for groups that are held against each other, else equal counts would get equal draws.
        """
        shares, draws = np.zeros(3), np.zeros((DRAWS, 3))
        for platform, weight in sorted(weights.items()):
            values = tuple(int(value) for value in counts[platform])
            # Prior and trust belong to the group: its platforms share them.
            mean, drawn = self._platform(
                platform,
                values,
                sample=sample,
                prior_posts=PRIOR_POSTS * weight,
                trust=evidence[platform] / sum(values),
            )
            shares += weight * mean
            draws += weight * drawn
        return Estimate(shares, draws)

    def _platform(
        self, platform: str, counts: tuple[int, ...], *, sample: int, prior_posts: float, trust: float
    ) -> tuple[Floats, Floats]:
        key = (platform, counts, sample, prior_posts, trust)
        if key not in self._seen:
            known = self._platforms.get(platform) or self._platforms[POOLED]
            rng = np.random.default_rng((*_seed(platform), sample, *counts))
            if len(self._seen) >= _REMEMBERED:
                del self._seen[next(iter(self._seen))]  # the oldest
            self._seen[key] = known.estimate(
                np.asarray(counts, dtype=np.float64), rng, prior_posts=prior_posts, trust=trust
            )
        return self._seen[key]


UNKNOWN: Final = ErrorModel({})
"""Errors of which nothing is known: there is no estimate."""


def error_model(quality: Quality | None) -> ErrorModel:
    """The classifier's errors, as measured; None stands for one that never errs (sampling error only)."""
    if quality is None:
        return ErrorModel({POOLED: Flawless()})
    measured = {*quality.sentiment_confusion, *quality.false_reactions}
    return ErrorModel({name: platform_of(quality, name, seed=_seed(name)) for name in measured})


def _seed(platform: str) -> tuple[int, int]:
    """By the name: which other platforms there are changes nothing."""
    return _SEED, int.from_bytes(platform.encode()[:8].ljust(8, b"\0"), "big")


def shared(*groups: Mapping[str, Sequence[int]]) -> list[dict[str, int]]:
    """Posts per platform of each group, on the platforms where all have some."""
    sizes = [_sizes(counts) for counts in groups]
    common = sorted(set.intersection(*(set(size) for size in sizes)))
    return [{platform: size[platform] for platform in common} for size in sizes]


def _sizes(counts: Mapping[str, Sequence[int]]) -> dict[str, int]:
    return {platform: int(sum(values)) for platform, values in sorted(counts.items()) if sum(values)}


def _evidence(sizes: Mapping[str, int]) -> dict[str, float]:
    """What the posts of each platform count as, when the trust in a group is shared by its posts."""
    trust = 1 / (1 + sum(sizes.values()) / TRUSTED_POSTS)
    return {platform: size * trust for platform, size in sizes.items()}


def net_sentiment_interval(
    counts: Mapping[str, Sequence[int]], quality: Quality | None
) -> tuple[float, float, float] | None:
    """(estimate, low, high) of net sentiment in points, from predicted counts per platform; None without any post."""
    estimate = error_model(quality).estimate(counts)
    return None if estimate is None else (estimate.net, *estimate.interval)

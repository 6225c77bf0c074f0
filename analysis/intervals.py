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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from analysis.classifier import Quality

    Floats: TypeAlias = NDArray[np.float64]

_ERROR_DRAWS: Final = 100
_CELLS_PER_ERROR_DRAW: Final = 20
DRAWS: Final = _ERROR_DRAWS * _CELLS_PER_ERROR_DRAW
POOLED: Final = "all"
PRIOR_POSTS: Final = 8.0
TRUSTED_POSTS: Final = 300.0
_STEPS: Final = 50  # lattice cells along an edge, smoothed within the cell; `TRUSTED_POSTS` leave nothing finer to see
_SEED: Final = 20_251_028
_JEFFREYS: Final = 0.5
_REMEMBERED: Final = 64  # of a platform, 48 KB each: what is held against several others comes back soon, or not at all


_CELLS: Final = np.asarray([(a, b, _STEPS - a - b) for a in range(_STEPS + 1) for b in range(_STEPS + 1 - a)])
_SHARES: Final = (_CELLS + 1 / 3) / (_STEPS + 1)
"""Cell centres over all shares, … × 3."""


def _log_dirichlet(concentrations: Floats) -> Floats:
    """Log of a Dirichlet distribution's mass in each cell, but for a constant.

    Taken share by share, of x^(c − 1) over the cell and not at its centre: with less than one post a share the density rises
    without end towards the border, and the centres of the outermost cells would miss most of it.
    """
    lower = np.arange(_STEPS + 1.0)[:, None]
    upper = lower + 1
    once = (upper**concentrations - lower**concentrations) / concentrations
    twice = (upper ** (concentrations + 1) - lower ** (concentrations + 1)) / (concentrations + 1)
    mass = np.log(upper * once - twice)  # the cells are triangles: a share is seldom near their upper end
    by_cell: Floats = mass[_CELLS, np.arange(3)].sum(axis=1)
    return by_cell


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
class _Platform:
    """What is known of one platform, on the lattice."""

    usual: Floats
    """3: shares of the annotated reactions."""
    log_predicted: Floats
    """`_ERROR_DRAWS` × lattice × 3: log of the predicted shares that true shares lead to."""

    def estimate(
        self, counts: Floats, rng: np.random.Generator, *, prior_posts: float, trust: float
    ) -> tuple[Floats, Floats]:
        """Posterior mean, and draws in the order of the error draws: those of two groups share the classifier's errors.

        `prior_posts` is how many posts the usual shares stand for; each counted post counts as `trust` posts.
        """
        log_weight = self.log_predicted @ (counts * trust) + _log_dirichlet(prior_posts * self.usual)
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        reached = np.cumsum(weight, axis=1)
        at = rng.random((_ERROR_DRAWS, _CELLS_PER_ERROR_DRAW)) * reached[:, -1:]
        cells = [np.searchsorted(row, values) for row, values in zip(reached, at, strict=True)]
        # Somewhere within the cell, so that quantiles don't jump from centre to centre.
        jitter = (rng.dirichlet((1, 1, 1), size=DRAWS) - 1 / 3) / _STEPS
        draws = np.clip(_SHARES[np.concatenate(cells)] + jitter, 0, 1)
        mean = (weight / reached[:, -1:]).mean(axis=0) @ _SHARES
        return mean, draws / draws.sum(axis=1, keepdims=True)


class _Flawless:
    """A classifier that never errs: what is left is sampling error."""

    def estimate(
        self, counts: Floats, rng: np.random.Generator, *, prior_posts: float, trust: float
    ) -> tuple[Floats, Floats]:
        """The counted shares, and draws of what they could be: there is no error to steady against."""
        del prior_posts, trust
        return counts / counts.sum(), rng.dirichlet(counts + _JEFFREYS, size=DRAWS)


@dataclass(frozen=True)
class ErrorModel:
    """The classifier's errors on all platforms: build once with `error_model`, then estimate any number of groups."""

    _platforms: Mapping[str, _Platform | _Flawless]
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
            name = int.from_bytes(platform.encode()[:8].ljust(8, b"\0"), "big")
            rng = np.random.default_rng((_SEED, sample, name, *counts))
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
        return ErrorModel({POOLED: _Flawless()})
    return ErrorModel(
        {
            platform: _platform(
                usual=np.asarray(quality.usual_sentiment[platform], dtype=np.float64),
                confusion=np.asarray(quality.sentiment_confusion[platform], dtype=np.float64),
                missed=np.asarray(quality.missed_reactions.get(platform, (0, 0, 0)), dtype=np.float64),
                predicted=false.predicted_reaction,
                wrong=false.of_them_not_reaction,
                wrong_sentiment=np.asarray(false.their_predicted_sentiment, dtype=np.float64),
                seed=(_SEED, index),
            )
            for index, (platform, false) in enumerate(sorted(quality.false_reactions.items()))
            if platform in quality.sentiment_confusion and platform in quality.usual_sentiment
        }
    )


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


def _platform(
    *,
    usual: Floats,
    confusion: Floats,
    missed: Floats,
    predicted: int,
    wrong: int,
    wrong_sentiment: Floats,
    seed: tuple[int, ...],
) -> _Platform:
    """From annotated counts (`confusion`: rows true, columns predicted)."""
    rng = np.random.default_rng(seed)
    size = _ERROR_DRAWS
    called = np.stack([rng.dirichlet(row + _JEFFREYS, size=size) for row in confusion], axis=1)  # … × true × predicted
    false = rng.beta(wrong + _JEFFREYS, predicted - wrong + _JEFFREYS, size=size)[:, None, None]
    false_sentiment = rng.dirichlet(wrong_sentiment + _JEFFREYS, size=size)[:, None, :]
    recall = rng.beta(confusion.sum(axis=1) + _JEFFREYS, missed + _JEFFREYS, size=(size, 3))
    found = _SHARES[None] * recall[:, None, :]
    found /= found.sum(axis=-1, keepdims=True)
    return _Platform(
        usual=(usual + _JEFFREYS) / (usual + _JEFFREYS).sum(),
        log_predicted=np.log((1 - false) * (found @ called) + false * false_sentiment),
    )

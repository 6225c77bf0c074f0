"""True shares of negative, neutral and positive reactions of one platform, from what the classifier counted there.

Which true shares would have led to these counts, given how the classifier errs on annotated posts? The posterior is computed on a
lattice over all shares, for many draws of the errors given the annotated counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.classifier import Quality

    Floats: TypeAlias = NDArray[np.float64]

_ERROR_DRAWS: Final = 100
_CELLS_PER_ERROR_DRAW: Final = 20
DRAWS: Final = _ERROR_DRAWS * _CELLS_PER_ERROR_DRAW
_STEPS: Final = 50  # the lattice's fineness, smoothed within the cell; the limit of trust leaves nothing finer to see
_JEFFREYS: Final = 0.5
_CELLS: Final = np.asarray([(a, b, _STEPS - a - b) for a in range(_STEPS + 1) for b in range(_STEPS + 1 - a)])
_SHARES: Final = (_CELLS + 1 / 3) / (_STEPS + 1)
"""Cell centres over all shares, … × 3."""
# The cells are the triangles of a grid that stand on their base; between any three that touch, one hangs upside down.
_HANGING: Final = _CELLS[_CELLS[:, 2] > 0] - (0, 0, 1)
_BESIDE: Final = np.stack(
    [a * (2 * _STEPS + 3 - a) // 2 + b for a, b, _ in ((_HANGING + step).T for step in np.eye(3, dtype=int))]
)
"""3 × …: the cells that touch each hanging triangle."""


def _log_dirichlet(concentrations: Floats) -> Floats:
    """Log of a Dirichlet distribution's mass in each cell, but for a constant; hanging triangles fall to the cells beside them.

    With less than one post a share the density rises without end towards the border, and a cell's centre would miss most of it. So
    x^(c − 1) is taken over the cell, share by share: an approximation, but for corners within some points of net sentiment.
    """
    lower = np.arange(_STEPS + 1.0)[:, None]
    upper = lower + 1
    once = (upper**concentrations - lower**concentrations) / concentrations
    twice = (upper ** (concentrations + 1) - lower ** (concentrations + 1)) / (concentrations + 1)
    # A share is seldom near the upper end of a standing triangle, and seldom near the lower one of a hanging one.
    standing, hanging = (
        share[cells, np.arange(3)].prod(axis=1)
        for share, cells in ((upper * once - twice, _CELLS), (twice - lower * once, _HANGING))
    )
    logs: Floats = np.log(standing + np.bincount(_BESIDE.ravel(), np.tile(hanging / 3, 3)))
    return logs


@dataclass(frozen=True)
class Platform:
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
        jitter = (rng.dirichlet((1, 1, 1), size=DRAWS) - 1 / 3) / (_STEPS + 1)
        mean = (weight / reached[:, -1:]).mean(axis=0) @ _SHARES
        return mean, _SHARES[np.concatenate(cells)] + jitter


class Flawless:
    """A classifier that never errs: what is left is sampling error."""

    def estimate(
        self, counts: Floats, rng: np.random.Generator, *, prior_posts: float, trust: float
    ) -> tuple[Floats, Floats]:
        """The counted shares, and draws of what they could be: there is no error to steady against."""
        del prior_posts, trust
        return counts / counts.sum(), rng.dirichlet(counts + _JEFFREYS, size=DRAWS)


def platform_of(quality: Quality, name: str, *, seed: tuple[int, ...]) -> Platform:
    """The platform `name` of the annotated counts (rows of a confusion are true, columns predicted), its errors drawn with `seed`."""
    rng = np.random.default_rng(seed)
    size = _ERROR_DRAWS
    confusion, missed, usual, wrong_sentiment = (
        np.asarray(table, dtype=np.float64)
        for table in (
            quality.sentiment_confusion[name],
            quality.missed_reactions[name],
            quality.usual_sentiment[name],
            quality.false_reactions[name].their_predicted_sentiment,
        )
    )
    wrong = quality.false_reactions[name].of_them_not_reaction
    right = quality.false_reactions[name].predicted_reaction - wrong
    called = np.stack([rng.dirichlet(row + _JEFFREYS, size=size) for row in confusion], axis=1)  # … × true × predicted
    false = rng.beta(wrong + _JEFFREYS, right + _JEFFREYS, size=size)[:, None, None]
    false_sentiment = rng.dirichlet(wrong_sentiment + _JEFFREYS, size=size)[:, None, :]
    recall = rng.beta(confusion.sum(axis=1) + _JEFFREYS, missed + _JEFFREYS, size=(size, 3))
    found = _SHARES[None] * recall[:, None, :]
    found /= found.sum(axis=-1, keepdims=True)
    return Platform(
        usual=(usual + _JEFFREYS) / (usual + _JEFFREYS).sum(),
        log_predicted=np.log((1 - false) * (found @ called) + false * false_sentiment),
    )

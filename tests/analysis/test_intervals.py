"""The intervals are held against worlds whose truth is known: seeds fixed, so these tests can't fail by chance."""

import numpy as np
import pytest

from analysis import Quality, error_model, net_sentiment_interval

CONFUSION = np.array([[0.86, 0.11, 0.03], [0.20, 0.74, 0.06], [0.12, 0.13, 0.75]])  # rows true, columns labelled
FALSE_SENTIMENT = np.array([0.7, 0.2, 0.1])
FALSE_SHARE = 0.13
DETECTION = np.array([0.92, 0.82, 0.75])
ANNOTATED = (300, 150, 60)


def measured(rng: np.random.Generator) -> Quality:
    """What annotating some posts would say of that classifier."""
    confusion = [rng.multinomial(n, row) for n, row in zip(ANNOTATED, CONFUSION, strict=True)]
    missed = [rng.binomial(round(n / rate), 1 - rate) for n, rate in zip(ANNOTATED, DETECTION, strict=True)]
    wrong = rng.binomial(600, FALSE_SHARE)
    return make_quality(
        confusion, missed=missed, predicted=600, wrong=wrong, wrong_sentiment=rng.multinomial(wrong, FALSE_SENTIMENT)
    )


def make_quality(confusion, *, missed=(0, 0, 0), predicted=500, wrong=0, wrong_sentiment=(0, 0, 0)) -> Quality:
    false = {
        "predicted_reaction": predicted,
        "of_them_not_reaction": int(wrong),
        "their_predicted_sentiment": [int(n) for n in wrong_sentiment],
    }
    return Quality.model_validate(
        {
            "revision": "test", "n": 0, "measured_on": "nothing", "kind_confusion": {}, "reaction_recall": {}, "sentiment_ece": {},
            "usual_sentiment": {"all": [int(n) for n in np.sum(confusion, axis=1) + missed]},
            "sentiment_confusion": {"all": [[int(n) for n in row] for row in confusion]},
            "missed_reactions": {"all": [int(n) for n in missed]},
            "false_reactions": {"all": false},
        }
    )  # fmt: skip


def week(rng: np.random.Generator, truth: np.ndarray, n: int) -> list[int]:
    """What the classifier would count in a week of n reactions found."""
    found = truth * DETECTION / (truth * DETECTION).sum()
    return rng.multinomial(n, (1 - FALSE_SHARE) * found @ CONFUSION + FALSE_SHARE * FALSE_SENTIMENT).tolist()


def net(shares: np.ndarray) -> float:
    return 100 * (shares[2] - shares[0])


USUAL = np.array([0.6, 0.3, 0.1])


@pytest.mark.parametrize(
    ("concentration", "n", "least", "widest"),
    [(39, 5, 97, 85), (39, 30, 97, 67), (39, 200, 97, 42), (39, 2000, 97, 33), (10, 5, 93, 85), (10, 200, 93, 43)],
)
def test_intervals_hold_the_truth_in_nearly_every_week(concentration, n, least, widest):
    """Truths vary from week to week as much as the annotated reactions do at most, and far more."""
    rng = np.random.default_rng(n)
    held, widths = 0, []
    for _ in range(100):
        truth = rng.dirichlet(concentration * USUAL)
        _, low, high = net_sentiment_interval({"x": week(rng, truth, n)}, measured(rng))
        held += low <= net(truth) <= high
        widths.append(high - low)
    assert held >= least
    assert np.mean(widths) < widest


def test_small_weeks_are_steadier_than_where_the_errors_are_solved_for():
    """Adjusted classify-and-count (Forman 2008), even with the errors known exactly."""
    rng = np.random.default_rng(1)
    steadied, solved = [], []
    for _ in range(60):
        truth = rng.dirichlet(56 * USUAL)
        counts = np.array(week(rng, truth, 30))
        steadied.append(net_sentiment_interval({"x": counts.tolist()}, measured(rng))[0] - net(truth))
        true_ones = (counts / 30 - FALSE_SHARE * FALSE_SENTIMENT) @ np.linalg.inv(CONFUSION) / DETECTION
        solved.append(net(true_ones / true_ones.sum()) - net(truth))
    assert np.std(steadied) < 0.7 * np.std(solved)


def test_many_posts_overrule_what_is_usual():
    """A week unlike any other is seen as such: mostly positive where most are negative."""
    quality = measured(np.random.default_rng(2))
    truth = np.array([0.1, 0.2, 0.7])
    estimate, low, high = net_sentiment_interval({"x": week(np.random.default_rng(3), truth, 600)}, quality)
    assert low > 0
    assert abs(estimate - net(truth)) < 25
    assert high <= 100


@pytest.mark.parametrize("n", [30, 50, 600])
def test_spreading_the_same_posts_over_platforms_hardly_moves_the_figure(n):
    """What is known beforehand, and the limit of trust, count once per figure and not once per platform."""
    quality = measured(np.random.default_rng(2))
    whole, low, high = net_sentiment_interval({"a": (n // 10, n // 5, n - n // 10 - n // 5)}, quality)
    share = n // 5
    five = dict.fromkeys("abcde", (share // 10, share // 5, share - share // 10 - share // 5))
    spread, spread_low, spread_high = net_sentiment_interval(five, quality)
    assert abs(spread - whole) < 12
    assert 0.6 < (spread_high - spread_low) / (high - low) < 1.4


def test_a_level_that_is_unusual_but_the_same_does_not_look_like_a_change():
    """A small week is drawn to the usual further than a large one: compared, both count as many posts as the smaller."""
    rng = np.random.default_rng(5)
    truth, false_alarms = np.array([0.25, 0.3, 0.45]), 0
    for _ in range(60):
        model = error_model(measured(rng))
        now, before = model.matched({"x": week(rng, truth, 30)}, {"x": week(rng, truth, 1000)})
        low, high = np.quantile(now.net_draws - before.net_draws, (0.025, 0.975))
        false_alarms += not low <= 0 <= high
    assert false_alarms <= 3


@pytest.mark.parametrize("platforms", [1, 2, 4, 6, 10])
def test_where_the_classifier_says_nothing_the_usual_is_left(platforms):
    """Over however many platforms: less than one post of the prior may fall on a share of each."""
    guesses = make_quality(np.outer((6000, 3000, 1000), (1, 1, 1)))
    counts = dict.fromkeys("abcdefghij"[:platforms], (40 // platforms, 0, 0))
    assert net_sentiment_interval(counts, guesses)[0] == pytest.approx(-50, abs=4)


def test_a_pair_with_an_empty_side_is_no_pair():
    assert error_model(None).matched({"x": (1, 0, 0)}, {"x": (0, 0, 0)}) == ()


def test_a_few_rare_posts_more_do_not_swing_the_figure():
    """Positive reactions are rare and often missed: solving for them exactly moved weeks by 50 points."""
    quality = make_quality(
        [[115, 15, 6], [21, 18, 3], [7, 5, 6]], missed=(14, 11, 11), predicted=235, wrong=39, wrong_sentiment=(28, 8, 3)
    )
    few, more = (net_sentiment_interval({"x": (42, 11, n)}, quality)[0] for n in (8, 12))
    assert 0 < more - few < 16


def test_a_flawless_classifier_leaves_sampling_error_alone():
    estimate, low, high = net_sentiment_interval({"x": (60, 20, 20)}, None)
    assert estimate == pytest.approx(-40)
    textbook = 1.96 * 100 * np.sqrt((0.6 + 0.2 - 0.4**2) / 100)
    assert high - low == pytest.approx(2 * textbook, rel=0.1)


@pytest.mark.parametrize(
    "counts", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (5, 0, 0), (30, 0, 0), (1000, 0, 0), (0, 0, 1000), (0, 1000, 0)]
)
@pytest.mark.parametrize("confusion", [CONFUSION * 100, np.full((3, 3), 5), np.eye(3) * 50, np.zeros((3, 3))])
def test_extreme_weeks_and_classifiers_give_figures_within_bounds(counts, confusion):
    estimate, low, high = net_sentiment_interval({"x": counts}, make_quality(confusion))
    assert -100 <= low <= estimate <= high <= 100


def test_a_week_all_negative_says_how_sure_it_is():
    widths = {}
    for n in (5, 30, 1000):
        estimate, low, high = net_sentiment_interval(
            {"x": (n, 0, 0)}, make_quality(CONFUSION * np.array(ANNOTATED)[:, None])
        )
        assert -100 <= low <= estimate < -50
        widths[n] = high - low
    assert widths[5] > widths[30] > widths[1000]
    assert widths[1000] > 1, "no number of posts makes up for the classifier's own error"


def test_platforms_count_by_their_posts_and_unknown_ones_by_the_pooled_figures():
    quality = make_quality(np.eye(3) * 500)
    model = error_model(quality)
    mixed = model.estimate({"x": (300, 0, 0), "reddit": (0, 0, 100), "elsewhere": (0, 0, 0)})
    assert mixed.net == pytest.approx(-50, abs=6)
    assert mixed.shares.sum() == pytest.approx(1)


def test_no_posts_no_estimate():
    assert net_sentiment_interval({}, None) is None
    assert net_sentiment_interval({"x": (0, 0, 0)}, make_quality(CONFUSION * 100)) is None


def test_what_else_is_measured_changes_no_other_platforms_figure():
    quality = measured(np.random.default_rng(2))
    tables = ("usual_sentiment", "sentiment_confusion", "missed_reactions", "false_reactions")
    more = quality.model_copy(
        update={name: getattr(quality, name) | {"a": getattr(quality, name)["all"]} for name in tables}
    )
    assert net_sentiment_interval({"x": (9, 4, 2)}, more) == net_sentiment_interval({"x": (9, 4, 2)}, quality)


def test_the_same_counts_give_the_same_figures_in_any_order_of_asking():
    quality = measured(np.random.default_rng(2))
    first, second = error_model(quality), error_model(quality)
    second.estimate({"x": (1, 2, 3)})
    one, other = (
        first.estimate({"x": (9, 4, 2), "reddit": (3, 3, 3)}),
        second.estimate({"reddit": (3, 3, 3), "x": (9, 4, 2)}),
    )
    assert (one.draws == other.draws).all()


def test_what_is_remembered_does_not_grow_with_the_number_of_groups():
    model = error_model(None)
    for n in range(1, 300):
        model.estimate({"x": (n, 1, 1)})
    assert len(model._seen) <= 64

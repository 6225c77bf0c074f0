"""Temperature scaling."""

import numpy as np
import pytest

from training.calibrate import LEAST_POSTS, fit_temperature


@pytest.mark.parametrize("true_temperature", [0.6, 1.0, 1.8])
def test_the_temperature_that_made_the_labels_is_found(true_temperature):
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (4000, 3)).astype(np.float32)
    scaled = np.exp(logits / true_temperature)
    labels = np.array([rng.choice(3, p=row / row.sum()) for row in scaled])
    assert fit_temperature(logits, labels) == pytest.approx(true_temperature, rel=0.08)


def test_unlabelled_rows_count_nothing_and_a_few_decide_nothing():
    sure = np.tile(np.float32([9, 0]), (LEAST_POSTS, 1))
    labels = np.arange(LEAST_POSTS) % 2
    assert fit_temperature(sure, np.full(LEAST_POSTS, -1)) == 1.0
    assert fit_temperature(sure[1:], labels[1:]) == 1.0
    assert fit_temperature(sure, labels) > 2

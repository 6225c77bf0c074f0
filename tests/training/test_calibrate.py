"""Temperature scaling."""

import numpy as np
import pytest

from training.calibrate import fit_temperature


@pytest.mark.parametrize("true_temperature", [0.6, 1.0, 1.8])
def test_the_temperature_that_made_the_labels_is_found(true_temperature):
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (4000, 3)).astype(np.float32)
    scaled = np.exp(logits / true_temperature)
    labels = np.array([rng.choice(3, p=row / row.sum()) for row in scaled])
    assert fit_temperature(logits, labels) == pytest.approx(true_temperature, rel=0.08)


def test_unlabelled_rows_count_nothing():
    assert fit_temperature(np.zeros((3, 2), np.float32), np.array([-1, -1, -1])) == 1.0

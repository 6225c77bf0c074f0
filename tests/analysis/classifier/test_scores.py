"""The measures, against cases worked out by hand."""

import numpy as np
import pytest

from analysis.classifier.scores import confusion, expected_calibration_error, macro_f1, macro_recall, per_class

CLASSES = ("a", "b", "c")


def test_scores_of_a_small_table():
    counts = confusion(["a", "a", "a", "b"], ["a", "a", "b", "b"], CLASSES)
    assert counts.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    scores = per_class(counts, CLASSES)
    assert scores["a"] == {"precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8)}
    assert scores["b"]["f1"] == pytest.approx(2 / 3)
    assert scores["c"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}, "a class that does not occur is there"
    assert macro_f1(counts) == pytest.approx((0.8 + 2 / 3) / 2)
    assert macro_recall(counts) == pytest.approx((2 / 3 + 1) / 2)


def test_a_class_that_is_only_predicted_counts_in_f1_but_not_in_recall():
    counts = confusion(["a", "a"], ["a", "b"], CLASSES)
    assert macro_f1(counts) == pytest.approx((2 / 3 + 0) / 2)
    assert macro_recall(counts) == pytest.approx(0.5)


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="d: no class; valid are a, b, c"):
        confusion(["a"], ["d"], CLASSES)


def test_no_posts_score_zero():
    empty = confusion([], [], CLASSES)
    assert (macro_f1(empty), macro_recall(empty)) == (0.0, 0.0)
    assert expected_calibration_error(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)) == 0.0


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    probabilities = np.array([[0.9, 0.1]] * 10, np.float32)
    right_nine_times = np.array([0] * 9 + [1])
    right_half = np.array([0] * 5 + [1] * 5)
    assert expected_calibration_error(probabilities, right_nine_times) == pytest.approx(0, abs=1e-6)
    assert expected_calibration_error(probabilities, right_half) == pytest.approx(0.4, abs=1e-6)


def test_full_confidence_has_a_bin():
    assert expected_calibration_error(np.array([[1.0, 0.0]], np.float32), np.array([0])) == 0.0

"""The figures of a classifier, by hand."""

import pytest

from training.classifier.scores import score_classes


def test_precision_recall_and_f1_by_hand() -> None:
    """Three a, of them one named b; one b, named right; c neither shown nor named."""
    scores = score_classes([0, 0, 0, 1], [0, 0, 1, 1], ("a", "b", "c"))
    assert scores.accuracy == pytest.approx(0.75)
    assert scores.confusion.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert scores.per_class["a"] == {
        "precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8), "support": 3,
    }  # fmt: skip
    assert scores.per_class["b"]["precision"] == pytest.approx(0.5)
    assert scores.per_class["c"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_no_picture_is_no_accuracy() -> None:
    """And no division by nothing."""
    assert score_classes([], [], ("a", "b")).accuracy == 0.0

"""What a detector may hand on at all."""

from typing import Any

import numpy as np
import pytest

from device.core.detections import Detections, no_detections

SOUND: dict[str, Any] = {
    "boxes": np.array([[0.1, 0.1, 0.2, 0.3], [0.5, 0.5, 0.5, 0.5]], dtype=np.float32),
    "scores": np.array([0.9, 0.4], dtype=np.float32),
    "classes": np.array([1, 0], dtype=np.intp),
    "labels": ("person", "bottle"),
    "size": (640, 480),
}


def test_each_has_a_name() -> None:
    """Labels go by class, and a box without area is one, too."""
    assert Detections(**SOUND).names() == ["bottle", "person"]
    assert len(no_detections(("person",), (640, 480))) == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"boxes": SOUND["boxes"][:1]}, "boxes"),
        ({"classes": SOUND["classes"][:1]}, "classes"),
        ({"scores": np.array([0.9, np.nan], dtype=np.float32)}, "not finite"),
        ({"boxes": np.full((2, 4), np.inf, dtype=np.float32)}, "not finite"),
        ({"boxes": SOUND["boxes"][:, ::-1]}, "ends before it begins"),
        ({"appearance": np.ones((1, 6), dtype=np.float32)}, "appearance"),
        ({"appearance": np.ones(2, dtype=np.float32)}, "appearance"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], why: str) -> None:
    """Whatever comes after may count on shapes, on numbers and on the order of edges."""
    with pytest.raises(ValueError, match=why):
        Detections(**{**SOUND, **change})

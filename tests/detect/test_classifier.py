"""Classifiers on the device; those that name something are made and run by the tests of training."""

from pathlib import Path
from typing import Any

import pytest

from device.detect.classifier import open_classifier
from device.errors import ModelError
from tests.detect.models import GENERAL_320, with_card


def test_a_detector_is_no_classifier() -> None:
    """It is told what it is, and what is wanted."""
    with pytest.raises(ModelError, match="a detector, not a classifier; name a classifier"):
        open_classifier(GENERAL_320)


def test_a_card_that_calls_a_detector_a_classifier_is_refused(tmp_path: Path) -> None:
    """Its output is no score a label."""

    def rename(raw: dict[str, Any]) -> None:
        raw["kind"] = "classifier"
        raw["scores"] = raw.pop("head")["scores"]

    with pytest.raises(ModelError, match=r"scores\.shape"):
        open_classifier(with_card(GENERAL_320, tmp_path / "m.tflite", rename))

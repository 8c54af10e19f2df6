"""The detector as the pipeline gets it."""

from pathlib import Path

import numpy as np
import pytest

from device.core.decode import DecodeSettings
from device.core.frame import frame_from_bgr
from device.detect.detector import DetectorSettings, open_detector
from device.detect.scripted import ScriptedDetector
from device.errors import ModelError, UsageError
from tests.detect.models import GENERAL_320, with_card

_FRAME = frame_from_bgr(np.full((96, 128, 3), 90, dtype=np.uint8))


def test_a_label_that_the_model_lacks_is_refused() -> None:
    """Somebody who asks for it would wait for ever."""
    settings = DetectorSettings(decode=DecodeSettings(only=("person", "forklift")))
    with pytest.raises(UsageError, match="forklift"):
        open_detector(GENERAL_320, settings)


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [("input", "zero_point", 3), ("input", "scale", 0.5), ("scores", "scale", 0.5), ("boxes", "zero_point", 0)],
)
def test_a_card_of_other_tensors_is_refused(tmp_path: Path, table: str, key: str, value: float) -> None:
    """The card is held against the network itself, not only against its own sums."""

    def change(raw: dict[str, dict[str, dict[str, float]]]) -> None:
        place = raw["input"] if table == "input" else raw["head"][table]
        place[key] = value  # type: ignore[assignment]

    path = with_card(GENERAL_320, tmp_path / "other.tflite", change)
    with pytest.raises(ModelError, match=r"other\.tflite: (input|head\.\w+) is .* its card says"):
        open_detector(path)


def test_a_card_that_mixes_up_the_outputs_is_refused(tmp_path: Path) -> None:
    """Scores are not boxes."""

    def change(raw: dict[str, dict[str, dict[str, int]]]) -> None:
        raw["head"]["scores"]["output"], raw["head"]["boxes"]["output"] = 0, 1

    with pytest.raises(ModelError, match="its card says"):
        open_detector(with_card(GENERAL_320, tmp_path / "mixed.tflite", change))


def test_an_output_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The card names a third output of two."""

    def change(raw: dict[str, dict[str, dict[str, int]]]) -> None:
        raw["head"]["boxes"]["output"] = 2

    with pytest.raises(ModelError, match="names output 2"):
        open_detector(with_card(GENERAL_320, tmp_path / "third.tflite", change))


def test_an_unknown_runtime_is_refused() -> None:
    """The message names those there are."""
    with pytest.raises(ModelError, match="ai-edge-litert"):
        open_detector(GENERAL_320, DetectorSettings(runtime="onnx"))


def test_a_scripted_detector_plays_its_script() -> None:
    """Best first on its frame, nothing on any other."""
    low, high = ("person", 0.4, (0.1, 0.1, 0.2, 0.3)), ("bag", 0.9, (0.5, 0.5, 0.6, 0.7))
    detector = ScriptedDetector({0: [low, high]}, labels=("person", "bag"))
    found = detector.detect(_FRAME)
    assert found.names() == ["bag", "person"]
    assert found.boxes[0] == pytest.approx(high[2])
    assert found.size == (128, 96)
    assert not len(detector.detect(frame_from_bgr(_FRAME.bgr(), seq=1)))


def test_a_script_with_an_unknown_label_is_refused() -> None:
    """A test with a typo would test nothing."""
    with pytest.raises(ValueError, match="persn"):
        ScriptedDetector({0: [("persn", 0.4, (0.1, 0.1, 0.2, 0.3))]})

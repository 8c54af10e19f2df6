"""The wiring: which cameras must work, which classes are looked for, what a file may not ask for."""

import threading
from pathlib import Path

import pytest

from device.app import build_detector, can_freeze, check, open_lanes, wanted_labels
from device.capture.restarting import RestartingCamera
from device.clock import SystemClock
from device.config import Config, parse_config
from device.detect.scripted import ScriptedDetector
from device.errors import CameraError, ConfigError
from tests.device.drawn import truth_detector

CAMERA = """
[[cameras]]
id = "{id}"
source = "{source}"
"""


def config_of(*sources: str, extra: str = "", model: str = "general-320") -> Config:
    """A camera for each source; ``extra`` belongs to the last."""
    head = f'[device]\nid = "shop-1"\nstate_dir = "state"\n[detector]\nmodel = "{model}"\n'
    cameras = [CAMERA.format(id=f"camera-{n}", source=source) for n, source in enumerate(sources, start=1)]
    return parse_config(head + "".join(cameras) + extra, "test.toml")


@pytest.fixture
def detector() -> ScriptedDetector:
    """Nobody asks what it sees."""
    return truth_detector()


def test_a_camera_that_does_not_work_stops_no_other(detector: ScriptedDetector, tmp_path: Path) -> None:
    """After a power cut one cable is loose: the rest guards, and the loose one is tried again and again."""
    config = config_of("synthetic:", f"file:{tmp_path}/nowhere.mp4")
    with open_lanes(config, detector, SystemClock(), threading.Event()) as (works, loose):
        frame = works.camera.next(10.0)
        assert frame is not None
        works.camera.release(frame)
        assert loose.camera.next(0.2) is None
        assert "nowhere.mp4" in (loose.camera.reason or "")


def test_not_one_camera_that_works_is_a_failure(detector: ScriptedDetector, tmp_path: Path) -> None:
    """Then the call is most likely wrong, and systemd tries again."""
    config = config_of(f"file:{tmp_path}/a.mp4", f"file:{tmp_path}/b.mp4")
    lanes = open_lanes(config, detector, SystemClock(), threading.Event())
    with pytest.raises(CameraError, match=r"a\.mp4"):
        lanes.__enter__()


def test_the_first_picture_is_not_lost(detector: ScriptedDetector) -> None:
    """Waiting for a camera to work takes nothing from it."""
    with open_lanes(config_of("synthetic:"), detector, SystemClock(), threading.Event()) as (lane,):
        assert isinstance(lane.camera, RestartingCamera)
        frame = lane.camera.next(10.0)
        assert frame is not None
        assert frame.seq == lane.camera.dropped()


def test_tracks_go_on_counting_after_a_reload(detector: ScriptedDetector) -> None:
    """A number is never used again in a run."""
    with open_lanes(config_of("synthetic:"), detector, SystemClock(), threading.Event(), first_track=41) as (lane,):
        assert lane.pipeline.tracker.next_id == 41


def test_only_what_a_rule_is_about_is_looked_for() -> None:
    """People in any case, and the classes of the rules, in the model's order."""
    rule = '[[cameras.rules]]\nkind = "loitering"\nlabels = ["dog", "car"]\n'
    config = config_of("synthetic:", extra=rule)
    detector = build_detector(config)
    detector.close()
    assert wanted_labels(config, detector.card) == ("person", "car", "dog")


def test_a_class_that_the_model_does_not_know() -> None:
    """Named, with the nearest one that it does."""
    config = config_of("synthetic:", extra='[[cameras.rules]]\nkind = "loitering"\nlabels = ["persn"]\n')
    with pytest.raises(ConfigError, match=r"'persn', which the model .* did you mean 'person'\?"):
        build_detector(config)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (config_of("synthetic:", model="general-417"), "detector.model: no model is named 'general-417'"),
        (config_of("fil:clip.mp4"), 'did you mean "file:clip.mp4"'),
    ],
)
def test_what_the_types_of_a_file_cannot_tell(config: Config, complaint: str) -> None:
    """A fault that only shows when parts are chosen names the file all the same."""
    with pytest.raises(ConfigError) as fault:
        check(config, "shop.toml")
    assert str(fault.value).startswith("shop.toml: ")
    assert complaint in str(fault.value)


@pytest.mark.parametrize("source", ["v4l2:/dev/video0", "rtsp://bob:x@cam/a?transport=udp", "picamera2", "synthetic:"])
def test_every_kind_of_camera_can_be_configured(source: str) -> None:
    """Without a look at whether it is there."""
    check(config_of(source), "shop.toml")


@pytest.mark.parametrize(
    ("source", "extra", "can"),
    [
        ("picamera2", "", True),
        ("v4l2:/dev/video0", "", True),
        ("rtsp://cam/main", "", True),
        ("rtsp://cam/main", "notice_frozen = false\n", False),
        ("file:clip.mp4", "", False),
        ("synthetic:", "notice_frozen = true\n", False),
    ],
)
def test_whose_picture_may_stand_still(source: str, extra: str, can: bool) -> None:
    """A recording may show a still; a sensor never does."""
    assert can_freeze(config_of(source, extra=extra).cameras[0]) is can

"""The wiring: which cameras must work, which classes are looked for, what a file may not ask for."""

from pathlib import Path

import pytest

from device.app import build_bodies, build_detector, check, open_lanes, wanted_labels
from device.cameras import can_freeze, check_passwords
from device.capture.request import CameraRequest
from device.clock import SystemClock
from device.config import Config, parse_config
from device.core.camera_stats import CameraStats
from device.detect.scripted import ScriptedDetector
from device.errors import ConfigError, ModelError
from tests.device.drawn import frames, truth_detector

CAMERA = """
[[cameras]]
id = "{id}"
source = "{source}"
"""


HANDS = """
[[cameras.zones]]
id = "counter"
polygon = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8]]
[[cameras.rules]]
kind = "concealment"
zone = "counter"
"""


def config_of(*sources: str, extra: str = "", model: str = "general-320", pose_model: str = "pose-256") -> Config:
    """A camera for each source; ``extra`` belongs to the last."""
    models = f'model = "{model}"\npose_model = "{pose_model}"\n'
    head = f'[device]\nid = "shop-1"\nstate_dir = "state"\n[detector]\n{models}'
    cameras = [CAMERA.format(id=f"camera-{n}", source=source) for n, source in enumerate(sources, start=1)]
    return parse_config(head + "".join(cameras) + extra, "test.toml")


@pytest.fixture
def detector() -> ScriptedDetector:
    """Nobody asks what it sees."""
    return truth_detector()


def test_a_camera_that_does_not_work_stops_no_other(detector: ScriptedDetector, tmp_path: Path) -> None:
    """After a power cut one cable is loose: the rest guards, and the loose one is tried again and again."""
    config = config_of("synthetic:", f"file:{tmp_path}/nowhere.mp4")
    with open_lanes(config, detector, SystemClock()) as (works, loose):
        frame = works.camera.next(10.0)
        assert frame is not None
        works.camera.release(frame)
        for _ in range(100):
            assert loose.camera.next(0.2) is None
            if loose.camera.reason:
                break
        assert "nowhere.mp4" in (loose.camera.reason or "")


def test_a_password_that_cannot_be_read_stops_no_other_camera(detector: ScriptedDetector, tmp_path: Path) -> None:
    """Its own camera says why it is down; who checks the file is told as well."""
    extra = f'username = "bob"\npassword_file = "{tmp_path}/secret"\n'
    config = config_of("synthetic:", "rtsp://127.0.0.1:9/a", extra=extra)
    check(config, "shop.toml")
    with open_lanes(config, detector, SystemClock()) as (works, locked):
        assert locked.camera.next(0.0) is None
        assert "secret: No such file" in (locked.camera.reason or "")
        frame = works.camera.next(10.0)
        assert frame is not None
        works.camera.release(frame)
    with pytest.raises(ConfigError, match=r"^shop\.toml: camera camera-2: password_file .*secret: No such file"):
        check_passwords(config, "shop.toml")


class HeardCamera:
    """In place of a camera's process: what it was asked for and told."""

    def __init__(self, camera_id: str, request: CameraRequest, **_: object) -> None:
        self.id, self.heard = camera_id, [f"from {request.extra_in_force}"]
        made.append(self)

    def next(self, timeout_s: float) -> None:
        """No picture."""

    def use_masks(self, name: str) -> None:
        """Note it."""
        self.heard.append(f"masks {name}")

    def set_rate(self, fps: float | None) -> None:
        """Note it."""
        self.heard.append(f"rate {fps}")

    def has_ended(self) -> bool:
        """There is no process."""
        return True

    def stats(self) -> CameraStats:
        """Nothing."""
        return CameraStats(0, 0, 0, None, None)

    def close(self) -> None:
        """Nothing to close."""


made: list[HeardCamera] = []


@pytest.mark.parametrize(
    ("started_first", "heard"),
    [(False, ["from disarmed", "rate 2.0"]), (True, ["from away", "masks disarmed", "rate 2.0"])],
)
def test_a_state_that_changes_while_cameras_are_opened_reaches_them(
    detector: ScriptedDetector, monkeypatch: pytest.MonkeyPatch, started_first: bool, heard: list[str]
) -> None:
    """Before the process is started, and between its start and its first picture: masks and rate are those in force."""
    made.clear()
    monkeypatch.setattr("device.cameras.CameraProcess", HeardCamera)
    config = config_of("synthetic:", extra="fps_while = {disarmed = 2.0}\n")
    with open_lanes(config, detector, SystemClock()) as (lane,):
        if started_first:
            lane.camera.next(0.0)
        lane.camera.use_state("disarmed")
        lane.camera.next(0.0)
        assert [camera.heard for camera in made] == [heard]


def test_tracks_go_on_counting_after_a_reload(detector: ScriptedDetector) -> None:
    """A number is never used again in a run."""
    with open_lanes(config_of("synthetic:"), detector, SystemClock(), first_track=41) as (lane,):
        assert lane.pipeline.tracker.next_id == 41


def test_only_what_a_rule_is_about_is_looked_for() -> None:
    """People in any case, and the classes of the rules, in the model's order."""
    rule = '[[cameras.rules]]\nkind = "loitering"\nlabels = ["dog", "car"]\n'
    config = config_of("synthetic:", extra=rule)
    detector = build_detector(config)
    detector.close()
    assert wanted_labels(config, detector.card) == ("person", "car", "dog")


def test_hands_are_looked_at_only_where_a_rule_wants_it(detector: ScriptedDetector) -> None:
    """The networks for it are not even read elsewhere; lanes close them."""
    assert build_bodies(config_of("synthetic:", pose_model="pose-257")) is None
    with open_lanes(config_of("synthetic:", extra=HANDS), detector, SystemClock()) as (lane,):
        assert lane.pipeline.closer is not None
        bodies = lane.pipeline.closer.bodies
    with pytest.raises(ModelError, match="closed"):
        bodies.look(next(iter(frames())), (0.2, 0.1, 0.5, 0.9))


def test_a_class_that_the_model_does_not_know() -> None:
    """Named, with the nearest one that it does."""
    config = config_of("synthetic:", extra='[[cameras.rules]]\nkind = "loitering"\nlabels = ["persn"]\n')
    with pytest.raises(ConfigError, match=r"'persn', which the model .* did you mean 'person'\?"):
        build_detector(config)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (config_of("synthetic:", model="general-417"), "detector.model: no model is named 'general-417'"),
        (
            config_of("synthetic:", extra=HANDS, pose_model="pose-257"),
            "detector.pose_model: no model is named 'pose-257'",
        ),
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

"""The command line: what goes wrong is told in one line, with the right exit status."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from device.cli import main
from tests.detect.models import GENERAL_320, with_card
from tests.device.drawn import DASH, write_clip, write_config
from tests.sinks.broker import Mosquitto

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave signals and logging as they were: a service that cannot start has taken them over."""
    handlers = [signal.getsignal(number) for number in SIGNALS]
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for number, handler in zip(SIGNALS, handlers, strict=True):
        signal.signal(number, handler)
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Run a command; its exit status and its complaint, which is one line."""

    def call_it(*arguments: object) -> tuple[int, str]:
        status = main([str(argument) for argument in arguments])
        said = capfd.readouterr().err.splitlines()
        # The interpreter's library greets when it starts, and log lines are no complaint.
        lines = [line for line in said if not line.startswith(("INFO: Created TensorFlow", "{"))]
        assert len(lines) == (0 if status == 0 else 1), lines
        return status, lines[0].removeprefix("shopwarden: ") if lines else ""

    return call_it


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks through a room."""
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4")


BROKEN = {
    "no TOML": ("[device\n", "is not TOML"),
    "typo": ("max_per_sec", "detector.max_per_sec: unknown key; did you mean 'max_per_s'?"),
    "two points": ("[[0.2, 0.1], [0.8, 0.1]]", "a polygon needs at least 3 points, this one has 2"),
    "crosses itself": ("[[0.2, 0.1], [0.8, 0.9], [0.8, 0.1], [0.2, 0.9]]", "edge 1 crosses edge 3"),
}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("command", ["check-config", "run", "replay"])
def test_a_wrong_configuration(call: Call, tmp_path: Path, clip: Path, command: str, fault: str) -> None:
    """Status 2; the line names the file, the line in it and the key, whoever reads the file."""
    path = write_config(tmp_path)
    text, (wrong, complaint) = path.read_text(encoding="utf-8"), BROKEN[fault]
    polygon = "[[0.2, 0.1], [0.8, 0.1], [0.8, 1.0], [0.2, 1.0]]"
    text = {"no TOML": wrong + text, "typo": text.replace("max_per_s", wrong)}.get(fault, text.replace(polygon, wrong))
    path.write_text(text, encoding="utf-8")
    arguments: dict[str, tuple[object, ...]] = {
        "check-config": (path,),
        "run": ("--config", path),
        "replay": (clip, "--config", path, "--out", tmp_path),
    }
    status, told = call(command, *arguments[command])
    assert status == 2
    assert told.startswith(str(path))
    assert complaint in told


@pytest.mark.parametrize("name", ["nowhere.toml", ".", "clip.mp4"])
def test_no_configuration_file(call: Call, tmp_path: Path, clip: Path, name: str) -> None:
    """Not there, a folder, or no text."""
    shutil.copy(clip, tmp_path / "clip.mp4")
    status, told = call("check-config", tmp_path / name)
    assert (status, str(tmp_path / name) in told) == (2, True)


def test_check_config_prints_what_is_in_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every key, also those that were left out."""
    assert main(["check-config", str(write_config(tmp_path))]) == 0
    effective = json.loads(capsys.readouterr().out)
    assert effective["device"]["id"] == "shop-1"
    assert effective["detector"]["threads"] == 2


def test_a_rule_that_this_version_does_not_have(call: Call, tmp_path: Path) -> None:
    """Found before anything is started; it names file, line and camera."""
    path = write_config(tmp_path, more='\n  [[cameras.rules]]\n  kind = "camera_lost"\n  zone = "floor"\n')
    for command in (("check-config", path), ("run", "--config", path)):
        status, told = call(*command)
        assert status == 2
        line = path.read_text(encoding="utf-8").splitlines().index('  kind = "camera_lost"') + 1
        assert told.startswith(f"{path}:{line}: camera aisle: this version has no rule of kind 'camera_lost'")


def test_a_video_that_is_none(call: Call, tmp_path: Path, clip: Path) -> None:
    """Missing is a wrong call; damaged beyond use, empty or text is a failure, in replay and in the service."""
    whole = clip.read_bytes()
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("hello\n" * 5000, encoding="utf-8")
    (tmp_path / "head.mp4").write_bytes(whole[:300])
    for name, expected in (("nowhere.mp4", 2), ("empty.mp4", 1), ("text.mp4", 1), ("head.mp4", 1), ("", 2)):
        status, told = call("replay", tmp_path / name, "--config", write_config(tmp_path), "--out", tmp_path / "out")
        assert (status, str(tmp_path / name) in told) == (expected, True)
        status, told = call("run", "--config", write_config(tmp_path, source=f"file:{tmp_path / name}"))
        assert (status, str(tmp_path / name) in told) == (1, True)


def test_a_video_that_was_cut_is_played(tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As far as it goes: that is often all there is of a happening."""
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    assert main(["replay", str(cut), "--config", str(write_config(tmp_path)), "--out", str(tmp_path / "out")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["frames"] + told["damaged"] == 70
    assert 0 < told["frames"] < 70


def test_a_model_that_is_none(call: Call, tmp_path: Path, clip: Path) -> None:
    """Not there, no TFLite file, cut, or with a card that describes another network."""
    (tmp_path / "text.tflite").write_text("hello", encoding="utf-8")
    (tmp_path / "cut.tflite").write_bytes(GENERAL_320.read_bytes()[:100_000])
    with_card(GENERAL_320, tmp_path / "other.tflite", lambda card: card["input"].update(width=416, height=416))
    complaints = {
        "nowhere": "there is no such model file", "text": "not a TFLite model", "cut": "cut short or is not ours",
        "other": "",
    }  # fmt: skip
    for name, complaint in complaints.items():
        path = write_config(tmp_path)
        model = tmp_path / f"{name}.tflite"
        path.write_text(path.read_text(encoding="utf-8").replace("general-320", str(model)), encoding="utf-8")
        for command in (("replay", clip, "--config", path, "--out", tmp_path), ("run", "--config", path)):
            status, told = call(*command)
            assert status == (2 if name == "nowhere" else 1)
            assert str(model) in told
            assert complaint in told


@pytest.mark.parametrize("source", ["fil:clip.mp4", "v4l2:/dev/video0?loop=2", "rtsp:", "picamera2:front"])
def test_a_source_that_there_is_not(call: Call, tmp_path: Path, source: str) -> None:
    """Known before anything is started, so the configuration is what is wrong."""
    path = write_config(tmp_path, source=source)
    for command in (("run", "--config"), ("check-config",)):
        status, told = call(*command, path)
        assert status == 2
        assert told.startswith(f"{path}: camera aisle: source {source!r}")


def test_a_state_directory_that_cannot_be_written(call: Call, tmp_path: Path) -> None:
    """A file is in its way."""
    path = write_config(tmp_path)
    (tmp_path / "state").touch()
    status, told = call("run", "--config", path)
    assert status == 1
    assert f"state_dir {tmp_path / 'state'}: cannot be made" in told


def test_a_pin_or_a_password_that_cannot_be_used(call: Call, tmp_path: Path) -> None:
    """Both are the configuration's fault, and told before the service guards."""
    wrong = {
        '[pins]\nfactory = "mock"\noutputs = [{id = "a", pin = 17}, {id = "b", pin = 17}]\n': "have the pin 17",
        f'[mqtt]\nusername = "cam"\npassword_file = "{tmp_path / "none"}"\n': str(tmp_path / "none"),
    }
    for more, complaint in wrong.items():
        status, told = call("run", "--config", write_config(tmp_path, more=more))
        assert (status, complaint in told) == (2, True)


def test_an_output_that_cannot_be_written(call: Call, tmp_path: Path, clip: Path) -> None:
    """Below a file, or in place of one; for each command that writes."""
    config, file = write_config(tmp_path), tmp_path / "file"
    file.touch()
    calls: tuple[tuple[object, ...], ...] = (
        ("replay", clip, "--config", config, "--out", file),
        ("replay", clip, "--config", config, "--out", file / "below"),
        ("replay", clip, "--config", config, "--out", tmp_path / "out", "--annotate", file / "clip.mp4"),
        ("demo", "--once", "--clip", clip, "--out", file),
    )
    for arguments in calls:
        status, told = call(*arguments)
        assert (status, f"{file}" in told, "cannot be written" in told) == (1, True, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk(call: Call, tmp_path: Path, clip: Path) -> None:
    """Also where it fills up while writing."""
    out = tmp_path / "out"
    for name in ("tracks.txt", "timings.json"):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        (out / name).symlink_to("/dev/full")
        status, told = call("replay", clip, "--config", write_config(tmp_path), "--out", out)
        assert (status, "No space left on device" in told) == (1, True)


def test_calls_that_make_no_sense(call: Call, tmp_path: Path, clip: Path) -> None:
    """Status 2, from the command itself."""
    config = write_config(tmp_path)
    calls: tuple[tuple[object, ...], ...] = (
        ("replay", clip, "--config", config, "--out", tmp_path, "--camera", "ruf"),
        ("demo", "--once", "--clip", tmp_path / "nowhere.mp4"),
        ("bench", "--frames", 3),
        ("bench", "--threads", 0),
    )
    for arguments in calls:
        assert call(*arguments)[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["replay"],
        ["replay", "a.mp4", "--config", "c", "--out", "o", "--armed", "maybe"],
        ["replay", "a.mp4", "--config", "c", "--out", "o", "--start", "noon"],
        ["replay", "a.mp4", "--config", "c", "--out", "o", "--start", "2000-01-01T12:00:00"],
        ["replay", "a.mp4", "--config", "c", "--out", "o", "--start", "9999-12-31T23:59:59Z"],
    ],
)
def test_calls_that_the_parser_refuses(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, with the usage and no traceback."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: shopwarden")


def test_a_reader_that_has_gone(tmp_path: Path) -> None:
    """As in ``shopwarden check-config FILE | head -1``: no traceback, no complaint."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "device", "check-config", str(write_config(tmp_path))]
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_names_that_the_terminal_cannot_show(tmp_path: Path) -> None:
    """A name in no encoding at all is still only a name."""
    name = os.fsencode(tmp_path) + b"/sch\xf6n.toml"
    ended = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"device", b"check-config", name],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.count(b"\n") == 1
    assert b"there is no such file" in ended.stderr


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch, call: Call, tmp_path: Path, clip: Path) -> None:
    """A replay that was interrupted is not done."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("device.replay.replay", interrupt)
    assert call("replay", clip, "--config", write_config(tmp_path), "--out", tmp_path) == (1, "interrupted")


def test_a_camera_without_a_first_picture(monkeypatch: pytest.MonkeyPatch, call: Call, tmp_path: Path) -> None:
    """The service says which one, instead of guarding without it."""
    os.mkfifo(tmp_path / "pipe.toml")
    monkeypatch.setattr("device.core.first_picture.FIRST_PICTURE_S", 0.3)
    status, told = call("run", "--config", write_config(tmp_path, source=f"synthetic:{tmp_path / 'pipe.toml'}"))
    assert (status, "no camera has given a picture for 0.3 s" in told) == (1, True)


@pytest.mark.broker
@pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed")
def test_a_broker_that_refuses_the_password(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The service goes on guarding to the end of its recording, and tells once what to check."""
    clip = write_clip(tmp_path / "dash.mp4", DASH)
    broker = Mosquitto(tmp_path).start()
    try:
        (tmp_path / "password").write_text("wrong\n", encoding="utf-8")
        more = f'[mqtt]\nport = {broker.port}\nusername = "cam"\npassword_file = "{tmp_path / "password"}"\n'
        assert main(["run", "--config", str(write_config(tmp_path, source=f"file:{clip}", more=more))]) == 0
    finally:
        broker.kill()
    out, err = capfd.readouterr()
    assert "person_in_zone" in out
    told = [line for line in err.splitlines() if "refused user cam" in line]
    assert len(told) == 1
    assert "check username and password_file" in told[0]

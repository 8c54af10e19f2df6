"""Somebody walks about or switches the light off, as drawn scenes have it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gpiozero import DigitalOutputDevice

from device.clock import SimulatedClock, SystemClock
from device.config import Config, parse_config
from device.config.pins import OutputTable
from device.detect.scripted import ScriptedDetector
from device.errors import UsageError
from device.pins.board import mock_pins
from device.selftest import Asked, selftest
from device.selftest import walk as walk_module
from device.selftest.walk import CHIRP_S, Chirp, Walk
from tests.device.drawn import CONFIG, write_clip, write_scene

PINS = """
[pins]
factory = "mock"
[[pins.outputs]]
id = "siren"
pin = 17
[[pins.outputs]]
id = "beep"
pin = 22
kind = "buzzer"
[[pins.outputs]]
id = "lamp"
pin = 23
kind = "status"
"""
NIGHT = """
width_px = 320
height_px = 240
fps = 10.0
duration_s = 60.0
lights = [{ t_s = 6.0, gain = 0.0 }]
"""


def config_of(folder: Path, source: str, more: str = "") -> Config:
    """A configuration whose state lies in a folder."""
    return parse_config(CONFIG.format(state_dir=folder / "state", source=source) + more, "test")


def until(word: str, said: list[str]) -> Callable[[str], None]:
    """Listens, and presses Ctrl-C when it hears a word."""

    def say(text: str) -> None:
        said.append(text)
        if word in text:
            raise KeyboardInterrupt

    return say


def test_a_walk_lists_the_rules_that_spoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lamp shows each detection, the siren's pin is never touched, Ctrl-C ends it, and nothing is stored."""
    factory, said = mock_pins(), list[str]()
    monkeypatch.setattr(walk_module, "open_factory", lambda _wanted: factory)
    seen = {number: factory.pin(number) for number in (17, 22, 23)}
    for pin in seen.values():
        pin.clear_states()
    config = config_of(tmp_path, write_scene(tmp_path), PINS)
    (found,) = Walk(config, SystemClock(), until("person_in_zone-floor", said)).about(60.0)
    assert (found.check, found.name, found.status) == ("walk", "aisle", "ok")
    assert "person_in_zone-floor (1)" in found.text
    assert True in [state.state for state in seen[23].states]
    assert not seen[23].state
    for number in (17, 22):
        assert True not in [state.state for state in seen[number].states]
    assert not (tmp_path / "state").exists()


def test_nobody_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a warning, and says which rules are still to be seen; a recording ends it before its time."""
    monkeypatch.setattr(walk_module, "build_detector", lambda _config: ScriptedDetector({}, ("person",)))
    config = config_of(tmp_path, f"file:{write_clip(tmp_path / 'clip.mp4')}")
    (found,) = Walk(config, SystemClock(), lambda _text: None).about(100.0)
    assert found.status == "warning"
    assert "rules that spoke: none; not seen: line_crossed-door, person_in_zone-floor" in found.text


def test_no_camera(tmp_path: Path) -> None:
    """It fails and says why."""
    config = config_of(tmp_path, "file:nowhere.mp4")
    (found,) = Walk(config, SystemClock(), lambda _text: None).about(100.0)
    assert found.status == "failed"
    assert "nowhere.mp4" in found.text


def test_the_light_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noticed, and the try ends there."""
    monkeypatch.setattr(walk_module, "build_detector", lambda _config: ScriptedDetector({}, ("person",)))
    (tmp_path / "night.toml").write_text(NIGHT, encoding="utf-8")
    config, said = config_of(tmp_path, f"synthetic:{tmp_path / 'night.toml'}"), list[str]()
    (found,) = Walk(config, SystemClock(), said.append).in_the_dark(50.0)
    assert (found.check, found.status) == ("lights", "ok"), said
    assert "tamper_dark" in found.text
    assert "switch the light off now" in said[0]
    assert said[-1] == "the light may be switched on again\n"


def test_the_light_stays_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a warning: perhaps nobody reached the switch."""
    monkeypatch.setattr(walk_module, "build_detector", lambda _config: ScriptedDetector({}, ("person",)))
    config = config_of(tmp_path, f"file:{write_clip(tmp_path / 'clip.mp4')}")
    (found,) = Walk(config, SystemClock(), lambda _text: None).in_the_dark(30.0)
    assert found.status == "warning"
    assert "was the light off?" in found.text


@pytest.mark.parametrize(("kind", "chirps"), [("status", 4), ("buzzer", 2)])
def test_a_chirp_is_short(kind: Any, chirps: int) -> None:
    """On for a moment at a detection, a buzzer at most once a second."""
    factory, clock = mock_pins(), SimulatedClock()
    pin = factory.pin(5)
    chirp = Chirp(OutputTable(id="it", pin=5, kind=kind), DigitalOutputDevice(5, pin_factory=factory))
    pin.clear_states()
    for _ in range(30):
        chirp.heard(clock.monotonic())
        clock.wait(CHIRP_S / 3)
        chirp.tick(clock.monotonic())
    assert [state.state for state in pin.states].count(True) in range(chirps, chirps + 2)
    clock.wait(CHIRP_S)
    chirp.tick(clock.monotonic())
    assert not pin.state


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e9, float("nan")])
def test_how_long(tmp_path: Path, seconds: float) -> None:
    """A walk that never ends is refused before anything is tried."""
    with pytest.raises(UsageError, match="--walk"):
        selftest(config_of(tmp_path, "synthetic:"), io.StringIO(), Asked(walk_s=seconds))

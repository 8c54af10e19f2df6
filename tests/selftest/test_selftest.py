"""Each part tried, a line each."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockPin

from device.clock import SimulatedClock, SystemClock
from device.config import Config, parse_config
from device.core.arming.standing import Saved
from device.core.event import ArmedState
from device.pins.board import mock_pins
from device.selftest import Asked, checks, selftest
from device.selftest import pins as pins_module
from device.selftest.finding import Finding, document, line, passed
from device.selftest.pins import pins
from device.store.store import Store
from tests.device.drawn import CONFIG

PINS = """
[pins]
factory = "mock"
[[pins.outputs]]
id = "siren"
pin = 17
[[pins.outputs]]
id = "relay"
pin = 22
active_high = false
[[pins.inputs]]
id = "front"
pin = 16
kind = "door"
"""


def config_of(folder: Path, more: str = "", source: str = "synthetic:") -> Config:
    """A configuration whose state lies in a folder."""
    return parse_config(CONFIG.format(state_dir=folder / "state", source=source) + more, "test")


def by_name(found: Iterator[Finding]) -> dict[str, Finding]:
    """What was found, by what was tried."""
    return {it.name: it for it in found}


def test_a_whole_device(tmp_path: Path) -> None:
    """Every part has its line, for a program too; what only warns does not fail."""
    config = config_of(tmp_path, PINS)
    out = io.StringIO()
    assert selftest(config, out, Asked(as_json=True))
    told = json.loads(out.getvalue())
    assert told["ok"] is True
    found = {(it["check"], it["name"]): it["status"] for it in told["checks"]}
    assert found.keys() >= {("camera", "aisle"), ("model", ""), ("pins", "siren"), ("pins", "front"), ("clock", "")}
    assert (found["camera", "aisle"], found["model", ""], found["pins", "siren"]) == ("ok", "ok", "skipped")
    assert not (tmp_path / "state").exists()


def test_pins_are_pulsed_where_nobody_is_woken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is disarmed, or when asked for; not while it is armed, by its saved state."""
    monkeypatch.setattr(checks, "model", lambda _config, _clock: Finding("model", "", "ok", "left out"))
    monkeypatch.setattr(checks, "camera", lambda _table, _clock, _keep: Finding("camera", "aisle", "ok", "left out"))
    Store.open(tmp_path / "state").close()
    cases: tuple[tuple[ArmedState | None, bool | None, str], ...] = (
        (None, None, "skipped"),
        ("away", None, "skipped"),
        ("disarmed", None, "ok"),
        ("away", True, "ok"),
        ("disarmed", False, "skipped"),
    )
    for saved, pulse, status in cases:
        with closing(Store.open(tmp_path / "state")) as store:
            if saved is not None:
                store.save_panel(Saved(saved), (store.load_panel() or (None, 0))[1] + 1)
        out = io.StringIO()
        assert selftest(config_of(tmp_path, PINS), out, Asked(pulse=pulse))
        assert f"{status:<8} pins siren" in out.getvalue()


def test_a_pulse_is_on_and_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """High or low as the relay wants it, and off in the end."""
    factory = mock_pins()
    monkeypatch.setattr(pins_module, "open_factory", lambda _wanted: factory)
    seen = {number: factory.pin(number) for number in (17, 22)}
    for pin in seen.values():
        pin.clear_states()
    found = by_name(pins(config_of(tmp_path, PINS), SimulatedClock(), pulse=True, why_not=""))
    assert {it.status for it in found.values()} == {"ok"}
    assert [state.state for state in seen[17].states][-2:] == [True, False]
    assert [state.state for state in seen[22].states][1:4] == [True, False, True]


def test_a_pin_that_does_not_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short circuit is found: what is driven is read back."""
    monkeypatch.setattr(MockPin, "_get_state", lambda self: False)  # noqa: ARG005 - pulled down from outside
    found = by_name(pins(config_of(tmp_path, PINS), SimulatedClock(), pulse=True, why_not=""))
    assert (found["siren"].status, found["relay"].status) == ("failed", "ok")
    assert "short circuit" in found["siren"].text


@pytest.mark.parametrize(
    ("kind", "more", "status"), [("panic", "", "ok"), ("panic", "active_high = true", "warning"), ("door", "", "ok")]
)
def test_inputs_are_read(tmp_path: Path, kind: str, more: str, status: str) -> None:
    """A panic button that is pressed all the time is wired wrong."""
    text = f'[pins]\nfactory = "mock"\n[[pins.inputs]]\nid = "it"\npin = 16\nkind = "{kind}"\n{more}\n'
    found = by_name(pins(config_of(tmp_path, text), SimulatedClock(), pulse=False, why_not=""))
    assert found["it"].status == status


def test_pins_that_are_not_there(tmp_path: Path) -> None:
    """None configured is no fault; real ones asked for where there are none is."""
    assert [it.status for it in pins(config_of(tmp_path), SimulatedClock(), pulse=True, why_not="")] == ["skipped"]
    wanted = config_of(tmp_path, PINS.replace("mock", "lgpio"))
    if not Path("/dev/gpiochip0").exists():
        assert [it.status for it in pins(wanted, SimulatedClock(), pulse=True, why_not="")] == ["failed"]


def test_a_camera_that_is_not_there(tmp_path: Path) -> None:
    """It is told, and why."""
    (table,) = config_of(tmp_path, source="file:nowhere.mp4").cameras
    finding = checks.camera(table, SystemClock())
    assert finding.status == "failed"
    assert "nowhere.mp4" in finding.text


def test_the_disk(tmp_path: Path) -> None:
    """A folder that is not there yet, one that is sound, and one whose store is damaged."""
    config = config_of(tmp_path)
    assert [it.status for it in checks.disk(config)] == ["warning"]
    Store.open(tmp_path / "state").close()
    assert [it.status for it in checks.disk(config)] == ["ok"]
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["shopwarden.db"]
    (tmp_path / "state" / "shopwarden.db").write_bytes(b"nonsense" * 1000)
    (fault,) = checks.disk(config)
    assert fault.status == "failed"


def test_the_clock() -> None:
    """A clock that nobody has set is worth a warning."""
    assert [checks.clock_set(SimulatedClock(synced=it)).status for it in (True, False)] == ["ok", "warning"]


def test_the_watchdog() -> None:
    """Under systemd it is told by the environment."""
    assert checks.watchdog({"WATCHDOG_USEC": "30000000"}).text == "systemd waits 30 s"


def test_no_broker(tmp_path: Path) -> None:
    """None configured is no fault; one that does not answer is."""
    clock = SimulatedClock()
    assert checks.broker(config_of(tmp_path), clock).status == "skipped"
    away = config_of(tmp_path, '[mqtt]\nhost = "127.0.0.1"\nport = 9\n')
    assert checks.broker(away, clock).status == "failed"


def test_a_model_that_is_none(tmp_path: Path) -> None:
    """It is told, and the other tries go on."""
    (tmp_path / "bad.tflite").write_bytes(b"x")
    text = CONFIG.format(state_dir=tmp_path, source="synthetic:").replace("general-320", str(tmp_path / "bad.tflite"))
    assert checks.model(parse_config(text, "test"), SimulatedClock()).status == "failed"


def test_lines() -> None:
    """One line each, whatever an error's text holds."""
    found: list[Any] = [Finding("camera", "aisle", "failed", "no\npicture"), Finding("clock", "", "ok", "set")]
    assert [line(it) for it in found] == [
        "failed   camera aisle         no picture\n",
        "ok       clock                set\n",
    ]
    assert not passed(found)
    assert json.loads(document(found))["ok"] is False

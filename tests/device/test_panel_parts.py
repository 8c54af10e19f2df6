"""The guard wired to disk and pins."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.clock import SystemClock
from device.config import Config, parse_config
from device.config.panel import schedule_of
from device.core.arming.standing import Cause
from device.errors import ConfigError
from device.guard.codes import Codes
from device.guard.guard import Guard, Request
from device.outlets import Outlets, open_outlets
from device.panel_parts import Ways, open_guard
from tests.device.drawn import CONFIG
from tests.pins.waiting import soon

SIREN, DOOR, KEY, PANIC = 17, 16, 26, 23
CLOCK = SystemClock()
MORE = """
[pins]
factory = "mock"
[[pins.outputs]]
id = "siren"
pin = 17
[[pins.inputs]]
id = "front"
pin = 16
kind = "door"
debounce_s = 0.005
[[pins.inputs]]
id = "lock"
pin = 26
kind = "key"
key = "turn"
debounce_s = 0.005
[[pins.inputs]]
id = "help"
pin = 23
kind = "panic"
debounce_s = 0.005
[arming]
state = "{state}"
entry_delay_s = {entry_delay_s}
"""
DISARM = Request(action="disarm", source="page", pin="4711")


def config_of(folder: Path, state: str = "away", entry_delay_s: float = 0.0) -> Config:
    """A configuration whose state lies in a folder."""
    text = CONFIG.format(state_dir=folder / "state", source="synthetic:")
    return parse_config(text + MORE.format(state=state, entry_delay_s=entry_delay_s), "test")


class Wired:
    """Outlets and a guard, and the mock pins between them."""

    def __init__(self, outlets: Outlets, guard: Guard) -> None:
        self.outlets, self.guard = outlets, guard

    def pin(self, number: int) -> Any:
        """A mock pin."""
        return self.outlets.factory.pin(number)

    def sounds(self) -> bool:
        """Whether the siren does."""
        return bool(self.pin(SIREN).state)

    def move(self, number: int, *, to_high: bool) -> bool:
        """Change a contact, after it has been the other way for a moment; on a stalled machine that may go unseen."""
        for high in (not to_high, to_high):
            self.pin(number).drive_high() if high else self.pin(number).drive_low()
            CLOCK.wait(0.03)
        return True


@contextlib.contextmanager
def wired(config: Config) -> Iterator[Wired]:
    """The guard at work."""
    with open_outlets(config, CLOCK, io.StringIO()) as outlets:
        outlets.start()
        ways = Ways(outlets.emit, outlets.mute, outlets.store, outlets.factory)
        with open_guard(config, CLOCK, ways) as guard:
            yield Wired(outlets, guard)


def told(wired: Wired) -> list[str]:
    """What is on disk, oldest first, in short."""
    return [f"{it.kind} {it.state} {it.priority}" for it in reversed(wired.outlets.store.events())]


def test_a_door_sets_the_siren_off(tmp_path: Path) -> None:
    """From pin to pin, with everything on disk; disarming ends it."""
    Codes(tmp_path / "state" / "panel-pins").set("anna", "4711")
    with wired(config_of(tmp_path)) as it:
        assert soon(lambda: it.move(DOOR, to_high=True) and it.sounds())
        assert it.guard.command(DISARM).done
        assert soon(lambda: not it.sounds())
        assert soon(lambda: "disarmed start notice" in told(it))
        assert "input start alarm" in told(it)


def test_panic_sounds_while_disarmed(tmp_path: Path) -> None:
    """And goes on when the button is let go, until somebody disarms."""
    Codes(tmp_path / "state" / "panel-pins").set("anna", "4711")
    with wired(config_of(tmp_path, "disarmed")) as it:
        assert soon(lambda: it.move(PANIC, to_high=False) and it.sounds())
        it.move(PANIC, to_high=True)
        assert it.sounds()
        assert it.guard.command(DISARM).done
        assert soon(lambda: not it.sounds())


def test_a_key_that_is_turned_arms(tmp_path: Path) -> None:
    """For as long as it is turned."""
    with wired(config_of(tmp_path, "disarmed")) as it:
        assert soon(lambda: it.move(KEY, to_high=False) and it.guard.standing().panel == "armed_away")
        it.pin(KEY).drive_high()
        assert soon(lambda: it.guard.standing().panel == "disarmed")


def test_the_state_outlives_the_service(tmp_path: Path) -> None:
    """What was asked for holds, whatever the configuration starts with; an alarm sounds again."""
    Codes(tmp_path / "state" / "panel-pins").set("anna", "4711")
    config = config_of(tmp_path)
    with wired(config) as it:
        assert it.guard.command(DISARM).saved
    with wired(config) as it:
        assert it.guard.standing().armed == "disarmed"
        it.guard.command(Request(action="arm", source="page", state="night"))
    with wired(config) as it:
        assert it.guard.standing().panel == "armed_night"
        assert it.guard.alarm(Cause("person_in_zone", "aisle", "floor", may_wait=True)) == "alarm"
        assert soon(it.sounds)
    with wired(config) as it:
        assert it.guard.standing().panel == "triggered"
        assert soon(it.sounds)


def test_a_place_that_is_gone_is_bypassed_no_more(tmp_path: Path) -> None:
    """A new configuration may have other zones."""
    Codes(tmp_path / "state" / "panel-pins").set("anna", "4711")
    with wired(config_of(tmp_path)) as it:
        assert it.guard.command(Request(action="bypass", source="page", pin="4711", place="front")).done
    other = parse_config(CONFIG.format(state_dir=tmp_path / "state", source="synthetic:"), "test")
    with wired_without_pins(other) as guard:
        assert guard.standing().bypassed == frozenset()


@contextlib.contextmanager
def wired_without_pins(config: Config) -> Iterator[Guard]:
    """A guard on a device that has none."""
    with (
        open_outlets(config, CLOCK, io.StringIO()) as outlets,
        open_guard(config, CLOCK, Ways(outlets.emit, outlets.mute, outlets.store, outlets.factory)) as guard,
    ):
        yield guard


def test_a_file_of_pins_that_is_none_stops_the_start(tmp_path: Path) -> None:
    """A guard that nobody could disarm would be found out too late."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "panel-pins").write_text("4711\n", encoding="ascii")
    with pytest.raises(ConfigError, match="pins_file"), wired(config_of(tmp_path)):
        pass


def test_the_systems_time_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read where none is named; UTC where there is none; a broken one is told."""
    schedule_of(config_of(tmp_path))
    monkeypatch.setattr("device.config.panel._SYSTEM_ZONE", tmp_path / "nowhere")
    assert not schedule_of(config_of(tmp_path))
    (tmp_path / "broken").write_text("x", encoding="ascii")
    monkeypatch.setattr("device.config.panel._SYSTEM_ZONE", tmp_path / "broken")
    with pytest.raises(ConfigError, match=r"arming\.timezone"):
        schedule_of(config_of(tmp_path))

"""Everybody who is told, wired together."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from device.clock import SystemClock
from device.config import Config, parse_config
from device.errors import ConfigError, FatalSinkError, StoreError
from device.outlets import Outlets, open_outlets
from device.pins.output import OutputPin
from device.store.store import Store
from tests.device.drawn import CONFIG
from tests.events import make_event
from tests.pins.waiting import soon

PINS = '[pins]\nfactory = "{factory}"\noutputs = [{{id = "siren", pin = 17}}, {{id = "lamp", pin = {second}}}]\n'


def config_of(folder: Path, more: str = "") -> Config:
    """A configuration whose state lies in a folder."""
    return parse_config(CONFIG.format(state_dir=folder / "state", source="synthetic:") + more, "test")


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[OutputPin]:
    """The outputs that are made, in order."""
    made: list[OutputPin] = []

    def make(*arguments: Any, **options: Any) -> OutputPin:
        made.append(OutputPin(*arguments, **options))
        return made[-1]

    monkeypatch.setattr("device.outlets.OutputPin", make)
    return made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closed after the test."""
    with ExitStack() as opened:
        yield opened


def started(config: Config, console: io.StringIO, stack: ExitStack) -> Outlets:
    """Outlets that work."""
    outlets = stack.enter_context(open_outlets(config, SystemClock(), console))
    outlets.start()
    return outlets


def test_an_event_reaches_disk_and_console(tmp_path: Path, stack: ExitStack) -> None:
    """Everything that was told before the end arrives, in order; the console hears of what is on disk."""
    console = io.StringIO()
    with ExitStack() as inner:
        outlets = started(config_of(tmp_path), console, inner)
        for zone in ("one", "two", "three"):
            outlets.emit(make_event(zone=zone))

    store = Store.open(tmp_path / "state")
    stack.callback(store.close)
    assert [(event.seq, event.zone) for event in reversed(store.events())] == [(1, "one"), (2, "two"), (3, "three")]
    places = [console.getvalue().index(f"aisle/{zone}") for zone in ("one", "two", "three")]
    assert places == sorted(places)


def test_without_a_broker_nothing_waits_for_one(tmp_path: Path, stack: ExitStack) -> None:
    """Events are kept, and the outbox stays empty."""
    with ExitStack() as inner:
        started(config_of(tmp_path), io.StringIO(), inner).emit(make_event())
    store = Store.open(tmp_path / "state")
    stack.callback(store.close)
    assert (len(store.events()), store.outbox_size()) == (1, 0)


def test_outputs_have_their_names_and_end_silent(tmp_path: Path) -> None:
    """Each output has its name; whatever sounds is silent when the service has ended."""
    with ExitStack() as inner:
        outlets = started(config_of(tmp_path, PINS.format(factory="mock", second=27)), io.StringIO(), inner)
        outlets.emit(make_event(priority="alarm"))
        assert [pin.name for pin in outlets.pins] == ["siren", "lamp"]
        assert soon(lambda: all(pin.is_on for pin in outlets.pins))
        outlets.mute(60.0)
        assert soon(lambda: not any(pin.is_on for pin in outlets.pins))
        outlets.mute(0.0)
        assert soon(lambda: all(pin.is_on for pin in outlets.pins))
    assert [pin.is_on for pin in outlets.pins] == [False, False]


def test_a_start_that_fails_lets_go_of_everything(tmp_path: Path, outputs: list[OutputPin]) -> None:
    """After each fault the next try finds pins and database free."""
    pins = PINS.format(factory="mock", second=27)
    wrong = {
        PINS.format(factory="mock", second=17): ConfigError,
        pins + '[mqtt]\nusername = "cam"\npassword_file = "/nowhere/password"\n': ConfigError,
        PINS.format(factory="lgpio", second=27): FatalSinkError,
    }
    for more, kind in wrong.items():
        with pytest.raises(kind), open_outlets(config_of(tmp_path, more), SystemClock()):
            pass
    (tmp_path / "file").touch()
    with pytest.raises(StoreError), open_outlets(config_of(tmp_path / "file", pins), SystemClock()):
        pass
    assert outputs
    assert all(pin._device.closed for pin in outputs)
    with ExitStack() as inner:
        started(config_of(tmp_path, pins), io.StringIO(), inner)


def test_pins_that_nobody_sees_are_told(tmp_path: Path) -> None:
    """Off the Pi ``auto`` means mock pins: somebody who wired a siren must learn that it will not sound."""
    for factory, told in (("auto", 1), ("mock", 0)):
        more = PINS.format(factory=factory, second=27)
        with capture_logs() as logs, open_outlets(config_of(tmp_path, more), SystemClock()):
            pass
        assert sum(line["event"] == "pins_are_mock" for line in logs) == told

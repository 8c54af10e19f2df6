"""What pins promise, mock ones and a board's: on a board, wire GPIO 17 to GPIO 27."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import DigitalOutputDevice

from device.clock import SystemClock
from device.core.output import OutputSettings
from device.errors import ConfigError
from device.pins.board import board_pins, mock_pins
from device.pins.inputs import InputPins, InputSettings
from device.pins.output import OutputPin
from tests.events import make_event
from tests.pins.waiting import soon

OUT, IN = 17, 27
"""Where something is driven, and where it is read."""
NOW = SystemClock().monotonic


class Board:
    """Pins of one kind, and the wire between two of them."""

    def __init__(self, factory: Any, *, mock: bool) -> None:
        self.factory, self.mock = factory, mock

    def drive(self, *, high: bool) -> None:
        """Put a level on the input, from outside."""
        if self.mock:
            pin = self.factory.pin(IN)
            pin.drive_high() if high else pin.drive_low()
        else:
            self._driver().value = high

    def level(self) -> bool:
        """What the output carries."""
        return bool(self.factory.pin(OUT).state)

    def _driver(self) -> Any:
        if not hasattr(self, "_device"):
            self._device = DigitalOutputDevice(OUT, pin_factory=self.factory)
        return self._device


@pytest.fixture(params=["mock", pytest.param("lgpio", marks=pytest.mark.pi)])
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    """Each kind of pins in turn."""
    mock = request.param == "mock"
    with contextlib.closing(mock_pins() if mock else board_pins()) as factory:
        yield Board(factory, mock=mock)


@contextlib.contextmanager
def driving(board: Board, *, active_high: bool = True, **settings: Any) -> Iterator[OutputPin]:
    """An output that works."""
    output = OutputPin(
        "siren", OUT, OutputSettings(**settings), factory=board.factory, active_high=active_high, clock=NOW
    )
    output.start()
    try:
        yield output
    finally:
        assert output.stop(20.0)


@contextlib.contextmanager
def reading(board: Board, told: list[bool], *, high: bool = False, **changes: Any) -> Iterator[InputPins]:
    """An input that is read, once its first level is believed; a mock pin takes none before it has its resistor."""
    settings = InputSettings(
        **{"id": "door", "pin": IN, "pull": "up", "active_high": True, "debounce_s": 0.02, **changes}
    )
    inputs = InputPins([settings], factory=board.factory, clock=NOW, tell=lambda _name, active, _t: told.append(active))
    board.drive(high=high)
    inputs.start()
    try:
        assert soon(lambda: inputs._pins[0].debounce.active is not None)
        yield inputs
    finally:
        assert inputs.stop(20.0)


@pytest.mark.parametrize("active_high", [True, False])
def test_an_output_follows_an_alarm(board: Board, active_high: bool) -> None:
    """Off from the first moment, on with the alarm, off with its end: high or low, as the relay wants it."""
    alarm = make_event(priority="alarm")
    with driving(board, active_high=active_high) as output:
        assert board.level() is not active_high
        assert output.offer(alarm)
        assert soon(lambda: board.level() is active_high)
        output.offer(make_event(state="end", event_id=alarm.event_id))
        assert soon(lambda: board.level() is not active_high)
        assert output.stats().trouble is None


def test_an_output_ends_off_and_lets_go(board: Board) -> None:
    """Whatever sounds is silent when the service ends, and the next one finds the pin free."""
    with driving(board) as output:
        output.offer(make_event(priority="alarm"))
        assert soon(lambda: output.is_on)
    assert not output.is_on
    assert board.factory.pin(OUT).function == "input"
    with driving(board):
        assert board.level() is False


def test_a_pattern_and_a_longest_time(board: Board) -> None:
    """It blinks by itself, and is over by itself."""
    with driving(board, pattern=(0.03, 0.03), max_on_s=0.5) as output:
        if board.mock:
            board.factory.pin(OUT).clear_states()
        output.offer(make_event(priority="alarm"))
        assert soon(lambda: output.stats().progress >= 5)
        assert soon(lambda: output._output._window is None)
        assert soon(lambda: not board.level())
        if board.mock:
            seen = [state.state for state in board.factory.pin(OUT).states]
            assert seen == [number % 2 == 1 for number in range(len(seen))]


def test_mute(board: Board) -> None:
    """A sounder falls silent at once, and sounds again when that is taken back."""
    with driving(board) as output:
        output.offer(make_event(priority="alarm"))
        assert soon(board.level)
        output.mute(600.0)
        assert soon(lambda: not board.level())
        output.mute(0.0)
        assert soon(board.level)


@pytest.mark.parametrize("pin", [99, -1])
def test_a_pin_that_does_not_exist(board: Board, pin: int) -> None:
    """It is a wrong configuration; the message names the pin and what to do."""
    wired = InputSettings(id="door", pin=pin, pull="up", active_high=True)
    with pytest.raises(ConfigError, match=rf"gpio: pin {pin}: .*name another pin"):
        OutputPin("siren", pin, OutputSettings(), factory=board.factory, clock=NOW)
    with pytest.raises(ConfigError, match=rf"gpio: pin {pin}: .*name another pin"):
        InputPins([wired], factory=board.factory, clock=NOW, tell=lambda *_: None)


def test_a_pin_in_use(board: Board) -> None:
    """Two parts cannot share a pin; one that cannot be made leaves the others free."""
    with driving(board), pytest.raises(ConfigError, match="already in use"):
        OutputPin("lamp", OUT, OutputSettings(), factory=board.factory, clock=NOW)
    one, two = (InputSettings(id=name, pin=IN, pull="up", active_high=True) for name in ("one", "two"))
    with pytest.raises(ConfigError, match="already in use"):
        InputPins([one, two], factory=board.factory, clock=NOW, tell=lambda *_: None)
    with reading(board, []):
        pass


@pytest.mark.parametrize("pull", ["up", "down", "none"])
@pytest.mark.parametrize("active_high", [True, False])
def test_an_input_tells_of_each_steady_change(board: Board, pull: str, active_high: bool) -> None:
    """Whatever the resistor, active means what the configuration says; the level at the start is no news."""
    told: list[bool] = []
    with reading(board, told, high=not active_high, pull=pull, active_high=active_high):
        assert told == []
        board.drive(high=active_high)
        assert soon(lambda: told == [True])
        board.drive(high=not active_high)
        assert soon(lambda: told == [True, False])


def test_a_glitch_is_no_change(board: Board) -> None:
    """A spike that is shorter than the debounce time is not told."""
    told: list[bool] = []
    with reading(board, told, debounce_s=0.5) as inputs:
        board.drive(high=True)
        board.drive(high=False)
        before = inputs.stats().progress
        assert soon(lambda: inputs.stats().progress > before + 1)
        assert told == []

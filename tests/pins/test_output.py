"""An output pin that a board refuses, and pins that are not there."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero.exc import GPIOZeroError

from device.clock import SystemClock
from device.core.output import OutputSettings
from device.errors import FatalSinkError
from device.pins.board import are_real, board_pins, mock_pins, open_factory
from device.pins.output import OutputPin
from tests.events import make_event
from tests.pins.waiting import soon


@pytest.fixture
def factory() -> Iterator[Any]:
    """Mock pins."""
    pins = mock_pins()
    yield pins
    pins.close()


def test_a_board_that_refuses_is_asked_again(factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A siren is worth many tries; the trouble is told, and over once it works."""
    output = OutputPin("siren", 17, OutputSettings(), factory=factory, clock=SystemClock().monotonic)

    def refuse() -> None:
        raise GPIOZeroError("bus error")

    monkeypatch.setattr(output._device, "on", refuse)
    output.start()
    output.offer(make_event(priority="alarm"))
    assert soon(lambda: output.stats().failures >= 2)
    assert output.stats().trouble == "gpio: pin 17: bus error: check the wiring, /dev/gpiochip* and the group gpio"
    assert not output.is_on
    monkeypatch.undo()
    assert soon(lambda: output.is_on)
    assert soon(lambda: output.stats().trouble is None)
    assert output.stop(20.0)


def test_it_may_be_stopped_before_it_was_started(factory: Any) -> None:
    """A start that failed elsewhere lets go of the pin all the same."""
    output = OutputPin("siren", 17, OutputSettings(), factory=factory, clock=SystemClock().monotonic)
    assert output.stop()
    OutputPin("siren", 17, OutputSettings(), factory=factory, clock=SystemClock().monotonic).stop()


@pytest.mark.skipif(os.path.exists("/dev/gpiochip0"), reason="this machine has pins")  # noqa: PTH110 - one flag
def test_a_machine_without_pins_says_so() -> None:
    """Off the Pi the real pins are refused with what to do about it."""
    with pytest.raises(FatalSinkError, match=r"^gpio: .*(mock pins|check the wiring)"):
        board_pins()
    with pytest.raises(FatalSinkError, match="gpio"):
        open_factory("lgpio")
    assert [are_real(wanted) for wanted in ("lgpio", "mock")] == [True, False]

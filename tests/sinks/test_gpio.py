"""The siren on mock pins."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gpiozero.exc import GPIOZeroError

from device.errors import ConfigError, FatalSinkError, TransientSinkError
from device.sinks.gpio import SirenSink, board_pins, mock_pins
from tests.events import make_event

PIN = 17


class HandTimer:
    """Rings when the test says so."""

    def __init__(self, delay_s: float, ring: Callable[[], None]) -> None:
        self.delay_s, self.ring = delay_s, ring
        self.running = False

    def start(self) -> None:
        """Note it."""
        self.running = True

    def cancel(self) -> None:
        """Note it."""
        self.running = False


@pytest.fixture
def factory() -> Iterator[Any]:
    """Mock pins."""
    pins = mock_pins()
    yield pins
    pins.close()


@pytest.fixture
def timers() -> list[HandTimer]:
    """Every timer that a siren made."""
    return []


@pytest.fixture
def siren(factory: Any, timers: list[HandTimer]) -> Iterator[SirenSink]:
    """A siren whose time is the test's."""

    def timer(delay_s: float, ring: Callable[[], None]) -> HandTimer:
        timers.append(HandTimer(delay_s, ring))
        return timers[-1]

    sink = SirenSink(PIN, factory=factory, max_on_s=60.0, timer=timer)
    yield sink
    sink.close()


def test_an_alarm_sounds_until_its_end(siren: SirenSink, factory: Any, timers: list[HandTimer]) -> None:
    """The pin follows start and end of an alarm."""
    alarm = make_event(priority="alarm")
    assert not factory.pin(PIN).state
    siren.handle(alarm)
    assert factory.pin(PIN).state
    siren.handle(make_event(priority="info", state="end", event_id=alarm.event_id))
    assert not factory.pin(PIN).state
    assert (timers[0].delay_s, timers[0].running) == (60.0, False)


@pytest.mark.parametrize("priority", ["info", "notice", "warning"])
def test_less_than_an_alarm_is_silent(siren: SirenSink, priority: str) -> None:
    """No other priority touches the pin."""
    siren.handle(make_event(priority=priority))
    assert not siren.is_on


def test_an_update_that_becomes_an_alarm_sounds(siren: SirenSink) -> None:
    """What began as a warning and is an alarm by now counts."""
    first = make_event(priority="warning")
    siren.handle(first)
    siren.handle(make_event(priority="alarm", state="update", event_id=first.event_id))
    assert siren.is_on


def test_it_sounds_while_any_alarm_lasts(siren: SirenSink) -> None:
    """The end of one of two alarms, or of something that never was one, leaves it on."""
    one, two = make_event(priority="alarm"), make_event(priority="alarm")
    siren.handle(one)
    siren.handle(two)
    siren.handle(make_event(state="end", event_id=one.event_id))
    siren.handle(make_event(state="end"))
    assert siren.is_on
    siren.handle(make_event(state="end", event_id=two.event_id))
    assert not siren.is_on


def test_it_falls_silent_after_its_longest_time(siren: SirenSink, timers: list[HandTimer]) -> None:
    """The same alarm does not sound again, a new one does."""
    alarm = make_event(priority="alarm")
    siren.handle(alarm)
    timers[0].ring()
    assert not siren.is_on
    siren.handle(make_event(priority="alarm", state="update", event_id=alarm.event_id))
    assert not siren.is_on
    siren.handle(make_event(priority="alarm"))
    assert siren.is_on


def test_a_timer_that_rings_too_late_does_not_silence_the_next_alarm(siren: SirenSink, timers: list[HandTimer]) -> None:
    """Only the timer of the newest alarm counts, even where an older one rings while it is being cancelled."""
    siren.handle(make_event(priority="alarm"))
    siren.handle(make_event(priority="alarm"))
    timers[0].ring()
    assert siren.is_on
    timers[1].ring()
    assert not siren.is_on


def test_closing_is_safe(factory: Any, siren: SirenSink, timers: list[HandTimer]) -> None:
    """Closing silences, lets go of the pin, may come twice, and outlives a late timer."""
    siren.handle(make_event(priority="alarm"))
    pin = factory.pin(PIN)
    pin.clear_states()
    siren.close()
    assert [state.state for state in pin.states][:2] == [True, False]
    assert pin.function == "input"
    siren.close()
    timers[0].ring()
    with pytest.raises(FatalSinkError, match="closed"):
        siren.handle(make_event(priority="alarm"))
    SirenSink(PIN, factory=factory).close()


def test_a_relay_that_is_on_when_low(factory: Any) -> None:
    """With active_high off the pin rests high and sounds low."""
    sink = SirenSink(PIN, factory=factory, active_high=False)
    assert factory.pin(PIN).state
    sink.handle(make_event(priority="alarm"))
    assert not factory.pin(PIN).state
    sink.close()


def test_the_real_timer_rings(factory: Any) -> None:
    """Without a test's timer a thread's does the same."""
    sink = SirenSink(PIN, factory=factory, max_on_s=0.01)
    factory.pin(PIN).clear_states()
    sink.handle(make_event(priority="alarm"))
    poll = threading.Event()
    for _ in range(1000):
        if not sink.is_on:
            break
        poll.wait(0.01)
    assert [state.state for state in factory.pin(PIN).states] == [False, True, False]
    sink.close()


def test_its_memory_is_bounded(siren: SirenSink) -> None:
    """Alarms without an end do not pile up for ever, and the siren still obeys."""
    for _ in range(1500):
        siren.handle(make_event(priority="alarm"))
    assert len(siren._known) == 1024
    assert len(siren._sounding) == 1024
    assert siren.is_on


@pytest.mark.parametrize("pin", [99, -1])
def test_a_pin_that_does_not_exist_is_a_wrong_configuration(factory: Any, pin: int) -> None:
    """The message names the pin and what to do."""
    with pytest.raises(ConfigError, match=rf"gpio: pin {pin}: .*name another pin"):
        SirenSink(pin, factory=factory)


def test_a_pin_in_use_is_a_wrong_configuration(factory: Any, siren: SirenSink) -> None:
    """Two parts cannot share a pin."""
    assert not siren.is_on
    with pytest.raises(ConfigError, match="already in use"):
        SirenSink(PIN, factory=factory)


def test_a_board_that_refuses_is_tried_again(siren: SirenSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the pin is a transient one: a siren is worth another try."""

    def refuse() -> None:
        raise GPIOZeroError("bus error")

    monkeypatch.setattr(siren._device, "on", refuse)
    alarm = make_event(priority="alarm")
    with pytest.raises(TransientSinkError, match="gpio: pin 17: bus error"):
        siren.handle(alarm)
    monkeypatch.undo()
    siren.handle(alarm)
    assert siren.is_on


@pytest.mark.skipif(os.path.exists("/dev/gpiochip0"), reason="this machine has pins")  # noqa: PTH110 - one flag
def test_a_machine_without_pins_says_so() -> None:
    """Off the Pi the real pins are refused with what to do about it."""
    with pytest.raises(FatalSinkError, match=r"^gpio: .*(mock pins|check the wiring)"):
        board_pins()

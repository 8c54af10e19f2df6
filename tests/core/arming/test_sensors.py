"""What contacts, buttons and keys mean."""

from typing import Any

import pytest

from device.core.arming.sensors import CHATTER_S, CHATTER_STARTS, SENSOR_ARMED_IN, SENSOR_KINDS, Sensor, SensorSettings
from tests.builders import states


def make_sensor(kind: Any, **more: Any) -> Sensor:
    """An input named like its kind."""
    return Sensor(SensorSettings(id=kind, kind=kind, armed_in=SENSOR_ARMED_IN[kind], **more))


@pytest.mark.parametrize("kind", ["pir", "door", "case"])
def test_a_contact_is_one_happening(kind: str) -> None:
    """From active to passive, with the input named."""
    sensor = make_sensor(kind)
    drafts = [*sensor.changed(1.0, active=True), *sensor.changed(3.0, active=False)]

    assert states(drafts) == ["start", "end"]
    assert [draft.kind for draft in drafts] == ["input", "input"]
    assert (drafts[1].t_start, drafts[1].t_end, drafts[0].happening) == (1.0, 3.0, drafts[1].happening)
    assert drafts[0].data == {"input": kind, "sensor": kind, "active": True}


def test_a_door_that_was_open_from_the_start_says_nothing_when_it_shuts() -> None:
    """There is no end without a start."""
    assert make_sensor("door").changed(1.0, active=False) == ()


def test_panic_does_not_end_when_the_button_is_let_go() -> None:
    """It is a happening without length; each press is one."""
    sensor = make_sensor("panic")
    (first,) = sensor.changed(1.0, active=True)
    assert sensor.changed(1.5, active=False) == ()
    (second,) = sensor.changed(9.0, active=True)

    assert (first.kind, first.state, first.t_end, second.t_start) == ("panic", "start", 1.0, 9.0)
    assert first.happening != second.happening


@pytest.mark.parametrize(
    ("follows", "armed", "active", "asked"),
    [
        (False, "disarmed", True, ("arm", "night")),
        (False, "away", True, ("disarm", None)),
        (False, "away", False, None),
        (True, "disarmed", True, ("arm", "night")),
        (True, "night", True, ("arm", "night")),
        (True, "night", False, ("disarm", None)),
    ],
)
def test_a_key(follows: bool, armed: Any, active: bool, asked: Any) -> None:
    """A button changes the state with each press; a lock arms while it is turned. Neither makes an event of its own."""
    sensor = make_sensor("key", key_follows=follows, key_state="night")
    command = sensor.command(armed, active=active)

    assert (command and (command.action, command.state)) == asked
    assert command is None or command.proof == "key"
    assert sensor.changed(1.0, active=active) == ()


def test_only_keys_ask() -> None:
    """No other input commands."""
    for kind in SENSOR_KINDS:
        if kind != "key":
            assert make_sensor(kind).command("disarmed", active=True) is None


def test_a_broken_contact_floods_nobody() -> None:
    """A loose wire is told once, passed over, and believed again after a quiet minute; what began has its end."""
    sensor = make_sensor("door")
    drafts = [d for i in range(500) for d in sensor.changed(1.0 + i / 10, active=i % 2 == 0)]
    assert states(drafts) == ["start", "end"] * CHATTER_STARTS + ["start"]
    assert (drafts[-1].kind, drafts[-1].priority, drafts[-1].t_end) == ("health", "warning", drafts[-1].t_start)
    assert sensor.changed(80.0, active=True) == ()
    (again,) = sensor.changed(80.0 + CHATTER_S, active=True)
    assert (again.kind, again.state) == ("input", "start")


def test_who_passes_often_is_no_broken_contact() -> None:
    """A shop's door that opens every four seconds is told each time."""
    sensor = make_sensor("door")
    assert all(sensor.changed(4.0 * number, active=True) for number in range(200))


def test_a_broken_key_neither_arms_nor_disarms_for_ever() -> None:
    """It asks for nothing while it chatters."""
    sensor = make_sensor("key")
    asked = 0
    for number in range(500):
        active = number % 2 == 0
        sensor.changed(number / 10, active=active)
        asked += sensor.command("away", active=active) is not None
    assert asked == CHATTER_STARTS

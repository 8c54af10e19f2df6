"""Panels for tests. Holds no test."""

from datetime import UTC
from typing import Any

from device.core.arming.command import Command
from device.core.arming.panel import Panel
from device.core.arming.schedule import Schedule
from device.core.arming.standing import Cause, PanelSettings, Saved

NEVER = Schedule((), frozenset(), UTC)
INTRUDER = Cause("person_in_zone", "aisle", "counter", may_wait=True)
AT_THE_DOOR = Cause("line_crossed", "aisle", "door", may_wait=True)
THIEF = Cause("item_taken", "aisle", "whisky")


def make_panel(
    armed: Any = "disarmed", *, saved: Saved | None = None, schedule: Schedule = NEVER, **more: Any
) -> Panel:
    """A panel at t = 0 with an entry delay of 20 s and an exit delay of 30 s, and with PINs."""
    values: dict[str, Any] = {"entry_delay_s": 20.0, "exit_delay_s": 30.0, "alarm_s": 100.0}
    pins_set = more.pop("pins_set", True)
    settings = PanelSettings(**values | {"places": frozenset({"counter", "door"})} | more)
    return Panel(settings, schedule, saved or Saved(armed), 0.0, pins_set=pins_set)


def ask(action: Any, **more: Any) -> Command:
    """A command with a right PIN."""
    return Command(**{"action": action, "source": "mqtt", "who": "anna", "proof": "pin", **more})

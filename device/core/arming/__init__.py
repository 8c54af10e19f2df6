"""When an event is an alarm: the states of a panel, its delays, schedules and locks. Reads no clock and no PIN."""

from device.core.arming.worth import ArmedRule, Arming

__all__ = ["ArmedRule", "Arming"]

"""What a panel says of itself, as drafts of events. Decides nothing."""

from dataclasses import replace
from typing import Any, Final

from device.core.arming.command import Command
from device.core.arming.standing import Standing
from device.core.event import Draft, Kind, Priority, RuleRef
from device.core.lasting import Lasting

# A dot is in no name that an owner can give, so no rule of theirs decides what these are worth.
STATE: Final = RuleRef(name="panel.state", version=1)
COMMAND: Final = RuleRef(name="panel.command", version=1)
PANIC: Final = RuleRef(name="panel.panic", version=1)
SCHEDULE: Final = RuleRef(name="panel.schedule", version=1)

Reasons = tuple[str, ...]

REFUSALS_EVERY_S: Final = 10.0
"""Refused commands are told at most so often; those between are counted."""


class Told:
    """Makes the drafts; one stretch of being armed is one happening from ``start`` to ``end``."""

    def __init__(self) -> None:
        self._count = 0
        self._armed: Lasting | None = None
        self._waits: Lasting | None = None
        self._refused_at = float("-inf")
        self._refused = 0

    def armed(
        self, standing: Standing, t: float, reasons: Reasons, priority: Priority, **more: Any
    ) -> tuple[Draft, ...]:
        """It is armed, or in another phase of that."""
        data = {"state": standing.armed, "panel": standing.panel, **more}
        if self._armed is not None:
            return (self._armed.draft("update", t, reasons, priority, data),)
        self._armed = self._new("armed", STATE, t)
        return (self._armed.draft("start", t, reasons, priority, data),)

    def ended(self, standing: Standing, t: float, reasons: Reasons) -> tuple[Draft, ...]:
        """It is armed no longer, or the guard ends; nothing where it was not armed."""
        if self._armed is None:
            return ()
        ended, self._armed = self._armed, None
        return (ended.draft("end", t, reasons, "info", {"state": standing.armed, "panel": standing.panel}),)

    def disarmed(
        self, standing: Standing, t: float, reasons: Reasons, priority: Priority, **more: Any
    ) -> tuple[Draft, ...]:
        """It is disarmed; a happening without length."""
        return (
            self._moment(
                "disarmed", STATE, t, reasons, priority, {"state": "disarmed", "panel": standing.panel} | more
            ),
        )

    def obeyed(self, command: Command, t: float, text: str) -> tuple[Draft, ...]:
        """A command that changes no state was carried out: for the audit."""
        return (self._moment("health", COMMAND, t, (text,), "notice", _audit(command, done=True)),)

    def panic(self, command: Command, t: float, text: str) -> tuple[Draft, ...]:
        """Somebody asked for help by a command."""
        return (self._moment("panic", PANIC, t, (text,), "alarm", _audit(command, done=True)),)

    def refused(self, command: Command, t: float, text: str, priority: Priority) -> tuple[Draft, ...]:
        """A command was refused; of a flood only some are told."""
        self._refused += 1
        if t - self._refused_at < REFUSALS_EVERY_S:
            return ()
        data = _audit(command, done=False) | {"refused": self._refused}
        self._refused, self._refused_at = 0, t
        return (
            self._moment("health", COMMAND, t, (f"{command.action} asked for by {command.by}", text), priority, data),
        )

    def schedule_waits(self, t: float, *, waits: bool) -> tuple[Draft, ...]:
        """The schedule waits for a clock that can be trusted, or does so no more; nothing where that is no news."""
        if waits == (self._waits is not None):
            return ()
        if self._waits is None:
            self._waits = self._new("health", SCHEDULE, t)
            reasons = ("the clock is not trusted", "the armed state holds and schedules wait until the clock is set")
            return (self._waits.draft("start", t, reasons, "warning", {}),)
        ended, self._waits = self._waits, None
        return (ended.draft("end", t, ("the clock is trusted", "schedules are followed"), "warning", {}),)

    def _new(self, kind: Kind, rule: RuleRef, t: float) -> Lasting:
        self._count += 1
        return Lasting(kind, rule, self._count, t)

    def _moment(
        self, kind: Kind, rule: RuleRef, t: float, reasons: Reasons, priority: Priority, data: dict[str, Any]
    ) -> Draft:
        """A happening without length is a start that has ended."""
        draft = self._new(kind, rule, t).draft("end", t, reasons, priority, data)
        return replace(draft, state="start")


def _audit(command: Command, *, done: bool) -> dict[str, Any]:
    return {
        "action": command.action,
        "done": done,
        "source": command.source,
        "who": command.who,
        "place": command.place,
    }

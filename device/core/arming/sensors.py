"""What a contact, sensor, button or key means once it is steady. Reads no pin."""

from collections import deque
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal, get_args

from device.core.arming.command import Command
from device.core.arming.worth import ArmedRule
from device.core.event import ARMED_STATES, ArmedState, Draft, Kind, RuleRef, State

SensorKind = Literal["panic", "key", "pir", "door", "case"]
SENSOR_KINDS: Final[tuple[SensorKind, ...]] = get_args(SensorKind)

_ALWAYS: Final = frozenset(ARMED_STATES)
SENSOR_ARMED_IN: Final = MappingProxyType[SensorKind, frozenset[ArmedState]](
    {
        "panic": _ALWAYS,
        "case": _ALWAYS,
        # Somebody who is at home walks about, and opens no door of the perimeter.
        "pir": frozenset({"away", "night"}),
        "door": frozenset({"home", "away", "night"}),
        "key": frozenset(),
    }
)
"""States in which an input is an alarm where its table says nothing."""


CHATTER_STARTS: Final = 20
CHATTER_S: Final = 60.0
"""An input that becomes active more often in that time is broken: it is told once, and passed over until it has been
quiet for as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSettings:
    """One input."""

    id: str
    kind: SensorKind
    armed_in: frozenset[ArmedState]
    key_state: ArmedState = "away"
    """What a key arms to."""
    key_follows: bool = False
    """Whether a key arms while it is turned, or each press changes the state."""

    @property
    def rule(self) -> RuleRef:
        """How its events name it; a dot is in no name that an owner can give."""
        return RuleRef(name=f"input.{self.id}", version=1)

    @property
    def armed_rule(self) -> ArmedRule:
        """What its events are worth."""
        return ArmedRule(self.armed_in, "alarm")


BROKEN: Final = RuleRef(name="sensor.broken", version=1)

_SAYS: Final = MappingProxyType[SensorKind, tuple[str, str]](
    {
        "panic": ("was pressed", "was let go"),
        "case": ("opened", "closed"),
        "pir": ("sees movement", "sees no movement"),
        "door": ("opened", "closed"),
        "key": ("turned", "turned back"),
    }
)


class Sensor:
    """One input, told whenever its steady state changes."""

    def __init__(self, settings: SensorSettings) -> None:
        """Nothing is known of it yet."""
        self.settings = settings
        self._since: float | None = None
        self._count = 0
        self._starts: deque[float] = deque(maxlen=CHATTER_STARTS)
        self._chatters = False

    def changed(self, t: float, *, active: bool) -> tuple[Draft, ...]:
        """It became active, or passive, at a time."""
        if active and self._is_broken(t):
            return self._told_broken(t)
        if active:
            self._chatters = False
        if self.settings.kind == "key":
            return ()
        if active:
            self._count, self._since = self._count + 1, t
            # A panic button let go is no end of the danger: a happening without length, ended by whoever disarms.
            return (self._draft("start", t, t if self.settings.kind == "panic" else None),)
        if self._since is None or self.settings.kind == "panic":
            return ()
        draft = self._draft("end", t, t)
        self._since = None
        return (draft,)

    def command(self, armed: ArmedState, *, active: bool) -> Command | None:
        """What a key asks for in an armed state, after ``changed`` was told; None where nothing."""
        settings = self.settings
        if settings.kind != "key" or self._chatters or (not settings.key_follows and not active):
            return None
        arms = active if settings.key_follows else armed == "disarmed"
        source = f"key {settings.id}"
        if arms:
            return Command(action="arm", source=source, proof="key", state=settings.key_state)
        return Command(action="disarm", source=source, proof="key")

    def _is_broken(self, t: float) -> bool:
        """Note that it became active; whether that is too often to mean anything."""
        quiet = not self._starts or t - self._starts[-1] >= CHATTER_S
        often = len(self._starts) == CHATTER_STARTS and t - self._starts[0] < CHATTER_S
        self._starts.append(t)
        return not quiet and (often or self._chatters)

    def _told_broken(self, t: float) -> tuple[Draft, ...]:
        """One word about it, and no more until it is quiet."""
        if self._chatters:
            return ()
        self._chatters, self._count = True, self._count + 1
        reason = f"{self.settings.kind} {self.settings.id} was active {CHATTER_STARTS} times in {CHATTER_S:g} s"
        draft = self._draft("start", t, t)
        advice = "it is passed over until it has been quiet for as long: look at its wires"
        return (replace(draft, kind="health", priority="warning", rule=BROKEN, reasons=(reason, advice)),)

    def _draft(self, state: State, t: float, t_end: float | None) -> Draft:
        settings = self.settings
        kind: Kind = "panic" if settings.kind == "panic" else "input"
        return Draft(
            kind=kind,
            state=state,
            happening=f"{settings.rule.name}/{self._count}",
            t_start=t if self._since is None else self._since,
            t_end=t_end,
            t_emitted=t,
            confidence=1.0,
            zone=settings.id,
            rule=settings.rule,
            reasons=(f"{settings.kind} {settings.id} {_SAYS[settings.kind][state == 'end']}",),
            data={"input": settings.id, "sensor": settings.kind, "active": state == "start"},
        )

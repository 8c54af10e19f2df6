"""How things stand at a panel: what others see of it, and what outlives a restart. Changes nothing."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from device.core.arming.lockout import Lock
from device.core.event import ArmedState, Kind

Phase = Literal["ready", "arming", "pending", "triggered"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)


RULE: Final = "rule:"
"""What the name of a rule begins with, among the names of what is bypassed: it stays off when somebody disarms."""


def rule_place(camera: str, rule: str) -> str:
    """The name by which a rule of a camera is bypassed."""
    return f"{RULE}{camera}/{rule}"


@dataclass(frozen=True, slots=True)
class Standing:
    """The panel at one moment."""

    armed: ArmedState
    """What was asked for; while ``arming`` it is not yet in force."""
    phase: Phase = "ready"
    since: float = 0.0
    """When this phase began, s on the run's clock."""
    bypassed: frozenset[str] = frozenset()

    @property
    def in_force(self) -> ArmedState:
        """The state by which events are judged."""
        return "disarmed" if self.phase == "arming" else self.armed

    @property
    def panel(self) -> str:
        """One word for it, as alarm panels have: ``disarmed``, ``armed_away``, ``arming``, ``pending`` ..."""
        if self.phase != "ready":
            return self.phase
        return self.armed if self.armed == "disarmed" else f"armed_{self.armed}"


@dataclass(frozen=True, slots=True)
class Saved:
    """What outlives a restart."""

    armed: ArmedState
    phase: Phase = "ready"
    bypassed: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    schedule_to: float | None = None
    """Up to which moment the schedule has been followed, Unix time, s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """How a panel behaves."""

    entry_delay_s: float = 0.0
    exit_delay_s: float = 0.0
    alarm_s: float = 180.0
    """How long ``triggered`` lasts without a new alarm."""
    entry: frozenset[str] = frozenset()
    """Places on the way in, whose alarms wait for the entry delay; empty: all."""
    places: frozenset[str] = frozenset()
    """What may be bypassed."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that would be an alarm."""

    kind: Kind
    camera: str | None = None
    place: str | None = None
    may_wait: bool = False
    """Whether its rule is one of intrusion: one that is not armed while the guard is disarmed."""

    @property
    def text(self) -> str:
        """For a person."""
        where = [part for part in (self.place, self.camera) if part]
        return f"{self.kind} at {', '.join(where)}" if where else self.kind

    @property
    def names(self) -> tuple[str, ...]:
        """What its place may be called: by its id, or with its camera."""
        return () if self.place is None else (self.place, f"{self.camera}/{self.place}")

    @property
    def data(self) -> dict[str, str | None]:
        """For a program."""
        return {"kind": self.kind, "camera": self.camera, "zone": self.place}

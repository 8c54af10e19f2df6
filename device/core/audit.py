"""Who did what with this device, when and by which way: what the audit holds. Writes nothing."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from device.core.event import Event

What = Literal[
    "arm", "disarm", "bypass", "unbypass", "mute", "unmute", "panic", "snapshot", "command",
    "login", "login_refused", "locked_out", "set_up", "account", "pin",
    "seen", "export", "locked", "unlocked", "verdict", "deleted", "drawing", "backup", "restore", "clock", "test_event",
]  # fmt: skip
ALL_WHATS: Final[tuple[What, ...]] = get_args(What)
_ASKED: Final = frozenset({"arm", "disarm", "bypass", "unbypass", "mute", "unmute", "panic"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One line of the audit, but for its time."""

    what: What
    way: str
    """``mqtt``, ``page 192.0.2.7``, ``command line``, ``schedule``, ``retention``, or a key's id."""
    who: str | None = None
    """The user, or whose PIN it was; None where nobody can tell."""
    about: str | None = None
    """Event, file, place, state, account: what it was done to."""
    done: bool = True
    """False where it was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the audit."""

    n: int
    """Its number, rising; a gap at the beginning is what was too old."""
    at_s: float
    """Unix time as this device had it."""
    clock_synced: bool
    access: Access


def noted(event: Event) -> Access | None:
    """What an event of the panel means for the audit; None for any other, and for a phase that nobody asked for."""
    way = event.data.get("source")
    if event.rule.name.partition(".")[0] != "panel" or not isinstance(way, str) or event.state == "end":
        return None
    who, action = event.data.get("who"), event.data.get("action")
    if event.kind == "armed":
        return Access(what="arm", way=way, who=who, about=event.data.get("state"))
    if event.kind == "disarmed":
        return Access(what="disarm", way=way, who=who)
    what: What = action if action in _ASKED else "command"
    return Access(what=what, way=way, who=who, about=event.data.get("place"), done=bool(event.data.get("done", True)))

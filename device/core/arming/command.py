"""What somebody asks of the guard, and what it answers. Decides neither."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from device.core.event import ArmedState, Draft

Action = Literal["arm", "disarm", "bypass", "unbypass", "mute", "unmute", "panic"]
Proof = Literal["none", "wrong", "pin", "key"]
"""None given; a PIN that is nobody's; a right PIN; a key that turned."""
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request, with its PIN checked already."""

    action: Action
    source: str
    """Where it comes from, for the lock-out and the audit: ``mqtt``, ``page 192.0.2.7``, ``key-1``."""
    who: str | None = None
    """Whose PIN it was."""
    proof: Proof = "none"
    state: ArmedState | None = None
    """What to arm to."""
    place: str | None = None
    """Zone, line, shelf, input or rule (``rule:CAMERA/RULE``) to bypass."""
    for_s: float | None = None
    """How long to mute, s."""

    @property
    def by(self) -> str:
        """Who asks and from where, for a person."""
        return f"{self.who} ({self.source})" if self.who else self.source


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    done: bool
    text: str
    """One line: what holds now, or why it was refused and what to do."""
    drafts: tuple[Draft, ...] = ()
    saved: bool = True
    """Whether it is on disk: False where the disk failed, so that a restart brings the state before it back."""

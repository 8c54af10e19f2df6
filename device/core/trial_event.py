"""What a test of the alarm says: an event like any other, but for its mark. Tells nobody."""

from typing import Final

from device.core.event import KINDS, Draft, Kind, Priority, RuleRef, State

TESTABLE: Final[tuple[Kind, ...]] = tuple(kind for kind in KINDS if kind not in ("armed", "disarmed"))
"""Those two say how the panel stands: outputs and others act by them, so they are never made up."""
WITHOUT_CAMERA: Final = frozenset[Kind]({"input", "panic", "health"})


def trial_draft(kind: Kind, priority: Priority, state: State, happening: str, *, begun: float, t: float) -> Draft:
    """The beginning or the end of a test; its ``data.test`` is true, and its first reason says so."""
    return Draft(
        kind=kind,
        state=state,
        happening=happening,
        t_start=begun,
        t_end=t if state == "end" else None,
        t_emitted=t,
        confidence=1.0,
        zone=None,
        rule=RuleRef("test", 1),
        reasons=("a test, asked for on the device: nothing has happened",),
        priority=priority,
        data={"test": True},
    )

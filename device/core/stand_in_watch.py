"""Tells that the guard works from memory, and that its disk is back. Looks at no disk."""

from device.core.event import Draft, RuleRef
from device.core.lasting import Lasting

# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="device.state", version=1)


class StandInWatch:
    """One disk that failed at the start, as events."""

    def __init__(self) -> None:
        self._told: Lasting | None = None

    def begin(self, t: float, why: str) -> Draft:
        """What is to be told at the start."""
        self._told = Lasting("health", RULE, 1, t)
        reasons = (
            f"the state directory cannot be used: {why}",
            "the guard works from memory: nothing is recorded, and what happens is lost with the power",
        )
        return self._told.draft("start", t, reasons, "warning", {})

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """The end of what has been told."""
        if self._told is None:
            return ()
        told, self._told = self._told, None
        return (told.draft("end", t, (why,), "warning", {}),)

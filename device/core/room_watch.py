"""Tells that recordings find no room, and that they find some again. Measures no disk."""

from device.core.event import Draft, RuleRef
from device.core.lasting import Lasting

# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="device.room", version=1)


class RoomWatch:
    """One disk, as events."""

    def __init__(self) -> None:
        self._told: Lasting | None = None
        self._count = 0

    def look(self, t: float, *, free_bytes: int, min_free_bytes: int) -> tuple[Draft, ...]:
        """What the room left at a time means."""
        if free_bytes >= min_free_bytes:
            return self.stop(t, f"{free_bytes >> 20} MiB are free again")
        if self._told is not None:
            return ()
        self._count += 1
        self._told = Lasting("health", RULE, self._count, t)
        reasons = (
            f"{free_bytes >> 20} MiB are free, {min_free_bytes >> 20} are left to others",
            "nothing more can be deleted: recording stops, alarms go on; free some space",
        )
        return (self._told.draft("start", t, reasons, "warning", {"free_mib": free_bytes >> 20}),)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """The end of what has been told."""
        if self._told is None:
            return ()
        told, self._told = self._told, None
        return (told.draft("end", t, (why,), "warning", {}),)

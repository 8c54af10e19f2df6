"""Notices that a camera gives the same picture again and again, and that it does not any more. Starts nothing again."""

from typing import Final

from device.core.camera_stats import CameraStats
from device.core.event import Draft, RuleRef
from device.core.lasting import Lasting

FROZEN_AFTER_S = 7.0
"""As with a lost camera: ten seconds are promised, and a neighbour that hangs may take some of them."""
_LEAST_PICTURES = 3
"""So many repeated pictures are no accident, also where a camera gives one every other second."""
# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="camera.frozen", version=1)
_PRIORITY: Final = "alarm"  # blind without knowing it: as good as a camera that is lost


def is_frozen(stats: CameraStats, after_s: float) -> bool:
    """Whether pictures have come for so long, and every one of them was the same."""
    if stats.last_picture_s is None or stats.last_change_s is None:
        return False
    return stats.same_in_a_row >= _LEAST_PICTURES and stats.last_picture_s - stats.last_change_s >= after_s


def is_alive(stats: CameraStats) -> bool:
    """Whether the camera as it runs now has given two pictures that differ: the first one differs from none."""
    first, change = stats.first_picture_s, stats.last_change_s
    return first is not None and change is not None and change > first


class FrozenWatch:
    """One camera's standstill, as events."""

    def __init__(self) -> None:
        self._told: Lasting | None = None
        self._told_t = 0.0
        self._count = 0

    @property
    def frozen(self) -> bool:
        """Whether it has been told that the picture stands still."""
        return self._told is not None

    def look(self, t: float, stats: CameraStats) -> tuple[Draft, ...]:
        """What the counts at a time mean."""
        if self._told is None:
            return self._begin(t, stats) if is_frozen(stats, FROZEN_AFTER_S) else ()
        if not is_alive(stats) or stats.last_change_s is None or stats.last_change_s <= self._told_t:
            return ()
        return self.stop(t, f"the picture changes again after {t - self._told.t_start:.1f} s")

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """The end of what has been told, because it is over or because nobody watches any more."""
        told, self._told = self._told, None
        return () if told is None else (told.draft("end", t, (why,), _PRIORITY),)

    def _begin(self, t: float, stats: CameraStats) -> tuple[Draft, ...]:
        self._count += 1
        self._told_t = t
        self._told = told = Lasting("tamper_frozen", RULE, self._count, stats.last_change_s or t)
        same = f"the same picture for {t - told.t_start:.1f} s, {stats.same_in_a_row} times, without any noise"
        return (told.draft("start", t, (same, "its process is started again"), _PRIORITY),)

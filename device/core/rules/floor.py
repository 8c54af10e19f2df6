"""All shelves of one camera, and who of those in view is staff: what the rules about goods share. Makes no events."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from device.core.arming.hours import OpeningHours
from device.core.geometry import Box, Polygon
from device.core.rules.scene import Scene
from device.core.rules.senses import Watch
from device.core.shelf.ledger import Change, Stockcount
from device.core.uniform import Uniforms, Verdict

STAFF_S = 2.0
"""Who has been where only staff may be for so long is staff."""
MAX_STAFF = 256
"""Staff that is remembered after its track has ended: its takings are told a little later."""


@dataclass(frozen=True, slots=True)
class ShelfChange:
    """A change on one of the shelves, and by whom."""

    shelf: str
    change: Change
    by_staff: bool
    why_staff: str = ""
    """How it is known that it was staff."""

    @property
    def kind(self) -> Literal["taken", "returned"]:
        """Whether an item left or came."""
        return self.change.kind

    @property
    def happening(self) -> str:
        """Its name among happenings."""
        return happening_of(self.shelf, self.change.number)

    @property
    def undoes(self) -> str | None:
        """The happening that a return ends."""
        return None if self.change.undoes is None else happening_of(self.shelf, self.change.undoes)

    @property
    def track(self) -> int | None:
        """Who did it."""
        return self.change.track

    @property
    def slot(self) -> int | None:
        """Where on the shelf."""
        return self.change.slot

    @property
    def items(self) -> int:
        """How many."""
        return self.change.items

    @property
    def box(self) -> Box:
        """Where in the picture."""
        return self.change.box

    @property
    def t_contact(self) -> float:
        """When the hand came, s."""
        return self.change.t_contact

    @property
    def confidence(self) -> float:
        """0..1."""
        return self.change.confidence


def happening_of(shelf: str, number: int) -> str:
    """The name of a shelf's change among happenings; with a character that no rule's name has."""
    return f"{shelf}:{number}"


@dataclass(frozen=True, slots=True)
class StaffHours:
    """When everybody at the shelves is staff: they are filled before the shop opens."""

    hours: OpeningHours
    clock_synced: Callable[[], bool]

    def hold_at(self, wall: float | None) -> bool:
        """Whether it is such a time, Unix s; never while nobody knows what time it is."""
        return wall is not None and self.clock_synced() and self.hours.open_at(wall)


class Floor:
    """Looks at every shelf once a moment, however many rules ask."""

    def __init__(
        self,
        shelves: Mapping[str, Watch],
        staff_areas: tuple[Polygon, ...],
        staff_hours: StaffHours | None = None,
        uniforms: Uniforms | None = None,
    ) -> None:
        """``uniforms`` where clothes are looked at, and tell who is staff."""
        self._shelves, self._staff_areas, self._staff_hours = shelves, staff_areas, staff_hours
        self._uniforms = uniforms
        self._staff_s: dict[int, float] = {}
        self._t = -math.inf
        self._changes: tuple[ShelfChange, ...] = ()

    def observe(self, scene: Scene) -> tuple[ShelfChange, ...]:
        """What this moment shows to have happened on the shelves."""
        if scene.t == self._t or scene.frame is None:
            return self._changes if scene.t == self._t else ()
        gap_s, self._t = min(1.0, scene.t - self._t), scene.t
        self._know_staff(scene, gap_s)
        self._changes = tuple(
            ShelfChange(name, change, bool(why := self._why_staff(change, scene.frame.wall)), why)
            for name, watch in self._shelves.items()
            for change in watch.observe(scene.frame, scene.tracks, scene.t, motion=scene.motion)
        )
        return self._changes

    def stock(self, shelf: str) -> Stockcount:
        """How full a shelf is."""
        return self._shelves[shelf].stock

    def is_staff(self, track: int | None) -> bool:
        """Whether somebody has been where only staff may be."""
        return track is not None and self._staff_s.get(track, 0.0) >= STAFF_S

    def uniform(self, track: int) -> Verdict:
        """What somebody's clothes say; unsure where nobody looks at them."""
        return self._uniforms.verdict(track) if self._uniforms else "unsure"

    def is_in_uniform_since(self, track: int | None, t: float) -> bool:
        """Whether somebody's clothes say that they are staff, and did so at a time, s, or nothing spoke against it."""
        return track is not None and self._uniforms is not None and self._uniforms.is_staff_at(track, t)

    def uniform_told(self, track: int) -> str:
        """The votes on somebody's clothes, for a person to read; empty where there are none."""
        return self._uniforms.told(track) if self._uniforms else ""

    def _why_staff(self, change: Change, wall: float | None) -> str:
        """Empty where it was no staff."""
        if self.is_staff(change.track):
            return "by a zone of kind `staff`"
        if self._is_staffs_time(wall):
            return "by `staff_hours`"
        if change.track is not None and self.is_in_uniform_since(change.track, change.t_contact):
            return f"by uniform, {self.uniform_told(change.track)}"
        return ""

    def _is_staffs_time(self, wall: float | None) -> bool:
        return self._staff_hours is not None and self._staff_hours.hold_at(wall)

    def _know_staff(self, scene: Scene, gap_s: float) -> None:
        if self._uniforms is not None:
            for look in scene.uniforms:
                self._uniforms.add(look, scene.t)
        for track in scene.tracks:
            if track.label == "person" and any(area.contains(track.foot) for area in self._staff_areas):
                self._staff_s[track.id] = self._staff_s.get(track.id, 0.0) + gap_s
        while len(self._staff_s) > MAX_STAFF:
            del self._staff_s[next(iter(self._staff_s))]

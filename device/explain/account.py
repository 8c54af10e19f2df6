"""What every rule's account has in common. Accounts for none."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from device.config.cameras import CameraTable
from device.config.goods import grid_of
from device.core.arming.hours import Calendar
from device.core.event import Event
from device.core.geometry import Line, Polygon
from device.core.rules.floor import Floor
from device.core.rules.scene import Scene
from device.core.rules.senses import PastSenses


class Account(Protocol):
    """Follows what one rule could see."""

    def add(self, scene: Scene) -> None:
        """Note one moment."""

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Why it did not speak, or not of everybody; ``told`` is what it said. Each begins with ": " or " of ..."."""


class Shown:
    """What a camera shows to the accounts of its rules."""

    def __init__(self, camera: CameraTable, past: PastSenses, calendar: Calendar) -> None:
        self.camera, self.past, self.calendar = camera, past, calendar
        self.polygons = {zone.id: Polygon(zone.polygon) for zone in camera.zones}
        self.lines = {it.id: Line(it.start, it.end) for it in camera.lines}
        self.tills = self._zones("till")
        self.floor = Floor(
            {it.id: past.watch("shelf", Polygon(it.polygon), grid_of(it)) for it in camera.shelves},
            self._zones("staff"),
        )

    def _zones(self, kind: str) -> tuple[Polygon, ...]:
        return tuple(Polygon(zone.polygon) for zone in self.camera.zones if zone.kind == kind)

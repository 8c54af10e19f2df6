"""What every rule's account has in common. Accounts for none."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from device.config.cameras import CameraTable
from device.config.goods import areas_of, shelves_of
from device.config.hours import Time
from device.config.staff import StaffTable
from device.core.arming.hours import Calendar
from device.core.event import Event
from device.core.geometry import Line, Polygon
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

    def __init__(self, camera: CameraTable, past: PastSenses, calendar: Calendar, staff: StaffTable | None) -> None:
        self.camera, self.past, self.calendar = camera, past, calendar
        self.polygons = {zone.id: Polygon(zone.polygon) for zone in camera.zones}
        self.lines = {it.id: Line(it.start, it.end) for it in camera.lines}
        self.tills = areas_of(camera, "till")
        self.floor = shelves_of(camera, past, Time(calendar), staff)

"""Makes what rules share: shelves, custody and the exit, floors on which things lie. Decides no event."""

from typing import Final

from device.config.cameras import CameraTable, ShelfTable, SlotsTable
from device.config.hours import ANY_TIME, Time, hours_of
from device.config.staff import StaffTable
from device.core.concealment.register import Concealed
from device.core.concealment.weigh import Classifiers
from device.core.custody import Custody
from device.core.event import Kind, Priority
from device.core.geometry import Line, Polygon
from device.core.rules.concealment import ConcealmentRule
from device.core.rules.custody import UnpaidExit
from device.core.rules.floor import Floor, StaffHours
from device.core.rules.line import LineCrossed
from device.core.rules.objects import SharedWatch
from device.core.rules.scene import Rule, RuleSettings
from device.core.rules.senses import LIVE, Senses
from device.core.rules.shelf import ItemMoved, ShelfLow, ShelfSwept
from device.core.shelf.slots import Grid
from device.core.uniform import Uniforms

GOODS: Final[tuple[tuple[Kind, Priority], ...]] = (
    # What every customer does is no alarm.
    ("item_taken", "notice"),
    ("item_returned", "notice"),
    ("shelf_swept", "alarm"),
    ("shelf_low", "notice"),
)
"""The rules of a shelf where the owner asks for none, and what each is worth."""


def grid_of(shelf: ShelfTable) -> Grid | None:
    """Rows and columns of slots; None has them proposed from the picture."""
    return (shelf.slots.rows, shelf.slots.columns) if isinstance(shelf.slots, SlotsTable) else None


def areas_of(camera: CameraTable, kind: str) -> tuple[Polygon, ...]:
    """The zones of one kind."""
    return tuple(Polygon(zone.polygon) for zone in camera.zones if zone.kind == kind)


def shelves_of(camera: CameraTable, senses: Senses, time: Time, staff: StaffTable | None = None) -> Floor:
    """All shelves of a camera, and who is staff there; ``staff`` says whose clothes tell it."""
    watches = {it.id: senses.watch("shelf", Polygon(it.polygon), grid_of(it)) for it in camera.shelves}
    hours = StaffHours(hours_of(camera.staff_hours, time.calendar), time.clock_synced) if camera.staff_hours else None
    return Floor(watches, areas_of(camera, "staff"), hours, Uniforms(staff.min_score) if staff else None)


class Goods:
    """The shelves of one camera, and who has what of them."""

    def __init__(
        self,
        camera: CameraTable,
        classifiers: Classifiers,
        senses: Senses = LIVE,
        time: Time = ANY_TIME,
        staff: StaffTable | None = None,
    ) -> None:
        self._classifiers, self._senses, self._concealed = classifiers, senses, Concealed()
        self._floor, self._tills = shelves_of(camera, senses, time, staff), areas_of(camera, "till")
        self._floors: dict[str | None, SharedWatch] = {}
        self._lines = {line.id: Line(line.start, line.end) for line in camera.lines}

    def floor_of(self, zone: str | None, area: Polygon | None) -> SharedWatch:
        """The watch over a zone's floor, or over the whole picture's: one for all rules about it."""
        if zone not in self._floors:
            self._floors[zone] = SharedWatch(area, self._senses)
        return self._floors[zone]

    def rule(self, settings: RuleSettings, area: Polygon | None = None) -> Rule:
        """The rule of a kind that is about goods; ``area`` for one that looks at hands near them."""
        if area is not None:
            return ConcealmentRule(settings, area, self._classifiers, self._concealed)
        match settings.kind:
            case "item_taken":
                return ItemMoved(settings, self._floor, "taken")
            case "item_returned":
                return ItemMoved(settings, self._floor, "returned")
            case "shelf_swept":
                return ShelfSwept(settings, self._floor)
            case "shelf_low":
                return ShelfLow(settings, self._floor)
            case _:
                way_out = LineCrossed(settings, self._lines[settings.zone or ""], "out")
                custody = Custody(self._floor, self._tills, settings.after_s)
                return UnpaidExit(settings, way_out, custody, self._concealed)

"""What a rule must have been shown in the past, to be tried on it. Reads no log."""

from device.config.cameras import CameraTable, RuleTable
from device.config.goods import grid_of
from device.config.rules import blackened, is_about_shelves, labels_of, place_of, rule_name, rule_tables
from device.config.staff import StaffTable
from device.core.geometry import Polygon
from device.core.rules.objects import WHOLE
from device.core.rules.senses import eye_key, hands_key, label_key, watch_key
from device.core.rules.table import KIND_DEFAULTS
from device.core.uniform import uniform_key


def needs(camera: CameraTable, staff: StaffTable | None = None) -> dict[str, tuple[tuple[str, str], ...]]:
    """By the name of each rule the keys that it needs, each with what to say where it is missing."""
    return {rule_name(table): tuple(_needs(camera, table, staff)) for table in rule_tables(camera)}


def _needs(camera: CameraTable, table: RuleTable, staff: StaffTable | None) -> list[tuple[str, str]]:
    keys = [(label_key(label), f"the detector did not look for {label!r} then") for label in labels_of(table)]
    place = KIND_DEFAULTS[table.kind].place if table.kind in KIND_DEFAULTS else ""
    if is_about_shelves(table):
        keys += _shelves(camera, table)
        if staff is not None:
            why = f"nobody's clothes were looked at by {staff.model} for {', '.join(staff.labels)} then (`staff`)"
            keys.append((uniform_key(staff.model, staff.labels), why))
    elif table.kind in ("object_left", "object_removed"):
        where = WHOLE if table.zone is None else place_of(camera, table.zone)
        why = f"no rule watched the floor of {_named(table.zone)} as it is drawn now: another one has no past"
        keys.append((watch_key("floor", where), why))
    elif place == "goods":
        where = place_of(camera, table.shelf or table.zone)
        why = f"nobody's hands were looked at near {table.shelf or table.zone} as it is drawn now"
        keys.append((hands_key(where), why))
    elif place == "picture":
        keys.append((eye_key(blackened(camera)), "the picture was not watched for tampering, or had other masks then"))
    return keys


def _shelves(camera: CameraTable, table: RuleTable) -> list[tuple[str, str]]:
    drawn = [shelf for shelf in camera.shelves if table.shelf is None or shelf.id == table.shelf]
    why = "was not watched as it is drawn now: a slot that was elsewhere has no past"
    return [(watch_key("shelf", Polygon(shelf.polygon), grid_of(shelf)), f"shelf {shelf.id} {why}") for shelf in drawn]


def _named(zone: str | None) -> str:
    return "the picture" if zone is None else f"zone {zone}"

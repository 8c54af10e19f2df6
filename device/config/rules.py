"""Makes the rules of a camera out of its tables. Decides no event."""

from dataclasses import dataclass
from typing import Literal

from device.config.cameras import CameraTable, RuleTable
from device.config.goods import GOODS, Goods
from device.config.hours import ANY_TIME, Time, hours_of
from device.config.staff import StaffTable
from device.config.table import Corners
from device.core.arming import ArmedRule
from device.core.arming.worth import lesser
from device.core.concealment.fitted import FITTED
from device.core.concealment.weigh import Classifiers
from device.core.event import Kind
from device.core.geometry import Line, Polygon
from device.core.rules.dwell import DwellRule
from device.core.rules.hours import AfterHours
from device.core.rules.line import LineCrossed
from device.core.rules.objects import ThingRule
from device.core.rules.scene import Rule, RuleSettings
from device.core.rules.senses import LIVE, Looker, Senses
from device.core.rules.table import KIND_DEFAULTS, KindDefaults
from device.core.rules.tamper import Limits, TamperRule
from device.errors import ConfigError


class RuleError(ConfigError):
    """A rule cannot be built."""

    def __init__(self, text: str, *path: str | int) -> None:
        """``path``: where in the camera's table it stands."""
        super().__init__(text)
        self.path = path


def rule_tables(camera: CameraTable) -> tuple[RuleTable, ...]:
    """The rules that a camera asks for, or the sensible ones for what is drawn on its picture."""
    return (*_asked(camera), *_tamper(camera))


def _tamper(camera: CameraTable) -> tuple[RuleTable, ...]:
    """Tamper is watched always, whatever rules are asked for, unless it is turned off."""
    named, table = {rule.kind for rule in camera.rules or ()}, camera.tamper
    wanted: tuple[tuple[Kind, bool, float], ...] = (
        ("tamper_covered", table.covered, table.covered_s),
        ("tamper_moved", table.moved, table.moved_s),
        ("tamper_defocused", table.defocused, table.defocused_s),
        ("tamper_dark", table.dark, table.dark_s),
    )
    return tuple(RuleTable(kind=kind, after_s=after_s) for kind, on, after_s in wanted if on and kind not in named)


def _asked(camera: CameraTable) -> tuple[RuleTable, ...]:
    if camera.rules is not None:
        return camera.rules
    zones = [RuleTable(kind="person_in_zone", zone=zone.id) for zone in camera.zones if zone.kind == "zone"]
    lines = [RuleTable(kind="line_crossed", line=line.id) for line in camera.lines]
    shelves = [
        RuleTable(kind=kind, shelf=shelf.id, priority=worth) for shelf in camera.shelves for kind, worth in GOODS
    ]
    exits = [RuleTable(kind="unpaid_exit", line=line.id) for line in camera.lines if line.kind == "exit"]
    return (*zones, *lines, *shelves, *(exits if camera.shelves else ()))


def rule_name(table: RuleTable) -> str:
    """The name given, or one made of kind and place."""
    place = table.zone or table.line or table.shelf
    return table.name or (f"{table.kind}-{place}" if place else table.kind)


def labels_of(table: RuleTable) -> tuple[str, ...]:
    """The classes that a rule is about; those of its kind where it names none."""
    if table.labels is not None:
        return table.labels
    return KIND_DEFAULTS[table.kind].labels if table.kind in KIND_DEFAULTS else ()


def goods_places(camera: CameraTable) -> tuple[Polygon, ...]:
    """Where the rules of a camera want people's hands to be looked at."""
    wanted = (table for table in rule_tables(camera) if table.kind == "concealment")
    return tuple(place_of(camera, table.shelf or table.zone) for table in wanted)


def has_goods(camera: CameraTable) -> bool:
    """Whether a rule of a camera asks who took something: only there it matters who is staff."""
    return any(is_about_shelves(table) for table in rule_tables(camera))


def is_about_shelves(table: RuleTable) -> bool:
    """Whether a rule asks who took something from a shelf."""
    place = KIND_DEFAULTS[table.kind].place if table.kind in KIND_DEFAULTS else ""
    return place == "shelf" or table.kind == "unpaid_exit"


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the rules of one camera share."""

    goods: Goods
    eye: Looker
    time: Time


def blackened(camera: CameraTable) -> tuple[Corners, ...]:
    """What of a camera's picture may be black, now or in another armed state."""
    return (*camera.masks, *(area.polygon for area in camera.private))


def needs_calendar(camera: CameraTable) -> bool:
    """Whether a rule goes by the time of day."""
    return bool(camera.staff_hours) or any(table.kind == "after_hours" for table in rule_tables(camera))


def build_rules(
    camera: CameraTable,
    *,
    keep_candidates: bool = False,
    classifiers: Classifiers = FITTED,
    time: Time = ANY_TIME,
    senses: Senses = LIVE,
    staff: StaffTable | None = None,
) -> tuple[Rule, ...]:
    """Rules ready to run; ``classifiers`` weigh what hands do, ``time`` says what opening hours mean.

    ``senses`` look at the pictures, ``staff`` says from when on clothes tell who is staff.

    Raises:
        RuleError: a kind that this version has no rule for, a missing place, two rules of one name.
    """
    goods, rules, names = Goods(camera, classifiers, senses, time, staff), list[Rule](), set[str]()
    eye = senses.eye(blackened(camera))
    for number, table in enumerate(rule_tables(camera)):
        name = rule_name(table)
        if name in names:
            text = f"camera {camera.id}: two rules are named {name!r}; give one of them another `name`"
            raise RuleError(text, "rules", number, "name")
        names.add(name)
        try:
            rules.append(_build(camera, table, _Parts(goods, eye, time), keep_candidates=keep_candidates))
        except ConfigError as error:
            raise RuleError(str(error), "rules", number, "kind") from error
    return tuple(rules)


def armed_rules(camera: CameraTable) -> dict[str, ArmedRule]:
    """When each rule's events are worth how much, by the rule's name."""
    armed = {}
    for table in rule_tables(camera):
        defaults = _defaults(camera, table)
        states = table.armed_in if table.armed_in is not None else defaults.armed_in
        armed[rule_name(table)] = ArmedRule(frozenset(states), lesser(table.priority, defaults.most))
    return armed


def _build(camera: CameraTable, table: RuleTable, parts: _Parts, *, keep_candidates: bool) -> Rule:
    _refuse_hours(camera, table)
    defaults = _defaults(camera, table)
    places: dict[str, str | None] = {
        "zone": table.zone,
        "line": table.line,
        "shelf": table.shelf,
        "goods": table.shelf or table.zone,
    }
    if defaults.place == "picture":
        if table.zone or table.line or table.shelf:
            raise ConfigError(
                f"camera {camera.id}: rule {rule_name(table)} is about the whole picture; leave its place out"
            )
        places["picture"] = None
    place = places[defaults.place]
    if place is None and defaults.place_needed:
        key = "shelf` or `zone" if defaults.place == "goods" else defaults.place
        raise ConfigError(f"camera {camera.id}: rule {rule_name(table)} needs the key `{key}`")
    if "priority" in table.model_fields_set and lesser(table.priority, defaults.most) != table.priority:
        text = (
            f"camera {camera.id}: rule {rule_name(table)} is a `{defaults.most}` at most: {table.kind} proves nothing"
        )
        raise ConfigError(text)
    settings = RuleSettings(
        name=rule_name(table),
        kind=table.kind,
        labels=frozenset(labels_of(table)),
        zone=place,
        after_s=defaults.after_s if table.after_s is None else table.after_s,
        cooldown_s=defaults.cooldown_s if table.cooldown_s is None else table.cooldown_s,
        min_confidence=defaults.min_confidence if table.min_confidence is None else table.min_confidence,
        count=table.count or defaults.count or 1,
        ignore=tuple(Polygon(zone.polygon) for zone in camera.zones if zone.kind == "ignore"),
        keep_candidates=keep_candidates,
    )
    if defaults.place == "picture":
        return TamperRule(settings, parts.eye, limits_of(camera))
    if defaults.place in ("shelf", "goods") or table.kind == "unpaid_exit":
        return parts.goods.rule(settings, place_of(camera, place) if defaults.place == "goods" else None)
    if defaults.place == "line":
        drawn = next(line for line in camera.lines if line.id == place)
        return LineCrossed(settings, Line(drawn.start, drawn.end), table.direction)
    area = next((Polygon(zone.polygon) for zone in camera.zones if zone.id == place), None)
    if table.kind == "after_hours":
        return _after_hours(table, settings, area, parts.time)
    if table.kind in ("object_left", "object_removed"):
        return ThingRule(
            settings, parts.goods.floor_of(place, area), "left" if table.kind == "object_left" else "removed"
        )
    per: Literal["zone", "track"] = "track" if table.kind == "loitering" else "zone"
    return DwellRule(settings, area, per=per, least=settings.count if table.kind == "crowding" else 1)


def _refuse_hours(camera: CameraTable, table: RuleTable) -> None:
    if table.hours and table.kind != "after_hours":
        raise ConfigError(f"camera {camera.id}: rule {rule_name(table)} has no `hours`; after_hours has")


def _after_hours(table: RuleTable, settings: RuleSettings, area: Polygon | None, time: Time) -> Rule:
    return AfterHours(settings, area, hours_of(table.hours, time.calendar), time.clock_synced)


def limits_of(camera: CameraTable) -> Limits:
    """How much of the picture it takes to be tampering."""
    table = camera.tamper
    return Limits(table.covered_frac, table.moved_frac, table.detail_frac, table.dark_frac)


def place_of(camera: CameraTable, place: str | None) -> Polygon:
    """The shelf or zone of that id, of which the configuration has made sure."""
    drawn = (*((it.id, it.polygon) for it in camera.shelves), *((it.id, it.polygon) for it in camera.zones))
    return next(Polygon(polygon) for id_, polygon in drawn if id_ == place)


def _defaults(camera: CameraTable, table: RuleTable) -> KindDefaults:
    if table.kind not in KIND_DEFAULTS:
        known = ", ".join(KIND_DEFAULTS)
        raise ConfigError(f"camera {camera.id}: this version has no rule of kind {table.kind!r}; it has: {known}")
    return KIND_DEFAULTS[table.kind]

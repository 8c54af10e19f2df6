"""What the ways of people and cars make true of zones and lines. Runs no rule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from bench.truth_expected import STEP_S, Expected
from device.capture.scene import Figure, Scene
from device.capture.scene_path import along
from device.capture.scene_weather import Thing
from device.config.cameras import CameraTable, RuleTable
from device.config.rules import labels_of, rule_tables
from device.core.event import Event
from device.core.geometry import Box, Line, Point, Polygon, box_area, intersection
from device.core.rules.dwell import GRACE_S
from device.core.rules.line import MARGIN_OF_HEIGHT, OVERHANG_FRAC
from device.core.rules.table import KIND_DEFAULTS

WALKED = frozenset({"person_in_zone", "loitering", "crowding", "vehicle_in_zone", "line_crossed"})
"""Kinds whose truth follows from where everybody walks."""
_NEAR = 0.035
"""A foot so near to the edge of a zone, in heights of its box, may be told to be inside or outside."""
_LEAST_SEEN = 0.25
"""Of whom less is in the picture is not there."""
_LATE_S = 4.0
"""A rule that has said nothing for so long after it could has missed it."""
_DOUBT_S = 0.6
"""Stays that are longer or shorter than asked by less than this may be told or not."""

_THERE = 0.1
"""A box whose foot is no farther from somebody's, in heights, is theirs."""
_AS_ONE = 0.6
"""Whose box shares so much, of the smaller one, with that of somebody nearer may be taken for a part of them."""
_NOTICED_S = 1.0
"""Who is not in sight for so long before a line may be across it before a slow look has found them twice."""


class Spot(NamedTuple):
    """Where somebody can be seen at a moment."""

    t: float
    foot: Point
    height: float
    """Of the box."""
    alone: bool
    """Nobody stands before them in such a way that two boxes may be taken for one."""


Way = tuple[Spot, ...]
"""Wherever somebody can be seen."""
_Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Stays:
    """When it is sure, and when it is possible, that somebody counts."""

    sure: list[_Span]
    possible: list[_Span]


def walked(scene: Scene, camera: CameraTable) -> tuple[Expected, ...]:
    """What zones and lines must tell of a scene."""
    ways = {label: _ways(scene, scene_label(scene, label)) for label in ("person", "car")}
    found: list[Expected] = []
    for table in rule_tables(camera):
        if table.kind in WALKED:
            mine = [way for label in labels_of(table) for way in ways.get(label, ())]
            found += _crossings(table, camera, mine) if table.kind == "line_crossed" else _stays(table, camera, mine)
    return tuple(found)


def scene_label(scene: Scene, label: str) -> tuple[Figure | Thing, ...]:
    """Everything of a class."""
    if label == "person":
        return scene.figures
    return tuple(thing for thing in scene.things if thing.kind == label)


def _ways(scene: Scene, them: tuple[Figure | Thing, ...]) -> list[Way]:
    spots: list[list[Spot]] = [[] for _ in them]
    for n in range(int(scene.duration_s / STEP_S)):
        t = n * STEP_S
        boxes = [_seen(_box(scene, it, t)) for it in them]
        for number, box in enumerate(boxes):
            if box is not None:
                before = (it for m, it in enumerate(boxes) if it and (it[3], m) > (box[3], number))
                foot, height = ((box[0] + box[2]) / 2, box[3]), box[3] - box[1]
                spots[number].append(Spot(t, foot, height, not any(_as_one(box, other) for other in before)))
    return [tuple(way) for way in spots]


def _as_one(one: Box, other: Box) -> bool:
    return intersection(one, other) > _AS_ONE * min(box_area(one), box_area(other))


def _box(scene: Scene, it: Figure | Thing, t: float) -> Box | None:
    if isinstance(it, Figure):
        return scene.whole_box(it, t)
    foot = along(it.path, t)
    return None if foot is None else it.box_at(foot)


def _seen(box: Box | None) -> Box | None:
    """What the picture shows of it."""
    if box is None:
        return None
    x1, y1, x2, y2 = (min(1.0, max(0.0, edge)) for edge in box)
    return (x1, y1, x2, y2) if box_area((x1, y1, x2, y2)) >= _LEAST_SEEN * box_area(box) else None


def _stays(table: RuleTable, camera: CameraTable, ways: list[Way]) -> Iterator[Expected]:
    area, after_s = _asked(table, camera)
    single = [_inside(way, area) for way in ways]
    if table.kind == "loitering":
        groups = single
    else:
        least = (table.count or KIND_DEFAULTS[table.kind].count or 1) if table.kind == "crowding" else 1
        groups = [
            _Stays(_at_once([s.sure for s in single], least), _at_once([s.possible for s in single], least)),
        ]
    for stays in groups:
        last = -_LATE_S
        for start, end in _joined(stays.possible):
            found = _within(stays.sure, (start, end), table.kind, after_s)
            # Who is back just as the grace ends may be told to have been there all the time.
            yield from (replace(it, optional=True) for it in found) if start - last < GRACE_S + _DOUBT_S else found
            last = end


def _asked(table: RuleTable, camera: CameraTable) -> tuple[Polygon | None, float]:
    """Where a rule wants somebody to stay, None for the whole picture, and for how long, s."""
    area = next((Polygon(zone.polygon) for zone in camera.zones if zone.id == table.zone), None)
    return area, KIND_DEFAULTS[table.kind].after_s if table.after_s is None else table.after_s


def has_stayed(event: Event, scene: Scene, camera: CameraTable) -> bool:
    """Whether somebody who stands where a ``loitering`` says has stayed in the zone for as long as was asked.

    Then it is no false alarm, though it may come late, or a second time as their number has changed.
    """
    table = next(it for it in rule_tables(camera) if it.kind == event.kind and it.zone == event.zone)
    area, after_s = _asked(table, camera)
    (x1, _, x2, foot_y), t = event.objects[0].box, event.t_emitted
    for way in _ways(scene, scene.figures):
        spot = min(way, key=lambda spot: abs(spot.t - t), default=None)
        if spot is None or abs(spot.t - t) > STEP_S:
            continue
        near = _THERE * spot.height
        if abs(spot.foot[0] - (x1 + x2) / 2) > near or abs(spot.foot[1] - foot_y) > near:
            continue
        if any(
            start <= t - after_s + _DOUBT_S and t <= end + GRACE_S
            for start, end in _joined(_inside(way, area).possible)
        ):
            return True
    return False


def _within(surely: list[_Span], possible: _Span, kind: str, after_s: float) -> Iterator[Expected]:
    """What must and what may be told of one stay that may have had breaks."""
    start, end = possible
    sure = [span for span in _joined(surely) if start - STEP_S <= span[0] and span[1] <= end + STEP_S]
    longest = max(sure, key=lambda span: span[1] - span[0], default=(end, start))
    # Who steps over the very edge and back may be told to have been away, and to have come twice.
    parts = [span for span in _joined(surely, GRACE_S - _DOUBT_S) if start - STEP_S <= span[0] <= end]
    parts = [span for span in parts if not longest[0] <= span[0] <= longest[0] + STEP_S]
    if longest[1] - longest[0] >= after_s + _DOUBT_S:
        # Whoever may be counted from the start on may be told so much later.
        clear_s = longest[0] + after_s
        yield _stay(kind, start, after_s, clear_s, clear_s + _LATE_S)
    elif end - start >= after_s - _DOUBT_S:
        yield _stay(kind, start, after_s, start + after_s, end + _LATE_S, optional=True)
        parts = parts[1:]
    for since, until in parts:
        if until - since >= after_s - _DOUBT_S:
            yield _stay(kind, since, after_s, since + after_s, until + _LATE_S, optional=True)


def _stay(
    kind: str, since: float, after_s: float, clear_s: float, until_s: float, *, optional: bool = False
) -> Expected:
    return Expected(kind, since, clear_s, until_s, optional=optional, told_from_s=since + after_s - _DOUBT_S)


def _inside(way: Way, area: Polygon | None) -> _Stays:
    def surely(spot: Spot) -> bool:
        return spot.alone and (area is None or all(area.contains(at) for at in _around(spot)))

    def possibly(spot: Spot) -> bool:
        return area is None or any(area.contains(at) for at in _around(spot))

    return _Stays(_spans(way, surely), _spans(way, possibly))


def _around(spot: Spot) -> tuple[Point, ...]:
    (x, y), reach = spot.foot, _NEAR * spot.height
    side = 0.75 * reach
    return spot.foot, (x - side, y), (x + side, y), (x, y - reach), (x, y + reach)


def _spans(way: Way, counts: Callable[[Spot], bool]) -> list[_Span]:
    spans: list[_Span] = []
    for spot in way:
        if counts(spot):
            if spans and spot.t - spans[-1][1] <= 1.5 * STEP_S:
                spans[-1] = (spans[-1][0], spot.t)
            else:
                spans.append((spot.t, spot.t))
    return spans


def _at_once(many: list[list[_Span]], least: int) -> list[_Span]:
    """When so many of them are inside together."""
    turns = sorted(turn for spans in many for start, end in spans for turn in ((start, 0), (end + STEP_S, 1)))
    found, inside, since = list[_Span](), 0, 0.0
    for t, goes in turns:
        before, inside = inside, inside + (-1 if goes else 1)
        if before < least <= inside:
            since = t
        elif before >= least > inside:
            found.append((since, t))
    return found


def _joined(spans: list[_Span], grace_s: float = GRACE_S) -> list[_Span]:
    """Whoever is back before the grace is over has not been away."""
    joined: list[_Span] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < grace_s:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _crossings(table: RuleTable, camera: CameraTable, ways: list[Way]) -> Iterator[Expected]:
    drawn = next(line for line in camera.lines if line.id == table.line)
    line = Line(drawn.start, drawn.end)
    for way in ways:
        sure = _crossed(way, line, 2.0, _NOTICED_S)
        yield from (
            Expected("line_crossed", t, clear, t + _LATE_S)
            for t, clear, direction in sure
            if table.direction in ("both", direction)
        )
        # Who crosses at the very edge of the picture may be told.
        for t, clear, direction in _crossed(way, line, 0.5):
            if table.direction in ("both", direction) and all(abs(t - other) > _LATE_S / 2 for other, *_ in sure):
                yield Expected("line_crossed", t, clear, t + _LATE_S, optional=True)


def _crossed(way: Way, line: Line, margins: float, noticed_s: float = 0.0) -> list[tuple[float, float, str]]:
    """When, when it is far enough over to be sure, and which way; of who was in sight before for so long, s."""
    since, last = list[float](), -1.0
    for spot in way:
        since.append(since[-1] if since and spot.t - last <= 1.5 * STEP_S else spot.t)
        last = spot.t
    sides = [
        (spot, line.side(spot.foot), began)
        for spot, began in zip(way, since, strict=True)
        if abs(line.side(spot.foot)) >= margins * MARGIN_OF_HEIGHT * spot.height
    ]
    found = []
    for (spot, side, began), (clear, other, _) in pairwise(sides):
        if side * other < 0.0 and line.passed(spot.foot, clear.foot, OVERHANG_FRAC) and spot.t - began >= noticed_s:
            share = abs(side) / (abs(side) + abs(other))
            found.append((spot.t + share * (clear.t - spot.t), clear.t, "out" if other > 0.0 else "in"))
    return found

"""What everybody's ways make true of zones and lines."""

from typing import Any

import pytest

from bench.truth_expected import Expected
from bench.truth_scenes import FOLDER, load
from bench.truth_walk import has_stayed, walked
from device.capture.scene import Figure, Scene
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Thing
from device.config.cameras import CameraTable
from device.config.rules import rule_tables
from device.core.event import EventObject
from tests.events import make_event

ZONE = {"id": "yard", "polygon": [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]}
GATE = {"id": "gate", "start": [0.5, 1.0], "end": [0.5, 0.5]}


def told(scene: Scene, *rules: dict[str, Any]) -> list[Expected]:
    """What must be told of a scene by rules in one zone and at one line."""
    table = {"id": "cam", "source": "synthetic:", "zones": [ZONE], "lines": [GATE], "rules": rules}
    return [each for each in walked(scene, CameraTable.model_validate(table)) if not each.optional]


def walk(*path: tuple[float, float], id_: int = 1) -> Figure:
    """Somebody who walks along y = 0.8 by times and places."""
    return Figure(id_, tuple(Waypoint(t, x, 0.8) for t, x in path), 0.4)


def test_who_walks_through_a_zone_is_in_it_once() -> None:
    """From when the feet are surely inside."""
    (stay,) = told(
        Scene(duration_s=12.0, figures=(walk((0, 0.0), (10, 1.0)),)), {"kind": "person_in_zone", "zone": "yard"}
    )
    assert stay.t_s == pytest.approx(3.1, abs=0.3)


def test_who_stays_too_shortly_does_not_loiter() -> None:
    """And who stays long enough does, once."""
    rule = {"kind": "loitering", "zone": "yard", "after_s": 6.0}
    short = Scene(duration_s=20.0, figures=(walk((0, 0.0), (10, 1.0)),))
    long = Scene(duration_s=30.0, figures=(walk((0, 0.0), (5, 0.5), (20, 0.5), (25, 1.0)),))
    assert told(short, rule) == []
    (stay,) = told(long, rule)
    assert stay.t_clear_s == pytest.approx(stay.t_s + 6.0, abs=0.5)
    assert stay.t_s + 5.0 < stay.told_from_s < stay.t_clear_s


def test_a_crowd_needs_all_of_them_at_once() -> None:
    """Three who come one after another are none."""
    rule = {"kind": "crowding", "zone": "yard", "count": 3, "after_s": 1.0}
    together = tuple(walk((0, 0.0), (4 + n, 0.4 + 0.1 * n), (15, 0.5), (20, 1.0), id_=n) for n in range(1, 4))
    apart = tuple(walk((10 * n, 0.0), (10 * n + 8, 1.0), id_=n) for n in range(1, 4))
    assert len(told(Scene(duration_s=25.0, figures=together), rule)) == 1
    assert told(Scene(duration_s=50.0, figures=apart), rule) == []


def test_a_line_is_crossed_in_its_direction() -> None:
    """From its left to its right is out; turning back before it is nothing."""
    rule = {"kind": "line_crossed", "line": "gate", "direction": "out"}
    out, back = walk((0, 0.0), (10, 1.0)), walk((0, 1.0), (10, 0.0))
    turns = walk((0, 0.0), (4, 0.42), (8, 0.0))
    (crossing,) = told(Scene(duration_s=12.0, figures=(out,)), rule)
    assert crossing.t_s == pytest.approx(5.0, abs=0.2)
    assert told(Scene(duration_s=12.0, figures=(back,)), rule) == []
    assert told(Scene(duration_s=12.0, figures=(turns,)), rule) == []


def test_cars_are_things_of_a_class_and_bags_are_not() -> None:
    """The truth of a picture names people and cars."""
    ways = (Waypoint(0, 0.5, 0.8), Waypoint(9, 0.5, 0.8))
    scene = Scene(duration_s=9.0, things=(Thing(4, ways, (0.2, 0.1), "car"), Thing(5, ways, (0.1, 0.1), "bag")))
    assert [(it.id, it.label) for it in scene.truth(3.0)] == [(4, "car")]
    assert scene.truth(3.0)[0].box == pytest.approx((0.4, 0.7, 0.6, 0.8))
    assert [it.kind for it in told(scene, {"kind": "vehicle_in_zone", "zone": "yard"})] == ["vehicle_in_zone"]


def test_every_kind_has_enough_scenes() -> None:
    """Twenty positive and forty negative ones a kind, in five seeds."""
    kinds: dict[str, list[int]] = {}

    for path in sorted(FOLDER.glob("*.toml")):
        case = load(path, 0)
        sure = {each.kind for each in case.expected if not each.optional}
        for kind in {table.kind for table in rule_tables(case.camera)}:
            counts = kinds.setdefault(kind, [0, 0])
            counts[kind not in sure] += 5
    assert len(kinds) == 17
    assert {kind: counts for kind, counts in kinds.items() if counts[0] < 20 or counts[1] < 40} == {}


def test_who_stands_behind_somebody_need_not_be_told_apart() -> None:
    """Two boxes that lie in each other may be taken for one; beside each other both loiter."""
    rule = {"kind": "loitering", "zone": "yard", "after_s": 6.0}
    near = walk((0, 0.0), (5, 0.5), (20, 0.5), (25, 1.0))
    behind, beside = (
        walk((0, 1.0), (5, 0.52), (20, 0.52), (25, 1.0), id_=2),
        walk((0, 1.0), (5, 0.65), (20, 0.65), (25, 1.0), id_=2),
    )
    assert len(told(Scene(duration_s=30.0, figures=(near, behind)), rule)) == 1
    assert len(told(Scene(duration_s=30.0, figures=(near, beside)), rule)) == 2


def test_a_step_over_the_edge_may_make_one_stay_two() -> None:
    """Away by the sure places for longer than the grace, by the possible ones for less: once it must be told."""
    steps = walk((0, 0.0), (4, 0.4), (8, 0.302), (9, 0.302), (12, 0.5), (20, 1.0))
    table = {
        "id": "cam",
        "source": "synthetic:",
        "zones": [ZONE],
        "rules": [{"kind": "person_in_zone", "zone": "yard"}],
    }
    stays = walked(Scene(duration_s=22.0, figures=(steps,)), CameraTable.model_validate(table))
    assert sorted(stay.optional for stay in stays) == [False, True]


def test_who_has_hardly_come_into_the_picture_may_cross_unnoticed() -> None:
    """At the line no second after they could be seen: to tell it is no fault, nor is it to miss it."""
    rule = {"kind": "line_crossed", "line": "gate", "direction": "out"}
    appears = Figure(1, (Waypoint(3, 0.4, 0.8), Waypoint(9, 1.0, 0.8)), 0.4)
    assert told(Scene(duration_s=12.0, figures=(appears,)), rule) == []


def test_what_is_told_of_somebody_who_has_stayed_is_not_false() -> None:
    """However late, and of nobody else; who has stood there for a shorter time has not stayed."""
    rule = {"kind": "loitering", "zone": "yard", "after_s": 6.0}
    table = {"id": "cam", "source": "synthetic:", "zones": [ZONE], "lines": [GATE], "rules": [rule]}
    camera = CameraTable.model_validate(table)
    scene = Scene(duration_s=30.0, figures=(walk((0, 0.0), (5, 0.5), (20, 0.5), (25, 1.0)),))

    def stayed(t: float, x: float) -> bool:
        seen = EventObject(track=1, label="person", score=0.9, box=(x - 0.05, 0.4, x + 0.05, 0.8))
        return has_stayed(make_event(kind="loitering", zone="yard", t_emitted=t, objects=(seen,)), scene, camera)

    assert stayed(17.0, 0.5)
    assert not stayed(17.0, 0.6)
    assert not stayed(6.0, 0.5)

"""Things on a floor, in small drawn scenes."""

from typing import Literal

import pytest

from device.capture.scene import Figure, Light, Scene
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Shade, Thing
from device.core.event import Draft
from device.core.rules.objects import SharedWatch, ThingRule
from device.core.rules.scene import Scene as Moment
from device.core.track import Track
from tests.builders import make_motion, make_settings
from tests.core.shelf.drawn import frames

COMES_AND_GOES = Figure(
    1, (Waypoint(0, -0.1, 0.8), Waypoint(3, 0.45, 0.82), Waypoint(5, 0.45, 0.82), Waypoint(8, 1.1, 0.8)), 0.4
)
STAYS = Figure(1, (Waypoint(0, -0.1, 0.8), Waypoint(3, 0.45, 0.82), Waypoint(24, 0.45, 0.82)), 0.4)


def bag(since_s: float, until_s: float) -> Thing:
    """A dark bag where the person stands."""
    return Thing(
        9, (Waypoint(since_s, 0.52, 0.83), Waypoint(until_s, 0.52, 0.83)), (0.07, 0.12), level=45, tint=(112, 148)
    )


def told(scene: Scene, kind: Literal["left", "removed"]) -> list[Draft]:
    """What the rule says of a scene."""
    settings = make_settings(name="thing", kind=f"object_{kind}", zone=None, after_s=4.0)
    rule = ThingRule(settings, SharedWatch(None), kind)
    drafts: list[Draft] = []
    for frame, tracks in frames(scene):
        drafts += rule.update(Moment(frame.t, tracks, make_motion(), looked=True, frame=frame))
    return drafts


def yard(*things: Thing, figures: tuple[Figure, ...] = (), duration_s: float = 24.0, **changes: object) -> Scene:
    """A floor, a few people, a few things."""
    usual: dict[str, object] = {"width_px": 320, "height_px": 240, "fps": 4.0, "seed": 6}
    values = {**usual, "things": things, "figures": figures, "duration_s": duration_s, **changes}
    return Scene(**values)  # type: ignore[arg-type]


def test_a_bag_is_left_once_its_owner_has_gone() -> None:
    """It is told where, whose it may be, and when it came; and that it was fetched."""
    start, end = told(yard(bag(4.0, 19.0), figures=(COMES_AND_GOES,), duration_s=28.0), "left")
    assert (start.state, end.state) == ("start", "end")
    assert start.t_start == pytest.approx(4.0, abs=1.5)
    assert 7.0 < start.t_emitted < 17.0
    assert start.data["owner"] == 1
    assert end.t_emitted > 19.0
    assert end.happening == start.happening


def test_a_bag_beside_its_owner_is_not_left() -> None:
    """However long they stand there, quite still."""
    assert told(yard(bag(4.0, 24.0), figures=(STAYS,)), "left") == []


def test_a_thing_that_stood_there_is_removed_once() -> None:
    """Told when whoever took it has gone; to the rule about what was left it is nothing."""
    scene = yard(bag(-1.0, 4.5), figures=(COMES_AND_GOES,))
    (gone,) = told(scene, "removed")
    assert gone.t_start == pytest.approx(4.0, abs=2.0)
    assert gone.t_end is not None
    assert told(scene, "left") == []


def test_light_leaves_and_removes_nothing() -> None:
    """Nor do people who only pass."""
    scene = yard(figures=(COMES_AND_GOES,), lights=(Light(9.0, 0.5, 1.0), Light(14.0, 1.0)))
    assert told(scene, "left") == []
    assert told(scene, "removed") == []


@pytest.mark.parametrize("seed", range(4))
def test_shades_that_cross_leave_and_remove_nothing(seed: int) -> None:
    """Where the edge of one wanders into another it is steeper than light explains; yet nobody did anything."""
    shades = tuple(
        Shade((Waypoint(2.0, x, 0.5), Waypoint(62.0, to, 0.8)), (0.3, 0.4), gain)
        for x, to, gain in ((0.33, 0.87, 0.65), (0.49, 0.94, 0.65), (0.7, 0.3, 1.3))
    )
    scene = yard(shades=shades, rain=95, noise=5, seed=seed, duration_s=64.0)
    assert told(scene, "left") == []
    assert told(scene, "removed") == []


def test_whoever_stops_watching_ends_what_lasts() -> None:
    """A bag that nobody looks at any more is told to end, with the reason."""
    settings = make_settings(name="thing", kind="object_left", zone=None, after_s=4.0)
    rule = ThingRule(settings, SharedWatch(None), "left")
    for frame, tracks in frames(yard(bag(4.0, 24.0), figures=(COMES_AND_GOES,))):
        rule.update(Moment(frame.t, tracks, make_motion(), looked=True, frame=frame))
    (end,) = rule.stop(25.0, "the daemon stops")
    assert (end.state, end.reasons[-1]) == ("end", "the daemon stops")
    assert rule.finish(26.0) == ()


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_nothing_is_learned_of_the_floor_behind_somebody(seed: int) -> None:
    """Who stands there for long in the colours of the ground, and goes, leaves no hole behind."""
    stays = Figure(
        1,
        (Waypoint(0, -0.1, 0.8), Waypoint(3, 0.45, 0.82), Waypoint(36, 0.45, 0.82), Waypoint(39, 1.1, 0.8)),
        0.4,
        shirt=110,
        trousers=125,
    )
    scene = yard(figures=(stays,), duration_s=50.0, seed=seed)
    assert told(scene, "removed") == []
    assert told(scene, "left") == []


def test_a_plain_box_is_no_patch_of_light() -> None:
    """A box as grey as the ground, but brighter, in dim light: only its rim tells."""
    box = Thing(9, (Waypoint(4, 0.52, 0.83), Waypoint(28, 0.52, 0.83)), (0.07, 0.1), kind="box", level=175)
    scene = yard(box, figures=(COMES_AND_GOES,), duration_s=28.0, lights=(Light(0.0, 0.8),))
    assert [draft.state for draft in told(scene, "left")] == ["start"]


def test_a_coat_that_looks_like_somebody_guards_no_bag() -> None:
    """What never walked is no owner who is still near."""
    coat = Figure(2, (Waypoint(0, 0.55, 0.8), Waypoint(28, 0.55, 0.8)), 0.3)
    scene = yard(bag(4.0, 28.0), figures=(COMES_AND_GOES,), duration_s=28.0)
    settings = make_settings(name="thing", kind="object_left", zone=None, after_s=4.0)
    rule = ThingRule(settings, SharedWatch(None), "left")
    drafts: list[Draft] = []
    for frame, tracks in frames(scene):
        x1, y1, x2, y2 = scene.whole_box(coat, frame.t) or (0.0, 0.0, 0.0, 0.0)
        stays = Track(2, "person", (x1, y1, x2, y2), 0.6, True, False, True, 0.0, frame.t)
        drafts += rule.update(Moment(frame.t, (*tracks, stays), make_motion(), looked=True, frame=frame))
    assert [draft.state for draft in drafts] == ["start"]

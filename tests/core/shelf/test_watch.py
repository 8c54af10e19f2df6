from dataclasses import replace

import numpy as np
import pytest

from device.capture.scene import Figure, Light
from device.capture.scene_goods import Act
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Shade
from device.core.motion import Motion
from device.core.shelf.ledger import Change
from device.core.shelf.watch import ShelfWatch
from tests.core.shelf.drawn import AREA, SHOPPER, by_arm, frames, shop, watched


@pytest.mark.parametrize("grid", [(2, 4), None], ids=["grid", "auto"])
def test_a_taking_and_a_return_by_an_arm_alone(grid: tuple[int, int] | None) -> None:
    """Each is found soon, at its place, attributed to nobody, and the return names its taking."""
    taken, returned = watched(shop(by_arm(3.0, "take", 5), by_arm(7.0, "put", 5)), grid=grid)
    assert (taken.kind, returned.kind) == ("taken", "returned")
    assert (taken.track, returned.track) == (None, None)
    assert taken.t_contact == pytest.approx(3.0, abs=0.7)
    assert taken.t - 4.1 < 1.5
    assert returned.t - 8.1 < 1.5
    assert returned.undoes == taken.number
    x1, y1, x2, y2 = taken.box
    assert 0.5 < x1 < x2 < 0.67
    assert 0.4 < y1 < y2 < 0.68
    if grid is not None:
        assert (taken.slot, returned.slot) == (5, 5)


def test_who_reaches_for_it_has_taken_it() -> None:
    """The person whose hand could be there is named, and the reasons say where, when and why."""
    (taken,) = watched(shop(Act(4.0, "take", "rack", 4, figure=3), figures=(SHOPPER,)))
    assert (taken.kind, taken.track, taken.slot) == ("taken", 3, 4)
    assert any("person 3" in reason for reason in taken.reasons)
    assert any("slot 4" in reason for reason in taken.reasons)


def test_touching_is_not_taking() -> None:
    """A hand that comes and goes leaves the shelf as it was."""
    assert (
        watched(shop(by_arm(3.0, "touch", 5), by_arm(6.0, "touch", 2), Act(8.0, "touch", "rack", 1, hold_s=0.6))) == []
    )


def test_light_is_not_taking() -> None:
    """Nor is a lamp that goes out, half the light, or a shadow that wanders over the goods."""
    lights = (Light(3.0, 0.5), Light(5.0, 0.1), Light(7.0, 1.0), Light(9.0, 0.7, 1.0))
    assert watched(shop(lights=lights)) == []
    shade = Shade((Waypoint(2.0, 0.2, 0.4), Waypoint(10.0, 1.1, 0.5)), (0.3, 0.5), 0.65)
    assert watched(shop(shades=(shade,))) == []


def test_a_camera_that_shakes_takes_nothing_and_hides_nothing() -> None:
    """In shaken, compressed, noisy pictures one taking is one taking."""
    changes = watched(shop(by_arm(5.0, "take", 2), shake_px=2, jpeg_q=8, noise=5))
    assert [(change.kind, change.slot) for change in changes] == [("taken", 2)]


def test_what_was_moved_from_slot_to_slot_is_taken_and_returned() -> None:
    """Rearranging leaves nothing open."""
    rack_with_room = shop(by_arm(3.0, "take", 5), by_arm(7.0, "put", 0), by_arm(0.5, "touch", 3))
    scene = replace(rack_with_room, racks=(replace(rack_with_room.racks[0], empty=(0,)),))
    taken, returned = watched(scene)
    assert (taken.kind, returned.kind) == ("taken", "returned")
    assert returned.undoes == taken.number


def test_an_arm_in_the_first_picture_is_no_item() -> None:
    """A clip that begins in the middle of a reach: the arm that leaves is not a taking."""
    assert watched(shop(Act(0.2, "touch", "rack", 5, hold_s=1.0))) == []


def test_a_quiet_shelf_is_seldom_looked_at() -> None:
    """Where the gate sees nothing move near it, a look a second is enough."""
    watch, looked = ShelfWatch(AREA, (2, 4)), 0
    still = Motion(open=False, area_frac=0.0, mask=np.zeros((120, 160), dtype=np.bool_), scene_change=False)
    for frame, _ in frames(shop(duration_s=20.0)):
        watch.observe(frame, (), frame.t, still)
        looked += watch.last_look_t == frame.t
    assert looked <= 40


def test_the_state_of_a_shelf_is_bounded() -> None:
    """After many takings and returns it remembers so many and no more."""
    acts = [by_arm(2.0 + 3.0 * n, "take" if n % 2 == 0 else "put", 5) for n in range(6)]
    watch = ShelfWatch(AREA, (2, 4))
    changes = [c for f, tr in frames(shop(*acts, duration_s=20.0)) for c in watch.observe(f, tr, f.t)]
    assert len(changes) == 6
    assert watch.stock.missing == 0


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_a_hand_that_rests_over_the_goods_is_no_item(seed: int) -> None:
    """Whatever it looks like there."""
    assert watched(shop(Act(4.0, "touch", "rack", 1, hold_s=3.0), duration_s=14.0, seed=seed)) == []


def test_what_changes_without_a_hand_is_light() -> None:
    """From one look to the next an item is another: nothing has reached over the shelf."""
    full, short = (replace(shop(), racks=(replace(shop().racks[0], empty=slots),)) for slots in ((), (5,)))
    watch, changes = ShelfWatch(AREA, (2, 4)), list[Change]()
    for (before, tracks), (after, _) in zip(frames(full), frames(short), strict=True):
        changes += watch.observe(before if before.t < 5.0 else after, tracks, before.t)
    assert changes == []


def test_what_comes_back_without_a_hand_in_sight_has_come_back() -> None:
    """A sleeve of the colour of the boards is not seen; no light brings back the very thing that had been taken."""
    scene = shop(by_arm(3.0, "take", 5))
    full = replace(scene, acts=())
    watch, changes = ShelfWatch(AREA, (2, 4)), list[Change]()
    for (taken, tracks), (back, _) in zip(frames(scene), frames(full), strict=True):
        changes += watch.observe(taken if taken.t < 8.0 else back, tracks, taken.t)
    assert [change.kind for change in changes] == ["taken", "returned"]
    assert changes[1].undoes == changes[0].number


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_nothing_is_known_of_what_somebody_hid_from_the_first(seed: int) -> None:
    """Who stands before the shelf in the first picture, and goes, has neither taken nor brought what was behind."""
    stands = Figure(
        3,
        (Waypoint(0.0, 0.6, 0.95), Waypoint(6.0, 0.6, 0.95), Waypoint(8.0, -0.2, 0.95)),
        height_frac=0.7,
        shirt=150,
        trousers=100,
    )
    scene = shop(figures=(stands,), seed=seed, duration_s=14.0)
    watch, changes = ShelfWatch(AREA, (2, 4)), list[Change]()
    for frame, tracks in frames(scene):
        believed = tuple(track for track in tracks if frame.t >= 2.4)  # the tracker takes its time
        changes += watch.observe(frame, believed, frame.t)
    assert changes == []


def test_whoever_stands_there_for_long_never_becomes_the_shelf() -> None:
    """Two who stand at one place one after the other, longer than what is forgotten, take and bring nothing."""
    first = Figure(3, (Waypoint(2.0, 0.0, 0.95), Waypoint(6.0, 0.6, 0.95), Waypoint(66.0, 0.6, 0.95)), height_frac=0.7)
    first = replace(first, path=(*first.path, Waypoint(70.0, 1.2, 0.95)), shirt=60, trousers=100)
    other = Figure(
        4, (Waypoint(50.0, 0.0, 0.97), Waypoint(54.0, 0.58, 0.97), Waypoint(82.0, 0.58, 0.97)), height_frac=0.65
    )
    other = replace(other, path=(*other.path, Waypoint(86.0, -0.2, 0.97)), shirt=170, trousers=90)
    assert watched(shop(figures=(first, other), duration_s=92.0)) == []


def test_whoever_is_lost_for_a_moment_has_not_taken_what_they_hide() -> None:
    """A sleeve that has rested for long is believed to be the shelf only where nobody was seen a moment ago."""
    path = (Waypoint(2.0, 0.0, 0.95), Waypoint(4.0, 0.6, 0.95), Waypoint(40.0, 0.6, 0.95))
    stands = Figure(3, path, height_frac=0.7, shirt=130, trousers=110)
    watch, changes = ShelfWatch(AREA, (2, 4)), list[Change]()
    for frame, tracks in frames(shop(figures=(stands,), duration_s=26.0, seed=6)):
        changes += watch.observe(frame, () if 24.0 <= frame.t < 25.0 else tracks, frame.t)
    assert changes == []

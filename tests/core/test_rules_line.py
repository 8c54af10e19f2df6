"""Scripted walks for the rule about crossing a line."""

from collections.abc import Iterable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.event import Draft
from device.core.geometry import Line, Point
from device.core.rules.line import MARGIN_OF_HEIGHT, LineCrossed
from tests.builders import make_scene, make_settings, make_track, states

DOOR = Line((0.2, 0.5), (0.8, 0.5))
"""Its right side is the lower part of the picture: walking down is "out"."""
HEIGHT = 0.2
MARGIN = MARGIN_OF_HEIGHT * HEIGHT


def at_door(direction: Literal["in", "out", "both"] = "both", **changes: Any) -> LineCrossed:
    """A rule about the door."""
    return LineCrossed(make_settings(kind="line_crossed", zone="door", **changes), DOOR, direction)


def walk(rule: LineCrossed, feet: Iterable[Point], *, t: float = 0.0, id_: int = 1, **changes: Any) -> list[Draft]:
    """One person, one look for each foot point, five a second."""
    scenes = [make_scene(t + n * 0.2, make_track(id_, foot, height=HEIGHT, **changes)) for n, foot in enumerate(feet)]
    return [draft for scene in scenes for draft in rule.update(scene)]


def down(x: float = 0.5, start: float = 0.3, stop: float = 0.7, steps: int = 9) -> list[Point]:
    """A straight way down the picture."""
    return [(x, start + (stop - start) * n / (steps - 1)) for n in range(steps)]


def test_out_and_in() -> None:
    """From left to right is out, back is in, each told once as a moment."""
    rule = at_door()

    out = walk(rule, down())
    back = walk(rule, down()[::-1], t=10.0)

    assert [(d.data["direction"], d.state) for d in out + back] == [("out", "start"), ("in", "start")]
    assert out[0].t_start == out[0].t_end == out[0].t_emitted
    assert out[0].happening != back[0].happening
    assert out[0].data["track"] == 1


@pytest.mark.parametrize(("direction", "told"), [("out", ["out"]), ("in", ["in"]), ("both", ["out", "in"])])
def test_only_the_direction_asked_for(direction: Literal["in", "out", "both"], told: list[str]) -> None:
    """The other way is no event."""
    assert [d.data["direction"] for d in walk(at_door(direction), down() + down()[::-1])] == told


@given(st.lists(st.floats(-0.95, 0.95), max_size=80))
def test_jitter_at_the_line_is_no_crossing(offsets: list[float]) -> None:
    """Whoever stands on the line, with a box that trembles by less than the margin, makes no event."""
    rule = at_door(cooldown_s=0.0)

    assert walk(rule, [(0.5, 0.3), *((0.5, 0.5 + offset * MARGIN) for offset in offsets), (0.5, 0.3)]) == []


@given(st.lists(st.floats(-0.95, 0.95), max_size=30))
def test_jitter_on_the_way_is_one_crossing(offsets: list[float]) -> None:
    """However long somebody dithers at the line, going through is told once."""
    rule = at_door(cooldown_s=0.0)

    assert len(walk(rule, [(0.5, 0.3), *((0.5, 0.5 + offset * MARGIN) for offset in offsets), (0.5, 0.7)])) == 1


@pytest.mark.parametrize("x", [0.05, 0.14, 0.86, 0.95])
def test_crossing_beside_the_segment(x: float) -> None:
    """The line ends where it was drawn, but for a small overhang."""
    assert walk(at_door(), down(x)) == []


@pytest.mark.parametrize("x", [0.18, 0.22, 0.78, 0.82])
def test_crossing_near_the_ends(x: float) -> None:
    """Through the door close to its posts counts."""
    assert len(walk(at_door(), down(x))) == 1


def test_round_the_end_of_the_line() -> None:
    """Who walks round a post has changed sides and crossed nothing, and crosses on the way back through the door."""
    around = [(0.5, 0.3), (0.7, 0.3), (0.95, 0.4), (0.95, 0.6), (0.7, 0.7), (0.5, 0.7)]

    assert [d.data["direction"] for d in walk(at_door(), around + down()[::-1])] == ["in"]


def test_a_fast_jump() -> None:
    """One look on each side is enough when the way between them meets the line."""
    assert len(walk(at_door(), [(0.4, 0.1), (0.6, 0.9)])) == 1
    assert walk(at_door(), [(0.05, 0.4), (0.1, 0.9)]) == []


def test_seen_first_on_the_line() -> None:
    """Who appears within the margin is on no side yet, so leaving it is no crossing."""
    assert walk(at_door(), [(0.5, 0.5), (0.5, 0.7)]) == []


def test_looks_in_between_that_saw_nobody() -> None:
    """A crossing behind a pillar is seen by its two ends."""
    rule = at_door()
    rule.update(make_scene(0.0, make_track(foot=(0.5, 0.4))))
    hidden = [rule.update(make_scene(t, make_track(foot=(0.5, 0.6), seen=False))) for t in (0.2, 0.4)]

    assert not any(hidden)
    assert states(rule.update(make_scene(0.6, make_track(foot=(0.5, 0.6))))) == ["start"]


def test_silence_for_each_track_and_direction() -> None:
    """One person pacing up and down is told once a direction and cooldown; another person is told at once."""
    rule = at_door(cooldown_s=10.0)
    steps = [(0.5, 0.3), (0.5, 0.7)] * 5

    one = walk(rule, steps)
    other = walk(rule, [(0.5, 0.3), (0.5, 0.7)], t=2.0, id_=2)

    assert [d.data["direction"] for d in one] == ["out", "in"]
    assert [d.data["track"] for d in other] == [2]
    assert len(walk(rule, steps, t=30.0, id_=2)) == 2


@pytest.mark.parametrize("changes", [{"moved": False}, {"confirmed": False}, {"label": "dog"}])
def test_what_makes_no_event(changes: dict[str, Any]) -> None:
    """Scenery, the unconfirmed and other classes cross nothing."""
    assert walk(at_door(keep_candidates=True), down(), **changes) == []


def test_two_people_who_pass_each_other() -> None:
    """Each is judged by their own way."""
    rule = at_door()
    drafts = list[Draft]()
    for n, (one, other) in enumerate(zip(down(0.4), down(0.6)[::-1], strict=True)):
        drafts += rule.update(make_scene(n * 0.2, make_track(1, one), make_track(2, other)))

    assert sorted((d.data["track"], d.data["direction"]) for d in drafts) == [(1, "out"), (2, "in")]


def test_the_unsure_are_candidates() -> None:
    """Below the threshold a crossing is a candidate, and only where asked for; below the floor nothing."""
    assert [d.candidate for d in walk(at_door(keep_candidates=True), down(), score=0.2)] == [True]
    assert walk(at_door(), down(), score=0.2) == []
    assert walk(at_door(keep_candidates=True), down(), score=0.03) == []


def test_state_dies_with_the_track() -> None:
    """After a day of passers-by only those on the picture are remembered."""
    rule = at_door()
    for n in range(200):
        walk(rule, [(0.5, 0.3), (0.5, 0.7)], t=float(n), id_=n + 1)

    assert list(rule._walks) == [200]


def test_reasons_say_how_it_was_crossed() -> None:
    """Who, from which side to which, and how sure."""
    drafts = walk(at_door(), [(0.5, 0.3), (0.5, 0.7)])

    assert drafts[0].reasons == (
        "person 1 seen for 0.2 s, last score 0.80",
        "foot left of line door at 0.0 s, right at 0.2 s",
        "direction out; mean score 0.80 in 2 looks",
    )

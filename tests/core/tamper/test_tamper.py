"""What is tampering, and what is not, on small drawn scenes."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.scene import Light
from device.core.event import Draft
from device.core.tamper.eye import Eye
from tests.core.tamper.drawn import CLOSE_BY, Change, blurred, covered, frames, room, told, turned

SEEDS = [3, 4, 5]


def kinds(drafts: list[Draft]) -> list[tuple[str, str]]:
    """Kind and state of each message."""
    return [(draft.kind, draft.state) for draft in drafts]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", [70, 200])
def test_a_cover_is_told_and_its_end(level: int, seed: int) -> None:
    """Within the ten seconds that are promised, with figures, as nothing else; and that it is gone."""
    drafts = told(room(seed=seed), covered(level))
    assert kinds(drafts) == [("tamper_covered", "start"), ("tamper_covered", "end")]
    start, end = drafts
    assert start.t_start == pytest.approx(15.0, abs=1.0)
    assert 18.0 <= start.t_emitted < 20.0
    assert "lost their contrast (asked: 80%)" in start.reasons[0]
    assert 32.0 <= end.t_emitted < 34.5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("right_frac", [-0.3, 0.06, 0.25])
def test_a_turned_camera_is_told(right_frac: float, seed: int) -> None:
    """By little and by much, once."""
    drafts = told(room(seed=seed), turned(right_frac))
    assert kinds(drafts) == [("tamper_moved", "start")]
    assert drafts[0].t_emitted < 25.0


def test_a_camera_that_is_turned_back_is_well_again() -> None:
    """It is told once more when it is turned once more."""

    def twice(luma: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        return turned(0.25, 15.0, 25.0)(turned(0.25, 35.0)(luma, t), t)

    drafts = told(room(duration_s=50.0), twice)
    assert kinds(drafts) == [("tamper_moved", "start"), ("tamper_moved", "end"), ("tamper_moved", "start")]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_blurred_picture_is_told(seed: int) -> None:
    """While the scene can still be made out."""
    drafts = told(room(seed=seed), blurred(2.0))
    assert kinds(drafts) == [("tamper_defocused", "start"), ("tamper_defocused", "end")]
    assert drafts[0].t_emitted < 25.0


def test_lights_that_go_off() -> None:
    """A warning by itself, worth an alarm where it is armed, and a note that nothing can be seen."""
    drafts = told(room(lights=(Light(t_s=15, gain=0.02), Light(t_s=28, gain=1.0))))
    assert kinds(drafts) == [
        ("tamper_dark", "start"), ("health", "start"), ("tamper_dark", "end"), ("health", "end"),
    ]  # fmt: skip
    dark, note = drafts[:2]
    assert (dark.priority, dark.most, dark.rises) == ("warning", "alarm", False)
    assert note.reasons[0].startswith("cannot see")


def test_a_slow_evening_is_no_alarm() -> None:
    """It is told that nothing can be seen, as a warning at most."""
    drafts = told(room(duration_s=150.0, lights=(Light(t_s=10, gain=0.02, ramp_s=120.0),)))
    assert kinds(drafts) == [("tamper_dark", "start"), ("health", "start")]
    assert drafts[0].most == "warning"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "lights",
    [
        (Light(t_s=15, gain=0.5), Light(t_s=25, gain=1.0)),
        (Light(t_s=15, gain=1.4, ramp_s=3.0),),
        (Light(t_s=15, gain=0.02), Light(t_s=17, gain=0.6)),
    ],
    ids=["lamp", "sun", "blink"],
)
def test_light_is_no_tampering(lights: tuple[Light, ...], seed: int) -> None:
    """Nor is darkness that infrared ends at once."""
    assert told(room(seed=seed, lights=lights)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_close_by_is_no_tampering(seed: int) -> None:
    """Larger than the picture, and slowly."""
    assert told(room(seed=seed, figures=(CLOSE_BY,))) == []


@pytest.mark.parametrize(("trouble", "much"), [("shake_px", 2), ("rain", 60), ("jpeg_q", 12)])
def test_weather_is_no_tampering(trouble: str, much: int) -> None:
    """Wind, rain; nor is compression."""
    assert told(replace(room(), **{trouble: much})) == []  # type: ignore[arg-type]  # names of whole numbers


def test_a_cover_that_comes_slowly_is_fog() -> None:
    """What takes minutes is nobody's deed."""

    def fog(luma: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        share = min(1.0, max(0.0, (t - 10.0) / 150.0))
        return np.asarray(luma * (1 - share) + 150 * share, np.uint8)

    assert "tamper_covered" not in {draft.kind for draft in told(room(duration_s=200.0), fog)}


def test_a_new_view_becomes_the_usual_one() -> None:
    """After five minutes; then it can be told again."""
    drafts = told(room(duration_s=340.0, fps=2.0), turned(0.3))
    assert kinds(drafts) == [("tamper_moved", "start"), ("tamper_moved", "end")]
    assert 315.0 < drafts[1].t_emitted < 330.0


def test_what_lasts_is_told_to_end_with_the_guard() -> None:
    """A limit that is set lower makes it told; nobody is left with an alarm that never ends."""
    drafts = told(room(), covered(until_s=99.0), covered_frac=0.5)
    assert kinds(drafts) == [("tamper_covered", "start")]


@pytest.mark.parametrize("change", [None, covered()])
def test_between_two_looks_nothing_is_measured(change: Change | None) -> None:
    """Four pictures a second, two looks; the same moment twice gives the same answer."""
    eye, looked = Eye(), 0
    for frame in frames(room(duration_s=10.0), change):
        sight = eye.look(frame.i420, frame.t)
        assert eye.look(frame.i420, frame.t) is sight
        looked += sight is not None
    assert looked == 20


def test_a_masked_place_does_not_count() -> None:
    """Blackened places are no part of the scene, and a picture that is all masked tells nothing."""
    eye = Eye([((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))])
    sights = [eye.look(frame.i420, frame.t) for frame in frames(room(duration_s=10.0))]
    assert {sight.known for sight in sights if sight is not None} == {0}

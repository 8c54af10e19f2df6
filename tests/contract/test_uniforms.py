"""What every look at clothes promises: the real classifier on every runtime that is installed, and the fake."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.capture.draw import Painter
from device.capture.scene import Figure, Scene
from device.capture.scene_path import Waypoint
from device.core.frame import Frame, frame_from_bgr
from device.core.geometry import Box
from device.detect.litert import RUNTIMES
from device.detect.scripted_uniforms import ColouredUniforms
from device.detect.uniform import open_uniforms
from device.errors import ModelError, UsageError
from device.ports import UniformFinder
from tests.contract.test_bodies import EVERYWHERE
from tests.contract.test_inference import _runtime_or_skip
from tests.detect.models import GENERAL_320, UNIFORM, UNIFORM_TINT


@pytest.fixture(params=[*RUNTIMES, "coloured"])
def uniforms(request: pytest.FixtureRequest) -> Iterator[UniformFinder]:
    """A small int8 classifier that learned from drawn people in red, and the fake."""
    made: UniformFinder
    if request.param == "coloured":
        made = ColouredUniforms(UNIFORM_TINT)
    else:
        made = open_uniforms(UNIFORM, ["staff"], runtime=_runtime_or_skip(request.param))
    yield made
    made.close()


def somebody(tint: tuple[int, int], seed: int = 3) -> tuple[Frame, Box]:
    """A drawn person in a shirt of that colour, and where they are."""
    figure = Figure(id=1, path=(Waypoint(0.0, 0.4, 0.95), Waypoint(2.0, 0.6, 0.95)), height_frac=0.7, tint=tint)
    scene = Scene(width_px=640, height_px=480, fps=10.0, duration_s=2.0, seed=seed, figures=(figure,))
    i420 = np.empty((720, 640), np.uint8)
    Painter(scene).draw(0, 1.0, i420)
    (truth,) = scene.truth(1.0)
    return Frame(0, 1.0, None, i420), truth.box


@pytest.mark.parametrize("seed", range(1, 6))
def test_staff_is_told_from_customers(uniforms: UniformFinder, seed: int) -> None:
    """In rooms that it has not seen."""
    assert uniforms.score(*somebody(UNIFORM_TINT, seed)) >= 0.8
    for tint in ((190, 90), (128, 128), (100, 110)):
        assert uniforms.score(*somebody(tint, seed)) < 0.8


@pytest.mark.parametrize("person", EVERYWHERE)
@pytest.mark.parametrize("size", [(640, 480), (48, 64)])
def test_any_box_in_any_picture_has_a_score(uniforms: UniformFinder, size: tuple[int, int], person: Box) -> None:
    """Also one that hangs over the edge, or is a few pixels."""
    noise = np.random.default_rng(1).integers(0, 255, size=(size[1], size[0], 3)).astype(np.uint8)
    assert 0.0 <= uniforms.score(frame_from_bgr(noise), person) <= 1.0


def test_the_same_picture_has_the_same_score(uniforms: UniformFinder) -> None:
    """Nothing is left over from the look before."""
    first = uniforms.score(*somebody(UNIFORM_TINT))
    uniforms.score(*somebody((190, 90)))
    assert uniforms.score(*somebody(UNIFORM_TINT)) == first


def test_a_closed_one_says_so(uniforms: UniformFinder) -> None:
    """Twice closed is closed."""
    uniforms.close()
    uniforms.close()
    with pytest.raises(ModelError, match="closed"):
        uniforms.score(*somebody(UNIFORM_TINT))


def test_classes_together_mean_staff_and_strangers_are_refused() -> None:
    """Scores add up; a class that there is not is named, and one that is always true is none."""
    with pytest.raises(UsageError, match=r"does not know 'staf', it knows customer, staff; did you mean 'staff'\?"):
        open_uniforms(UNIFORM, ["staf"])
    with pytest.raises(UsageError, match="nobody would be a customer"):
        open_uniforms(UNIFORM, ["staff", "customer"])
    with pytest.raises(ModelError, match="a detector, not a classifier"):
        open_uniforms(Path(GENERAL_320), ["person"])
    customers, staff = (open_uniforms(UNIFORM, [label]) for label in ("customer", "staff"))
    there = somebody((128, 128))
    assert customers.score(*there) + staff.score(*there) == pytest.approx(1.0, abs=0.02)

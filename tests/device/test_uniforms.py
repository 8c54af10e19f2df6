"""The whole road from pictures of people in uniform to the exit: a real classifier, drawn shops, the rules."""

import dataclasses
from pathlib import Path

import pytest

from bench.truth_scenes import FOLDER, Case, load
from device.app import RunKind, build_pipeline, check, installed_models, open_lanes
from device.clock import SystemClock
from device.config.staff import StaffTable
from device.core.event import Event
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.ids import DerivedIds
from device.core.uniform import UniformLook
from device.detect.scripted import ScriptedDetector
from device.detect.scripted_uniforms import ColouredUniforms
from device.errors import ConfigError, ModelError
from device.explain import Explainer
from device.pipeline import Pipeline
from device.ports import UniformFinder
from device.uniform_parts import build_uniforms
from tests.detect.models import GENERAL_320, UNIFORM, UNIFORM_TINT
from tests.tracklog.test_try_past import dressed, pictures


def shop(scene: str, tint: tuple[int, int], seed: int = 0) -> Case:
    """A drawn shop in which everybody wears one colour, and the classifier looks at them."""
    case = dressed(load(FOLDER / f"{scene}.toml", seed), tint)
    return dataclasses.replace(case, staff=StaffTable(model=str(UNIFORM)))


class Swapped(ColouredUniforms):
    """The number of a customer passes to somebody in uniform after ten seconds."""

    def score(self, frame: Frame, person: Box) -> float:
        """By the time alone."""
        del person
        return 1.0 if frame.seq > 100 else 0.0


def guard(case: Case, uniforms: UniformFinder | None = None) -> Pipeline:
    """All stages, with the real classifier where no other is given."""
    config = case.config()
    check(config, "shop.toml")
    kind = RunKind(
        ids=DerivedIds("uniforms"),
        boot_id="0",
        clock_synced=lambda: True,
        armed="away",
        keep_candidates=True,
        noted=True,
        uniforms=uniforms or build_uniforms(config, installed_models(config)),
    )
    return build_pipeline(config, config.cameras[0], ScriptedDetector(case.script(), labels=("person", "car")), kind)


def watched(case: Case, uniforms: UniformFinder | None = None) -> tuple[list[Event], list[UniformLook], str]:
    """What was told, whose clothes were looked at, and what is said of the rules."""
    pipeline, explainer = guard(case, uniforms), Explainer(case.config(), case.config().cameras[0])
    events, looks = list[Event](), list[UniformLook]()
    for frame in pictures(case):
        step = pipeline.step(frame)
        explainer.add(step)
        events += step.events
        looks += step.uniforms
        assert len(step.uniforms) <= 1
    return events, looks, explainer.finish(())


def told(events: list[Event]) -> list[str]:
    """Kinds of what was no mere candidate."""
    return [event.kind for event in events if event.priority != "info"]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_staff_may_take_goods_out_and_a_customer_may_not(seed: int) -> None:
    """The same walk to the shelf and over the exit, in the uniform and in another shirt; and it is said why."""
    events, looks, said = watched(shop("unpaid", UNIFORM_TINT, seed))
    assert "unpaid_exit" not in told(events)
    assert len(looks) < 20
    assert "and is staff: by uniform, " in said
    events, looks, said = watched(shop("unpaid", (190, 90), seed))
    assert told(events).count("unpaid_exit") == 1
    (out,) = [event for event in events if event.kind == "unpaid_exit"]
    assert [reason for reason in out.reasons if reason.startswith("uniform of staff seen in 0 of ")]
    assert looks
    assert "is staff" not in said


def test_a_number_that_passes_to_staff_clears_nobody() -> None:
    """What a customer had taken stays as a candidate with less confidence, and it is said why."""
    events, _, said = watched(shop("unpaid", (190, 90)), Swapped(UNIFORM_TINT))
    (out,) = [event for event in events if event.kind == "unpaid_exit"]
    assert out.priority == "info"
    assert 0.05 < out.confidence < 0.5
    assert [reason for reason in out.reasons if "1 wears the uniform of staff" in reason]
    assert "is staff: by uniform" not in said
    assert "unpaid is sure by" in said
    assert "and perhaps did not take it" in said


@pytest.mark.slow
def test_staff_that_fills_the_shelf_needs_no_zone() -> None:
    """The scene of restocking, without its zone: nothing in uniform, a taking in another shirt."""
    for tint, taken in ((UNIFORM_TINT, False), ((190, 90), True)):
        case = shop("restock", tint)
        case = dataclasses.replace(case, camera=case.camera.model_copy(update={"zones": ()}))
        events, _, said = watched(case)
        assert ("item_taken" in told(events)) is taken
        assert ("is staff by uniform, " in said) is not taken


def test_clothes_are_looked_at_only_where_a_rule_asks(tmp_path: Path) -> None:
    """A camera without shelves has no staff; the classifier is not even read. Lanes close it."""
    case = shop("unpaid", UNIFORM_TINT)
    bare = case.config(shelves=(), rules=None)
    assert build_uniforms(bare, installed_models(bare)) is None
    config = case.config().model_copy(update={"device": bare.device.model_copy(update={"state_dir": tmp_path})})
    with open_lanes(config, ScriptedDetector({}, ("person",)), SystemClock()) as (lane,):
        assert lane.pipeline.clothes is not None
        uniforms = lane.pipeline.clothes.uniforms
    with pytest.raises(ModelError, match="closed"):
        uniforms.score(next(iter(pictures(case))), (0.2, 0.1, 0.5, 0.9))


@pytest.mark.parametrize(
    ("staff", "complaint"),
    [
        (StaffTable(model="uniform"), "shop.toml: staff.model: no model is named 'uniform'"),
        (StaffTable(model="nowhere/u.tflite"), "shop.toml: staff.model: nowhere/u.tflite: there is no such model file"),
        (StaffTable(model=str(GENERAL_320)), "general-320 is a detector, not a classifier"),
        (StaffTable(model=str(UNIFORM), labels=("stuff",)), "does not know 'stuff', it knows customer, staff; did you"),
        (StaffTable(model=str(UNIFORM), labels=("staff", "staff")), "staff.labels: 'staff' is named twice"),
        (StaffTable(model=str(UNIFORM), labels=("staff", "customer")), "nobody would be a customer"),
    ],
)
def test_what_is_wrong_with_the_classifier_is_said(staff: StaffTable, complaint: str) -> None:
    """By the check of a file, with the key; and by whoever would start with it."""
    config = dataclasses.replace(shop("unpaid", UNIFORM_TINT), staff=staff).config()
    with pytest.raises(ConfigError) as fault:
        check(config, "shop.toml")
    assert complaint in str(fault.value)
    assert str(fault.value).startswith("shop.toml: staff.")
    with pytest.raises((ConfigError, ModelError)):
        build_uniforms(config, installed_models(config))

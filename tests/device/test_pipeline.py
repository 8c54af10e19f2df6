"""One picture's way through the stages."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from device.app import RunKind, build_pipeline
from device.config import parse_config
from device.core.concealment.body import Body
from device.core.event import Draft, Event, encode
from device.core.frame import Frame
from device.core.geometry import Box, Point, Polygon
from device.core.ids import DerivedIds
from device.core.pace import LookPace
from device.core.rules.dwell import DwellRule
from device.core.rules.ruleset import MAX_FAULTS, RuleSet
from device.core.rules.scene import Scene
from device.detect.scripted_bodies import ScriptedBodies, standing
from device.pipeline import Pipeline, Step, untimed
from device.ports import BodyFinder, Detector
from tests.builders import make_settings
from tests.device.drawn import CONFIG, WALK, frames, truth_detector

Result = TypeVar("Result")


def make_pipeline(
    detector: Detector,
    *,
    every_frame: bool = False,
    timed: object = None,
    more: str = "",
    bodies: BodyFinder | None = None,
) -> Pipeline:
    """All stages, as the configuration of the drawn scene asks."""
    config = parse_config(CONFIG.format(state_dir=".", source="synthetic:") + more, "test")
    run = RunKind(
        ids=DerivedIds("test"),
        boot_id="00000000-0000-0000-0000-000000000000",
        clock_synced=lambda: True,
        armed="away",
        every_frame=every_frame,
        bodies=bodies,
        timed=timed if callable(timed) else untimed,
    )
    return build_pipeline(config, config.cameras[0], detector, run)


def play(pipeline: Pipeline) -> list[Step]:
    """The whole walk."""
    return [pipeline.step(frame) for frame in frames()]


def events_of(steps: list[Step]) -> list[Event]:
    """What happened, in order."""
    return [event for step in steps for event in step.events]


@pytest.mark.parametrize("masked", [False, True])
def test_black_is_a_mask_only_where_one_is_configured(masked: bool) -> None:
    """A lens that somebody has half covered is dark; an area that is private is left out."""
    table = (
        "  [[cameras.private]]\n  armed_in = ['home']\n  polygon = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]\n"
    )
    frame = next(iter(frames()))
    i420 = frame.i420.copy()
    i420[: frame.height, : frame.width // 2] = 16
    health = make_pipeline(truth_detector(), more=table if masked else "").step(replace(frame, i420=i420)).health
    assert health is not None
    assert (health.dark_frac > 0.45) is not masked


GOODS = """
  [[cameras.rules]]
  kind = "concealment"
  zone = "floor"
"""


def test_hands_near_goods_are_looked_at_and_told() -> None:
    """Only where a person is followed, as a notice, with the zone and the track."""
    hips: dict[str, Point] = {"left_wrist": (0.4, 0.52), "right_wrist": (0.6, 0.52)}
    looked = list[Box]()

    class AtHips(ScriptedBodies):
        def look(self, frame: Frame, person: Box) -> Body:  # noqa: ARG002 - the same in each
            looked.append(person)
            return Body(standing(person, **hips))

    steps = play(make_pipeline(truth_detector(), more=GOODS, bodies=AtHips()))
    told = events_of(steps)

    assert (told[0].kind, told[0].state, told[0].priority) == ("concealment", "start", "notice")
    assert {event.zone for event in told} == {"floor"}
    assert 0 < len(looked) <= sum(1 for step in steps if step.tracks)
    assert events_of(play(make_pipeline(truth_detector(), more=GOODS, bodies=ScriptedBodies()))) == []


def test_somebody_walks_through() -> None:
    """One person is one track, one stay in the zone and one crossing of the line, each an alarm in state away."""
    steps = play(make_pipeline(truth_detector()))
    told = events_of(steps)

    assert sorted((event.kind, event.state) for event in told) == [
        ("line_crossed", "start"), ("person_in_zone", "end"), ("person_in_zone", "start"),
    ]  # fmt: skip
    assert {event.priority for event in told} == {"alarm"}
    assert {track.id for step in steps for track in step.tracks if track.believed} == {told[0].objects[0].track}
    assert all(event.reasons and event.camera == "aisle" and event.device == "shop-1" for event in told)


def test_the_same_pictures_lead_to_the_same_events() -> None:
    """No stage knows a clock or chance."""
    first, second = (events_of(play(make_pipeline(truth_detector()))) for _ in range(2))
    assert [encode(event) for event in first] == [encode(event) for event in second]


def test_it_says_why_it_did_not_look() -> None:
    """While somebody walks it looks no more often than it may; in an empty room it does not look at all."""
    pipeline = make_pipeline(truth_detector())
    pipeline.pace = LookPace(2.0)
    assert {step.why_not_looked for step in play(pipeline)[20:50]} == {None, "it looked a moment ago"}

    empty = replace(WALK, figures=())
    pipeline = make_pipeline(truth_detector(empty))
    steps = [pipeline.step(frame) for frame in frames(empty)]
    assert steps[-1].detections is None
    assert steps[-1].why_not_looked == "nothing moves"


def test_every_frame_looks_at_every_frame() -> None:
    """Also where nothing moves."""
    steps = play(make_pipeline(truth_detector(), every_frame=True))
    assert all(step.detections is not None and step.why_not_looked is None for step in steps)


def test_each_stage_runs_under_the_stopwatch() -> None:
    """What is measured are all the stages, in the order of the story."""
    names: list[str] = []

    def note(stage: str, work: Callable[[], Result]) -> Result:
        names.append(stage)
        return work()

    play(make_pipeline(truth_detector(), every_frame=True, timed=note))
    assert names[:6] == ["gate", "detector", "appearance", "tracker", "rules", "health"]
    assert len(names) == 6 * 70


class Broken:
    """A rule with a bug."""

    settings = make_settings(name="broken", zone="floor")

    def update(self, scene: Scene) -> tuple[Draft, ...]:  # noqa: ARG002 - the shape of a rule
        """Fail."""
        raise ZeroDivisionError("oops")

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:  # noqa: ARG002 - the shape of a rule
        """Fail again."""
        raise ZeroDivisionError("oops")

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - the shape of a rule
        """Fail as well."""
        raise ZeroDivisionError("oops")


def test_a_rule_with_a_bug_is_told_and_the_others_carry_on() -> None:
    """It makes health events, at most so many, and the stay in the zone is noticed all the same."""
    pipeline = make_pipeline(truth_detector())
    area = Polygon(((0.2, 0.1), (0.8, 0.1), (0.8, 1.0), (0.2, 1.0)))
    pipeline.rules = RuleSet((Broken(), DwellRule(make_settings(zone="floor"), area, per="zone")))
    told = events_of(play(pipeline))

    health = [event for event in told if event.kind == "health"]
    assert [event.priority for event in health] == ["warning"] * MAX_FAULTS
    assert "rule broken failed: ZeroDivisionError: oops" in health[0].reasons[0]
    assert [event.state for event in told if event.kind == "person_in_zone"] == ["start", "end"]


def test_the_end_of_a_recording_may_still_say_something() -> None:
    """Undecided candidates come out at the end."""
    pipeline = make_pipeline(truth_detector())
    area = Polygon(((0.2, 0.1), (0.8, 0.1), (0.8, 1.0), (0.2, 1.0)))
    settings = make_settings(zone="floor", min_confidence=0.9, keep_candidates=True)
    pipeline.rules = RuleSet((DwellRule(settings, area, per="zone"),))
    for frame in frames():
        if frame.t < 4.0:
            assert pipeline.step(frame).events == ()

    (candidate,) = pipeline.finish(4.0, None)
    assert (candidate.kind, candidate.priority, candidate.confidence) == ("person_in_zone", "info", 0.8)

"""What the guard told is told again, to the letter, by the same rules over its track log; others tell otherwise."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.truth_scenes import FOLDER, Case, load
from bench.truth_scenes import pictures as drawn
from device.app import RunKind, build_pipeline
from device.config.model import Config
from device.config.staff import StaffTable
from device.core.concealment.body import Bag, Body
from device.core.event import Event
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.ids import DerivedIds
from device.core.message import MessageMaker
from device.core.rules.senses import Seen
from device.detect.scripted import ScriptedDetector
from device.detect.scripted_bodies import ScriptedBodies, standing
from device.detect.scripted_uniforms import ColouredUniforms
from device.tracklog.log import Damage, TrackLog, read_tracks
from device.tracklog.row import Moment
from device.tracklog.try_rules import Tried, over, told

WALL = 1_790_000_000.0
UNIFORM = (90, 190)
BOOT = "00000000-0000-0000-0000-000000000000"


def pictures(case: Case) -> Iterator[Frame]:
    """All of a scene; a second of the run's clock is not quite one of the wall's."""
    for seq, i420 in drawn(case.scene):
        t = 1234.5678 + seq / case.scene.fps
        yield Frame(seq, t, (case.wall_zero or WALL) + 1.00001 * (t - 1234.5678) + 0.003 * (seq % 3), i420)


def dressed(case: Case, tint: tuple[int, int]) -> Case:
    """A scene whose people wear one colour, and a shop that knows a uniform."""
    figures = tuple(dataclasses.replace(figure, tint=tint) for figure in case.scene.figures)
    return dataclasses.replace(
        case, scene=dataclasses.replace(case.scene, figures=figures), staff=StaffTable(model="uniforms")
    )


def guarded(
    case: Case, folder: Path, bodies: ScriptedBodies | None = None, trusted: list[bool] | None = None
) -> tuple[Config, list[Event], list[Moment]]:
    """What a guard told of a scene, and what it kept; ``trusted`` says that the clock is so from the middle on only."""
    synced = trusted if trusted is not None else [True]
    config, events, log = case.config(), list[Event](), TrackLog(folder, synced=lambda: synced[0])
    kind = RunKind(
        ids=DerivedIds("guard"),
        boot_id=BOOT,
        clock_synced=lambda: synced[0],
        armed="away",
        noted=True,
        first_track=7,
        bodies=bodies,
        uniforms=ColouredUniforms(UNIFORM),
    )
    detector = ScriptedDetector(case.script(), labels=("person", "car"))
    pipeline = build_pipeline(config, config.cameras[0], detector, kind)
    for frame in pictures(case):
        synced[0] |= 2 * frame.seq > case.scene.pictures
        step = pipeline.step(frame)
        events += step.events
        log.note("truth", step)
        if frame.seq % 90 == 0:
            log.look()
    log.stop()
    return config, events, list(read_tracks(folder, "truth", 0.0, Damage()))


def as_events(tried: Tried) -> list[Event]:
    """What was tried, as messages."""
    maker = MessageMaker(device="truth", camera="truth", boot_id=BOOT, ids=DerivedIds("try"), clock_synced=lambda: True)
    return [maker.make(it.draft, it.priority, 0.0) for it in tried.told]


def bare(events: list[Event]) -> list[dict[str, Any]]:
    """Without the names and the time, which every telling has of its own; happenings are numbered."""
    numbers: dict[str, int] = {}
    found = []
    for event in events:
        told = dataclasses.asdict(event)
        del told["id"], told["time"]
        told["event_id"] = numbers.setdefault(event.event_id, len(numbers))
        told["links"] = [numbers[link] for link in event.links]
        found.append(told)
    return found


SCENES: dict[str, set[str]] = {
    "unpaid-track-breaks": {"item_taken", "unpaid_exit"},
    "paid": {"item_taken"},
    "take-and-put-back": {"item_taken", "item_returned"},
    "restock": set(),
    "sweep": {"item_taken", "shelf_swept"},
    "low-slowly": {"shelf_low"},
    "bag-left": {"object_left"},
    "bag-removed": {"object_removed"},
    "bag-left-in-rain": set(),
    "camera-cloth": {"tamper_covered"},
    "camera-turned-left": {"tamper_moved"},
    "camera-blurred": {"tamper_defocused"},
    "camera-lights-off-walker": {"tamper_dark", "health"},
    "closed-at-night": {"after_hours"},
    "crowd-gathers": {"crowding"},
    "car-parks": {"vehicle_in_zone"},
    "walk-through": {"line_crossed", "person_in_zone"},
    "loiter-among-passers": {"loitering"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_the_same_rules_tell_the_same_again(tmp_path: Path, name: str) -> None:
    """To the letter: times, figures, reasons, links."""
    config, events, moments = guarded(load(FOLDER / f"{name}.toml", 0), tmp_path)
    tried = over(config, config.cameras[0], moments, "away")

    assert {event.kind for event in events} >= SCENES[name]
    assert tried.untried == {}
    assert bare(as_events(tried)) == bare(events)


@pytest.fixture(scope="module")
def stolen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, list[Moment]]:
    """A thief's visit, as it was kept: to the shelf, and out."""
    case = load(FOLDER / "unpaid.toml", 0)
    config, events, moments = guarded(case, tmp_path_factory.mktemp("log"))
    assert bare(as_events(over(config, config.cameras[0], moments, "away"))) == bare(events)
    assert [event.kind for event in events if event.kind == "unpaid_exit"] == ["unpaid_exit"]
    return case, moments


def counts(case: Case, moments: list[Moment], **camera: Any) -> dict[str, int]:
    """What a changed camera would have told, and that all of it could be tried."""
    config = case.config(**camera)
    tried = over(config, config.cameras[0], moments, "away")
    assert tried.untried == {}
    return dict(tried.counts)


def test_changed_thresholds_tell_otherwise(stolen: tuple[Case, list[Moment]]) -> None:
    """Of shelves, of custody and of the camera itself, without any picture."""
    case, moments = stolen
    taken = [{"kind": "item_taken", "shelf": "rack"}]
    assert counts(case, moments, rules=taken) == {"item_taken-rack": 1}
    assert counts(case, moments, rules=[{"kind": "item_taken", "shelf": "rack", "min_confidence": 0.99}]) == {}
    swept = {"kind": "shelf_swept", "shelf": "rack"}
    assert counts(case, moments, rules=[{**swept, "count": 1}]) == {"shelf_swept-rack": 1}
    assert counts(case, moments, rules=[{**swept, "count": 2}]) == {}
    out = [{"kind": "unpaid_exit", "line": "door"}]
    assert counts(case, moments, rules=out) == {"unpaid_exit-door": 1}
    at_door = [[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]
    assert counts(case, moments, rules=out, zones=[{"id": "till", "kind": "till", "polygon": at_door}]) == {}
    everywhere = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    assert counts(case, moments, rules=out, zones=[{"id": "all", "kind": "staff", "polygon": everywhere}]) == {}
    monday, always = [{"days": ["mon"], "opens": "00:00", "closes": "00:01"}], {"opens": "00:00", "closes": "00:00"}
    assert counts(case, moments, rules=out, staff_hours=monday) == {"unpaid_exit-door": 1}
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert counts(case, moments, rules=[*out, *taken], staff_hours=[{"days": days, **always}]) == {}
    covered = [{"kind": "tamper_covered"}]
    assert counts(case, moments, rules=covered) == {}


@pytest.mark.slow
def test_changed_limits_of_things_and_tampering_tell_otherwise(tmp_path: Path) -> None:
    """What was left for longer, or covered by less, than asked now."""
    bag = load(FOLDER / "bag-left.toml", 0)
    _, _, moments = guarded(bag, tmp_path / "bag")
    left = {"kind": "object_left", "zone": "yard"}
    assert counts(bag, moments, rules=[left]) == {"object_left-yard": 1}
    assert counts(bag, moments, rules=[{**left, "after_s": 300.0}]) == {}
    assert counts(bag, moments, rules=[{**left, "min_confidence": 1.0}]) == {}
    cloth = load(FOLDER / "camera-cloth.toml", 0)
    _, _, moments = guarded(cloth, tmp_path / "cloth")
    assert counts(cloth, moments)["tamper_covered"] == 1
    assert "tamper_covered" not in counts(cloth, moments, tamper={"covered_s": 600.0})
    assert "tamper_covered" not in counts(cloth, moments, tamper={"covered": False})


def test_from_a_time_on_the_rules_know_what_was_before(stolen: tuple[Case, list[Moment]]) -> None:
    """Who goes out then goes out with what they took before; what was told before is left out."""
    case, moments = stolen
    config = case.config(rules=[{"kind": "unpaid_exit", "line": "door"}, {"kind": "item_taken", "shelf": "rack"}])
    (taken, out) = over(config, config.cameras[0], moments, "away").told
    emitted = taken.wall - taken.draft.t_start + taken.draft.t_emitted
    later = over(config, config.cameras[0], moments, "away", since=emitted + 0.5)

    assert [(it.draft.kind, it.draft.links) for it in later.told] == [("unpaid_exit", out.draft.links)]
    assert later.first is not None
    assert later.first >= emitted + 0.5
    assert 0 < later.moments < len(moments)


def test_what_was_drawn_elsewhere_has_no_past_and_says_so(stolen: tuple[Case, list[Moment]]) -> None:
    """Each such rule by name, with the reason; the others are tried."""
    case, moments = stolen
    elsewhere = [[0.1, 0.2], [0.45, 0.2], [0.45, 0.6], [0.1, 0.6]]
    config = case.config(
        shelves=[{"id": "rack", "polygon": elsewhere}],
        zones=[{"id": "yard", "polygon": elsewhere}],
        masks=[elsewhere],
        rules=[
            {"kind": "item_taken", "shelf": "rack"},
            {"kind": "unpaid_exit", "line": "door"},
            {"kind": "object_left", "zone": "yard"},
            {"kind": "object_removed"},
            {"kind": "concealment", "shelf": "rack", "priority": "notice"},
            {"kind": "loitering", "labels": ["dog"]},
            {"kind": "line_crossed", "line": "door"},
        ],
    )
    tried = over(config, config.cameras[0], moments, "away")

    assert dict(tried.counts) == {"line_crossed-door": 2}
    for rule, why in (
        ("item_taken-rack", "shelf rack was not watched as it is drawn now"),
        ("unpaid_exit-door", "shelf rack was not watched as it is drawn now"),
        ("object_left-yard", "no rule watched the floor of zone yard"),
        ("object_removed", "no rule watched the floor of the picture"),
        ("concealment-rack", "hands were looked at near rack"),
        ("loitering", "did not look for 'dog'"),
        ("tamper_dark", "other masks"),
    ):
        assert why in tried.untried[rule], rule
        assert [line for line in told(tried) if line.startswith(f"not tried: {rule}: ")]


def test_a_rule_whose_place_was_drawn_later_is_tried_from_then_on(stolen: tuple[Case, list[Moment]]) -> None:
    """And the result says from when."""
    case, moments = stolen
    before = [
        dataclasses.replace(it, wall=it.wall - 900, t=it.t - 900, run="before", seen=Seen(frozenset({"label-person"})))
        for it in moments
    ]
    config = case.config(rules=[{"kind": "item_taken", "shelf": "rack"}])
    tried = over(config, config.cameras[0], [*before, *moments], "away")

    assert dict(tried.counts) == {"item_taken-rack": 1}
    assert "item_taken-rack" not in tried.untried
    wall, why = tried.tried_from["item_taken-rack"]
    assert wall == pytest.approx(moments[0].wall)
    assert "shelf rack" in why


def test_hands_are_tried_again(tmp_path: Path) -> None:
    """What hands did is kept where a rule wants it, and weighed again."""
    case = load(FOLDER / "unpaid.toml", 0)
    hips = {"left_wrist": (0.4, 0.52), "right_wrist": (0.6, 0.52)}

    class AtHips(ScriptedBodies):
        def look(self, frame: Frame, person: Box) -> Body:
            bags = (Bag("handbag", 0.123456789, person),)
            return Body(standing(person, **(hips if frame.seq > 60 else {})), bags if frame.seq % 2 else ())

    rules = [
        {"kind": "concealment", "shelf": "rack", "priority": "notice"},
        {"kind": "item_taken", "shelf": "rack"},
        {"kind": "unpaid_exit", "line": "door"},
    ]
    case = dataclasses.replace(case, camera=case.camera.model_validate({**case.camera.model_dump(), "rules": rules}))
    config, events, moments = guarded(case, tmp_path, bodies=AtHips())
    tried = over(config, config.cameras[0], moments, "away")

    hidden = {event.event_id for event in events if event.kind == "concealment"}
    assert hidden
    assert [event for event in events if event.kind == "unpaid_exit" and hidden & set(event.links)]
    assert bare(as_events(tried)) == bare(events)
    assert counts(case, moments, rules=[{**rules[0], "min_confidence": 1.0}]) == {}
    alone = over(config, config.cameras[0], moments, "away", only=("unpaid_exit-door",))
    (out,) = [event for event in events if event.kind == "unpaid_exit"]
    assert [(it.draft.rule.name, it.draft.confidence) for it in alone.told] == [("unpaid_exit-door", out.confidence)]


def test_clothes_are_tried_again(tmp_path: Path) -> None:
    """Votes are counted again as they were, by another ``min_score`` too; another classifier has no past."""
    case = dressed(load(FOLDER / "unpaid.toml", 0), UNIFORM)
    config, events, moments = guarded(case, tmp_path)
    assert {event.kind for event in events}.isdisjoint({"unpaid_exit"})
    assert bare(as_events(over(config, config.cameras[0], moments, "away"))) == bare(events)
    assert [it for it in moments if it.uniforms]

    def trying(**staff: Any) -> Tried:
        changed = config.model_copy(update={"staff": StaffTable(**staff) if staff else None})
        return over(changed, changed.cameras[0], moments, "away")

    assert trying(model="uniforms", min_score=0.5).counts == over(config, config.cameras[0], moments, "away").counts
    assert trying().counts["unpaid_exit-door"] == 1
    other = trying(model="uniforms", labels=("boss",))
    assert "nobody's clothes were looked at by uniforms for boss" in other.untried["unpaid_exit-door"]
    assert "line_crossed-door" not in other.untried


@pytest.mark.slow
def test_while_the_clock_is_not_trusted_hours_wait_as_they_did(tmp_path: Path) -> None:
    """A Pi without a clock of its own learns the time late: until then nobody knows whether it is open."""
    case, trusted = load(FOLDER / "closed-at-night.toml", 0), [False]
    config, events, moments = guarded(case, tmp_path, trusted=trusted)
    middle = 1234.5678 + case.scene.pictures / case.scene.fps / 2
    assert [event.kind for event in events if event.t_emitted >= middle][:1] == ["after_hours"]
    assert not [event for event in events if event.t_emitted < middle and event.kind == "after_hours"]
    assert bare(as_events(over(config, config.cameras[0], moments, "away"))) == [
        {**it, "clock_synced": True} for it in bare(events)
    ]

"""Of each kind of rule a replay says why it spoke and why it did not: with a value, its bound and the key."""

import dataclasses
import re
from collections import defaultdict
from typing import Any

import pytest

from bench.truth_scenes import FOLDER, load
from device.app import RunKind, build_pipeline
from device.core.concealment.body import Body
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.ids import DerivedIds
from device.core.rules.table import KIND_DEFAULTS
from device.detect.scripted import ScriptedDetector
from device.detect.scripted_bodies import ScriptedBodies, standing
from device.explain import Explainer
from tests.tracklog.test_try_past import pictures

ALL = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
CORNER = [[0.0, 0.0], [0.02, 0.0], [0.02, 0.02], [0.0, 0.02]]


def box(x1: float, y1: float, x2: float, y2: float) -> list[list[float]]:
    """A rectangle as a polygon."""
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]


ZONES = [{"id": "all", "polygon": ALL}, {"id": "corner", "polygon": CORNER}]
OPEN = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "opens": "00:00", "closes": "00:00"}]


class AtHips(ScriptedBodies):
    """Everybody's hands rest at their hips."""

    def look(self, frame: Frame, person: Box) -> Body:
        """The same whatever the picture shows."""
        del frame
        return Body(standing(person, left_wrist=(0.4, 0.52), right_wrist=(0.6, 0.52)))


def explained(scene: str, rules: list[dict[str, Any]] | None = None, **camera: Any) -> dict[str, list[str]]:
    """What is said under each rule of a scene, by its name."""
    case = load(FOLDER / f"{scene}.toml", 0)
    config = case.config(**camera, **({} if rules is None else {"rules": rules}))
    kind = RunKind(
        ids=DerivedIds("explain"),
        boot_id="0",
        clock_synced=lambda: True,
        armed="away",
        keep_candidates=True,
        noted=True,
        bodies=AtHips(),
    )
    detector = ScriptedDetector(case.script(), labels=("person", "car"))
    pipeline, explainer, t = build_pipeline(config, config.cameras[0], detector, kind), None, 0.0
    explainer = Explainer(config, config.cameras[0])
    for frame in pictures(case):
        explainer.add(pipeline.step(frame))
        t = frame.t
    said, rule = defaultdict[str, list[str]](list), ""
    for line in explainer.finish(pipeline.finish(t, 0.0)).splitlines():
        if line.startswith("rule "):
            rule = line.split()[1]
        else:
            said[rule].append(line.strip())
    return said


@dataclasses.dataclass(frozen=True)
class Asked:
    """A kind on a scene: with keys with which it speaks, and with others."""

    scene: str
    speaks: dict[str, Any]
    because: str
    """Pattern of why it spoke."""
    silent: dict[str, Any]
    why: str
    """Pattern of why the other did not."""
    camera: dict[str, Any] = dataclasses.field(default_factory=dict)


IN_ALL, SHELF, SURE = {"zone": "all"}, {"shelf": "rack"}, {"min_confidence": 1.0}
NEVER = {"after_s": 600.0}
KINDS = {
    "person_in_zone": Asked(
        "walk-through", IN_ALL, r"it lasted \d+\.\d s, asked are 0 \(`after_s`\)",
        {"zone": "corner"}, r"never inside in \d+ looks \(the zone's `polygon`\)", {"zones": ZONES},
    ),
    "loitering": Asked(
        "loiter-two", {**IN_ALL, "after_s": 5.0}, r"it lasted \d+\.\d s, asked are 5 \(`after_s`\)",
        {**IN_ALL, **NEVER}, r"inside for \d+\.\d s at most, asked are 600 s \(`after_s`\)", {"zones": ZONES},
    ),
    "after_hours": Asked(
        "closed-at-night", IN_ALL, r"it lasted \d+\.\d s, asked are 2 \(`after_s`\)",
        {**IN_ALL, "hours": OPEN}, r"in \d+ looks, and the shop was open in all of them \(`hours`\)", {"zones": ZONES},
    ),
    "crowding": Asked(
        "crowd-gathers", {**IN_ALL, "count": 3}, r"\d were there at once, asked are 3 \(`count`\)",
        {**IN_ALL, "count": 40}, r"\d were inside at once at most, asked are 40 \(`count`\)", {"zones": ZONES},
    ),
    "vehicle_in_zone": Asked(
        "car-parks", IN_ALL, r"sure by 0\.\d\d, asked are 0\.4 \(`min_confidence`\)",
        {**IN_ALL, **SURE}, r"mean score inside is 0\.\d\d, asked are 1 \(`min_confidence`\)", {"zones": ZONES},
    ),
    "line_crossed": Asked(
        "walk-through", {"direction": "both"}, r"crossed in direction (in|out), asked is both \(`direction`\)",
        {**SURE}, r"mean score is 0\.\d\d, asked are 1 \(`min_confidence`\)",
    ),
    "item_taken": Asked(
        "take-and-put-back", SHELF, r"1 item left the shelf, slot \d; it is sure by 0\.\d\d, asked are 0\.5 \(`mi",
        {**SHELF, **SURE}, r"it is sure by 0\.\d\d, asked are 1 \(`min_confidence`\)",
    ),
    "item_returned": Asked(
        "take-and-put-back", SHELF, r"1 item came to the shelf, slot \d; it is sure by 0\.\d\d, asked are 0\.5",
        {**SHELF, **SURE}, r"it is sure by 0\.\d\d, asked are 1 \(`min_confidence`\)",
    ),
    "shelf_swept": Asked(
        "sweep", SHELF, r"\d items left, asked are 3 \(`count`\); that took \d+\.\d s, .* at most 10 \(`after_s`\)",
        {**SHELF, "count": 40}, r"\d items left within 10 s \(`after_s`\) at most, asked are 40 \(`count`\)",
    ),
    "shelf_low": Asked(
        "low-slowly", SHELF, r"\d of 4 items are left, few are a quarter of its `slots`",
        {"shelf": "other"}, r"4 of 4 items were left at the least, told are 1 or fewer: a quarter of its `slots`",
        {"shelves": [
            {"id": "rack", "polygon": box(0.5, 0.2, 0.95, 0.6), "slots": {"rows": 1, "columns": 4}},
            {"id": "other", "polygon": box(0.05, 0.02, 0.2, 0.12), "slots": {"rows": 2, "columns": 2}},
        ]},
    ),
    "unpaid_exit": Asked(
        "unpaid", {"line": "door"}, r"1 items went out, neither .* nor paid for: .* 4 s at a till \(`after_s`\)",
        {"line": "door", **SURE}, r"unpaid is sure by 0\.\d\d at most, asked are 1 \(`min_confidence`\)",
    ),
    "object_left": Asked(
        "bag-left", IN_ALL, r"nobody was near it for 8 s \(`after_s`\)",
        {**IN_ALL, **NEVER}, r"nobody was near it for \d+\.\d s at most, asked are 600 \(`after_s`\)", {"zones": ZONES},
    ),
    "object_removed": Asked(
        "bag-removed", IN_ALL, r"nobody was near it for 3 s \(`after_s`\)",
        {**IN_ALL, **NEVER}, r"nobody was near it for \d+\.\d s at most, asked are 600 \(`after_s`\)", {"zones": ZONES},
    ),
    "concealment": Asked(
        "unpaid", {**SHELF, "priority": "notice"}, r"told, because it is sure by 0\.\d\d, asked are 0\.7 \(`min_c",
        {**SHELF, "priority": "notice", **SURE}, r"hiding something by 0\.\d\d at most, asked are 1 \(`min_c",
    ),
    **{
        kind: Asked(
            scene, {}, r"it lasted \d+\.\d s, asked are \d \(`after_s`\)",
            NEVER, rf"for \d+\.\d s at most, asked are 600 \(`after_s`\); .*asked: \d\d%.*\(`{key}`\)",
        )
        for kind, scene, key in (
            ("tamper_covered", "camera-cloth", "covered_frac"),
            ("tamper_moved", "camera-turned-left", "moved_frac"),
            ("tamper_defocused", "camera-blurred", "detail_frac"),
            ("tamper_dark", "camera-lights-off", "dark_frac"),
        )
    },
}  # fmt: skip


def test_no_kind_is_left_out() -> None:
    """A new kind of rule needs its sentences."""
    assert set(KINDS) == set(KIND_DEFAULTS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_why_it_spoke_and_why_it_did_not(kind: str) -> None:
    """In one sentence each that an owner understands."""
    asked = KINDS[kind]
    line = {"line": "door"} if kind == "line_crossed" else {}
    extra = {"lines": [{"id": "door", "start": [0.5, 1.0], "end": [0.5, 0.0]}]} if line else {}
    rules = [
        {"kind": kind, "name": "speaks", **line, **asked.speaks},
        {"kind": kind, "name": "silent", **line, **asked.silent},
    ]
    said = explained(asked.scene, rules, **asked.camera, **extra)

    assert [it for it in said["speaks"] if re.search(asked.because, it)], said["speaks"]
    silent = [it for it in said["silent"] if it.startswith("no event")]
    assert [it for it in silent if re.search(asked.why, it)], said["silent"]
    assert not [it for it in said["silent"] if it.startswith("told")]


@pytest.mark.slow
def test_who_paid_put_back_or_is_staff_is_said() -> None:
    """Each with what was seen of it."""
    out = {"kind": "unpaid_exit", "line": "door"}
    (paid,) = [it for it in explained("paid", [out])["unpaid_exit-door"] if "paid" in it]
    assert re.search(
        r"of person \d: it went out at [\d.]+ s, and had paid: \d+\.\d s at the till, asked are 4 \(`after_s`\)", paid
    )
    (back,) = explained("put-back-and-leave", [out])["unpaid_exit-door"]
    assert re.search(r"had put back 1 of the 1 items", back)
    staff = [{"id": "s", "kind": "staff", "polygon": ALL}]
    said = explained("unpaid", [out, {"kind": "item_taken", "shelf": "rack"}], zones=staff)
    assert "is staff: by a zone of kind `staff`" in said["unpaid_exit-door"][0]
    assert "a zone of kind `staff` for 2 s or more, so it is staff" in said["item_taken-rack"][0]
    said = explained("unpaid", [out, {"kind": "item_taken", "shelf": "rack"}], staff_hours=OPEN)
    assert "by `staff_hours`" in said["unpaid_exit-door"][0]
    assert "everybody at the shelves was staff (`staff_hours`)" in said["item_taken-rack"][0]


@pytest.mark.slow
def test_where_nothing_happened_that_is_said() -> None:
    """With what was watched, and where that is set."""
    shelf = {"id": "rack", "polygon": [[0.02, 0.02], [0.2, 0.02], [0.2, 0.12], [0.02, 0.12]]}
    line = {"id": "door", "kind": "exit", "start": [0.01, 0.01], "end": [0.02, 0.01]}
    kinds = ("item_taken", "item_returned", "shelf_swept", "shelf_low")
    rules = [
        *({"kind": kind, "shelf": "rack"} for kind in kinds),
        {"kind": "unpaid_exit", "line": "door"},
        {"kind": "line_crossed", "line": "door"},
        {"kind": "object_left", "zone": "corner"},
        {"kind": "concealment", "shelf": "rack", "priority": "notice"},
        {"kind": "vehicle_in_zone", "zone": "all"},
    ]
    said = explained("walk-through", rules, zones=ZONES, shelves=[shelf], lines=[line])
    for rule, why in {
        "item_taken-rack": r"no event: 0 items left shelf rack: nothing that counts changed.* \(`polygon`, `slots`\)",
        "item_returned-rack": r"no event: 0 items came to shelf rack",
        "shelf_swept-rack": r"no event: 0 items left shelf rack.*\(asked are 3 items, `count`\)",
        "shelf_low-rack": r"(0 slots of shelf rack are known|items were left at the least)",
        "unpaid_exit-door": r"no event: 0 people crossed line door outwards",
        "line_crossed-door": r"did not cross between the line's ends \(`start`, `end`\): foot right of the line in \d+",
        "object_left-corner": r"no event: 0 things came to the floor of zone corner",
        "concealment-rack": r"the hands of 0 were near rack",
        "vehicle_in_zone-all": r"nothing that it is about was seen: 0 looks \(`labels`\)",
        "tamper_covered": r"the camera saw its scene; when it came nearest to it, at .* \(`covered_frac`\)",
        "tamper_dark": r"the camera saw its scene; when it came nearest to it, at .*asked: 90%.* \(`dark_frac`\)",
    }.items():
        assert re.search(why, said[rule][0]), (rule, said[rule])

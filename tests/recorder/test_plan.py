"""Which clip shows which event, before a single byte is written."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.event import Event
from device.recorder.plan import MAX_CLIPS, MAX_HAPPENINGS, Plan, RecordingSettings
from tests.events import make_event

SETTINGS = RecordingSettings(pre_roll_s=5.0, post_roll_s=10.0, max_clip_s=60.0)


def make_plan(*cameras: str, **changes: Any) -> Plan:
    """That of some cameras, all with packets."""
    names = cameras or ("aisle",)
    return Plan(names, frozenset(names), replace(SETTINGS, **changes))


def alarm(t: float, **changes: Any) -> Event:
    """One that lasts."""
    return make_event(**{"priority": "alarm", "t_start": t, "t_emitted": t, **changes})


def end_of(event: Event, t: float) -> Event:
    """The end of it."""
    return replace(event, state="end", t_end=t, t_emitted=t)


def test_an_alarm_has_a_clip_from_before_it_until_after_its_end() -> None:
    """Its name follows from the event, at once."""
    plan, event = make_plan(), alarm(100.0)
    marked = plan.mark(event)
    assert marked.evidence.clip == f"evidence/{event.event_id}/clip.mp4"
    assert marked == replace(event, evidence=marked.evidence)
    (clip,) = plan.clips["aisle"]
    assert (clip.from_t, clip.end_t) == (95.0, 155.0)
    plan.mark(end_of(event, 120.0))
    assert clip.end_t == 130.0


@pytest.mark.parametrize(
    "event",
    [
        alarm(1.0, priority="warning"),
        alarm(1.0, kind="armed", camera=None),
        alarm(1.0, kind="health", camera=None),
        alarm(1.0, camera="elsewhere"),
    ],
    ids=["priority", "armed", "health", "no camera of ours"],
)
def test_what_is_not_recorded_is_told_as_it_is(event: Event) -> None:
    """No names, no plan."""
    plan = make_plan()
    assert plan.mark(event) is event
    assert not plan.clips["aisle"]
    assert not plan.refused["aisle"]


def test_overlapping_alarms_share_a_clip() -> None:
    """The second names the first's file; the clip goes on until both are over."""
    plan, first, second = make_plan(), alarm(100.0), alarm(104.0)
    name = plan.mark(first).evidence.clip
    plan.mark(end_of(first, 106.0))
    marked = plan.mark(second)
    assert marked.evidence.clip == name
    assert all(second.event_id in still for still in marked.evidence.stills)
    (clip,) = plan.clips["aisle"]
    assert clip.end_t == clip.max_t
    plan.mark(end_of(second, 125.0))
    assert clip.end_t == 135.0
    assert plan.mark(alarm(136.0)).evidence.clip != name


def test_a_clip_that_is_nearly_over_takes_no_more_in() -> None:
    """What would not have its post-roll in it begins another one, with a pre-roll of its own."""
    plan, first = make_plan(), alarm(100.0)
    name = plan.mark(first).evidence.clip
    assert plan.mark(alarm(150.0)).evidence.clip != name
    assert [clip.end_t for clip in plan.clips["aisle"]] == [155.0, 205.0]


def test_a_clip_that_was_ended_takes_no_more_in() -> None:
    """The decision is made once, whoever comes first."""
    plan, first = make_plan(), alarm(100.0, t_end=100.0)
    plan.mark(first)
    (clip,) = plan.clips["aisle"]
    plan.mark(alarm(105.0, t_end=105.0))
    assert not plan.end(clip, 110.0)
    assert plan.end(clip, 115.0)
    assert plan.mark(alarm(105.0)).evidence.clip != clip.name


def test_stills_of_start_best_and_end() -> None:
    """Each with its boxes and without; what is not there is not named."""
    plan, event = make_plan(), alarm(100.0)
    stem = f"evidence/{event.event_id}/still-"
    assert plan.mark(event).evidence.stills == (f"{stem}1.jpg", f"{stem}1-boxes.jpg")
    assert plan.mark(replace(event, state="update")).evidence.stills == (f"{stem}1.jpg", f"{stem}1-boxes.jpg")
    stills = plan.mark(end_of(event, 110.0), has_best=True).evidence.stills
    assert stills == tuple(f"{stem}{n}{boxes}.jpg" for n in (1, 2, 3) for boxes in ("", "-boxes"))
    assert plan.mark(end_of(event, 110.0)).evidence.stills == stills
    assert [wish.moment for wish in plan.wishes["aisle"]] == ["start", "end"]


def test_where_people_are_to_be_hidden_each_still_has_a_form_that_may_leave() -> None:
    """Of that camera alone."""
    plan = Plan(("aisle", "till"), frozenset(), SETTINGS, frozenset({"till"}))
    assert [name.rpartition("/")[2] for name in plan.mark(alarm(1.0, camera="till")).evidence.stills] == [
        "still-1.jpg", "still-1-boxes.jpg", "still-1-pixelated.jpg",
    ]  # fmt: skip
    assert len(plan.mark(alarm(1.0)).evidence.stills) == 2


def test_a_lost_camera_has_a_clip_and_no_still_until_it_is_back() -> None:
    """The seconds before are what counts; of the moment there is no picture."""
    plan, event = make_plan(), alarm(100.0, kind="camera_lost")
    marked = plan.mark(event)
    assert marked.evidence.clip is not None
    assert marked.evidence.stills == ()
    assert plan.mark(end_of(event, 130.0)).evidence.stills == tuple(
        f"evidence/{event.event_id}/still-3{boxes}.jpg" for boxes in ("", "-boxes")
    )


def test_what_concerns_no_camera_is_shown_by_all() -> None:
    """A panic button: the first camera's files have the plain names, the others' their camera's."""
    plan, event = make_plan("aisle", "till"), alarm(100.0, kind="panic", camera=None, t_end=100.0)
    evidence = plan.mark(event).evidence
    assert evidence.clip == f"evidence/{event.event_id}/clip.mp4"
    assert plan.clips["till"][0].name == f"evidence/{event.event_id}/clip-till.mp4"
    assert f"evidence/{event.event_id}/still-1-till.jpg" in evidence.stills
    first, second = plan.clips["aisle"][0], plan.clips["till"][0]
    assert plan.recorded(first) == []
    assert plan.recorded(second) == [event.event_id]


def test_without_packets_there_are_stills_alone() -> None:
    """A clip that cannot come is not named."""
    plan = Plan(("aisle",), frozenset(), SETTINGS)
    evidence = plan.mark(alarm(1.0)).evidence
    assert evidence.clip is None
    assert len(evidence.stills) == 2
    assert (
        Plan(("aisle",), frozenset({"aisle"}), replace(SETTINGS, stills=False)).mark(alarm(1.0)).evidence.stills == ()
    )


def test_what_outlasts_its_clip_gets_nothing_more() -> None:
    """After the longest clip a happening is sealed; its end keeps the names that there are."""
    plan, event = make_plan(), alarm(100.0)
    before = plan.mark(event).evidence
    (clip,) = plan.clips["aisle"]
    assert plan.end(clip, 155.0)
    assert plan.recorded(clip) == [event.event_id]
    assert plan.mark(end_of(event, 200.0)).evidence == before
    assert not plan.wishes["aisle"]


def test_what_ends_with_the_guard_names_no_picture_that_will_not_come() -> None:
    """A best one that is there is named all the same."""
    plan, event = make_plan(), alarm(100.0)
    plan.mark(event)
    plan.pictures_come = False
    stills = plan.mark(end_of(event, 110.0), has_best=True).evidence.stills
    assert [name.rpartition("still-")[2] for name in stills] == ["1.jpg", "1-boxes.jpg", "2.jpg", "2-boxes.jpg"]


times = st.lists(st.tuples(st.floats(0.0, 20.0), st.booleans(), st.sampled_from(["aisle", "till", None])), max_size=40)


@given(times)
def test_every_clip_is_bounded_and_every_event_is_sealed_once(steps: list[tuple[float, bool, str | None]]) -> None:
    """Whatever comes when: no clip is longer than asked, and once all are recorded each event was told of once."""
    plan, now, told = make_plan("aisle", "till"), 0.0, list[str]()
    sealed: list[str] = []
    for gap_s, lasts, camera in steps:
        now += gap_s
        event = alarm(now, camera=camera, t_end=None if lasts else now)
        if plan.mark(event).evidence.clip is not None:
            told.append(event.event_id)
        for clips in plan.clips.values():
            assert len(clips) <= MAX_CLIPS
            for clip in list(clips):
                assert clip.end_t - clip.from_t <= SETTINGS.max_clip_s + 1e-6
                if clip.end_t < now and plan.end(clip, now):
                    sealed += plan.recorded(clip)
    for clips in plan.clips.values():
        for clip in list(clips):
            assert plan.end(clip, clip.end_t)
            sealed += plan.recorded(clip)
    assert sorted(sealed) == sorted(told)
    assert not plan.wishes["aisle"]


def test_it_remembers_no_more_than_it_may() -> None:
    """A flood of events leaves the newest; a disk that hangs costs clips, which is counted."""
    plan = make_plan()
    for number in range(MAX_HAPPENINGS + 100):
        plan.mark(alarm(100.0 * number, t_end=100.0 * number))
    assert len(plan.happenings) <= MAX_HAPPENINGS
    assert len(plan.clips["aisle"]) == MAX_CLIPS
    assert plan.refused["aisle"] == MAX_HAPPENINGS + 100 - MAX_CLIPS
    for clip in list(plan.clips["aisle"]):
        plan.recorded(clip)
    for _ in range(MAX_HAPPENINGS + 100):
        plan.mark(alarm(1e6, t_end=1e6))
    assert len(plan.happenings) == MAX_HAPPENINGS

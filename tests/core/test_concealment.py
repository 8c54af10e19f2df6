"""Hands, bags and the notice about them: fed by hand, look by look."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pytest

from device.core.concealment.attention import Attention
from device.core.concealment.body import Bag, Body, BodyLook
from device.core.concealment.fitted import FITTED
from device.core.concealment.register import MAX_REMEMBERED, REMEMBER_S, Concealed, Hidden
from device.core.concealment.signs import read_signs
from device.core.event import Draft
from device.core.geometry import Box, Point, Polygon
from device.core.rules.concealment import MAX_WATCHED, ConcealmentRule
from device.core.rules.scene import RuleSettings, Scene
from device.core.track import Track
from device.detect.scripted_bodies import standing
from tests.builders import make_motion, make_settings, make_track, states

TABLE = Polygon(((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)))
PERSON: Box = (0.3, 0.2, 0.6, 0.9)
AT_HIPS: dict[str, Point] = {"left_wrist": (0.4, 0.52), "right_wrist": (0.6, 0.52)}
BAG = (Bag("handbag", 0.4, (0.33, 0.4, 0.57, 0.6)),)
GAP_S = 0.2


def settings(**changes: object) -> RuleSettings:
    """Of a rule as a replay has it."""
    values = {"kind": "concealment", "zone": "table", "min_confidence": 0.5, "keep_candidates": True}
    return make_settings(**{**values, **changes})


def rule(concealed: Concealed | None = None, **changes: object) -> ConcealmentRule:
    """The rule with the coefficients that ship."""
    return ConcealmentRule(settings(**changes), TABLE, FITTED, concealed or Concealed())


def look(t: float, moved: Mapping[str, Point] | None = None, *, track: int = 1, bags: tuple[Bag, ...] = ()) -> BodyLook:
    """One look at somebody."""
    return BodyLook(track, t, PERSON, (640, 480), Body(standing(PERSON, **(moved or {})), bags))


def person(id_: int = 1) -> Track:
    """Somebody at the table."""
    return make_track(id_, (0.45, 0.9), height=0.7)


def scene(t: float, looks: Sequence[BodyLook], tracks: Iterable[Track]) -> Scene:
    """One moment."""
    return Scene(t=t, tracks=tuple(tracks), motion=make_motion(), looked=True, bodies=tuple(looks))


def play(it: ConcealmentRule, looks: Iterable[BodyLook]) -> list[Draft]:
    """All that it says of some looks at one person."""
    return [draft for each in looks for draft in it.update(scene(each.t, [each], [person(each.track)]))]


def seconds(from_s: float, to_s: float) -> list[float]:
    """Times of looks, five a second."""
    return [round(from_s + GAP_S * n, 3) for n in range(round((to_s - from_s) / GAP_S))]


def test_hands_that_stay_at_the_hips_are_told_with_what_was_seen() -> None:
    """Within three seconds of the first look, without any before; reasons name hands, places and times."""
    (start,) = play(rule(), [look(t, AT_HIPS) for t in seconds(0.0, 3.0)])

    assert (start.state, start.candidate, start.zone, start.data["act"]) == ("start", False, "table", "pocket")
    assert start.t_emitted <= 3.0
    text = "; ".join(start.reasons)
    assert "left hand within 0.45 torsos of the hip" in text
    assert "into a pocket" in text


def test_a_bag_that_hands_are_at_is_told() -> None:
    """The same bag beyond the reach of the hands is not."""
    hands: dict[str, Point] = {"left_wrist": (0.2, 0.4), "right_wrist": (0.8, 0.4)}
    drafts = play(rule(), [look(t, hands, bags=BAG) for t in seconds(0.0, 3.0)])
    assert [(draft.state, draft.data["act"]) for draft in drafts] == [("start", "bag")]
    assert "what may be a bag in 9 of 9 looks" in "; ".join(drafts[0].reasons)

    far = (Bag("handbag", 0.4, (0.9, 0.1, 1.0, 0.2)),)
    assert play(rule(), [look(t, hands, bags=far) for t in seconds(0.0, 3.0)]) == []


def test_stretched_arms_are_nothing() -> None:
    """Not even a candidate at the end."""
    it = rule()
    assert play(it, [look(t) for t in seconds(0.0, 6.0)]) == []
    assert it.finish(6.0) == ()


def test_it_ends_when_the_signs_are_over_and_may_begin_again() -> None:
    """The end has the highest confidence of all."""
    it = rule()
    hip, far = seconds(0.0, 3.0), seconds(3.0, 9.0)
    first = play(it, [look(t, AT_HIPS) for t in hip] + [look(t) for t in far])
    again = play(it, [look(t, AT_HIPS) for t in seconds(9.0, 13.0)])

    assert states(first) == ["start", "end"]
    assert first[1].confidence >= first[0].confidence
    assert first[1].t_end is not None
    assert states(again) == ["start"]
    assert again[0].happening != first[0].happening


def test_below_the_threshold_it_is_a_candidate_for_a_replay_alone() -> None:
    """One a track, when its track is gone or the recording over."""
    looks = [look(t, AT_HIPS) for t in seconds(0.0, 3.0)]
    unsure = rule(min_confidence=0.999)
    assert play(unsure, looks) == []
    (candidate,) = unsure.update(scene(3.2, [], []))
    assert candidate.candidate
    assert candidate.t_end is not None
    assert unsure.finish(4.0) == ()

    live = rule(min_confidence=0.999, keep_candidates=False)
    play(live, looks)
    assert live.finish(4.0) == ()


def test_a_recording_that_ends_tells_the_highest_confidence() -> None:
    """What lasts gets no end, but what was seen since is not lost."""
    it = rule()
    drafts = play(it, [look(t, {"left_wrist": (0.4, 0.6), "right_wrist": (0.7, 0.5)}) for t in seconds(0.0, 2.0)])
    drafts += play(it, [look(t, AT_HIPS) for t in seconds(2.0, 6.0)])
    last = it.finish(6.0)

    assert states([*drafts, *last]) == ["start", "update"]
    assert last[0].confidence > drafts[0].confidence
    assert last[0].t_end is None


def test_a_guard_that_stops_says_why() -> None:
    """Only of what lasts."""
    it = rule()
    play(it, [look(t, AT_HIPS) for t in seconds(0.0, 3.0)])
    (end,) = it.stop(3.0, "the guard stops")

    assert (end.state, end.reasons[-1]) == ("end", "the guard stops")
    assert it.stop(3.0, "again") == ()


def test_who_is_far_from_the_goods_does_not_count() -> None:
    """Nor does somebody in an ignored area."""
    away: Box = (0.0, 0.1, 0.2, 0.45)
    looks = [BodyLook(1, t, away, (640, 480), Body(standing(away, **AT_HIPS))) for t in seconds(0.0, 3.0)]
    assert play(rule(), looks) == []

    ignored = rule(ignore=(Polygon(((0.3, 0.7), (0.7, 0.7), (0.7, 1.0), (0.3, 1.0))),))
    assert play(ignored, [look(t, AT_HIPS) for t in seconds(0.0, 3.0)]) == []


def test_a_crowd_is_watched_in_part() -> None:
    """The state is bounded."""
    it = rule()
    everybody = [person(number) for number in range(1, 3 * MAX_WATCHED)]
    it.update(scene(0.0, [look(0.0, track=track.id) for track in everybody], everybody))

    assert len(it._people) == MAX_WATCHED
    it.update(scene(0.2, [], []))
    assert it._people == {}


def test_signs_do_not_depend_on_size_or_side() -> None:
    """Half as large, or seen in a mirror, the same hands give the same signs."""
    near = read_signs([look(t, AT_HIPS, bags=BAG) for t in seconds(0.0, 1.0)])
    half: Box = (0.3, 0.2, 0.45, 0.55)
    small_bag = (Bag("handbag", 0.4, (0.315, 0.3, 0.435, 0.4)),)
    small = read_signs(
        [BodyLook(1, t, half, (640, 480), Body(standing(half, **AT_HIPS), small_bag)) for t in seconds(0.0, 1.0)]
    )

    np.testing.assert_allclose(near.hands, small.hands, atol=1e-4)
    np.testing.assert_allclose(near.bags, small.bags)


def test_one_leap_of_a_joint_is_no_sign() -> None:
    """A network that misses once must not hide or make anything."""
    looks = [look(t, AT_HIPS) for t in seconds(0.0, 2.0)]
    calm = read_signs(looks)
    looks[4] = look(looks[4].t, {"left_wrist": (0.0, 0.0), "right_wrist": (1.0, 0.0)})

    np.testing.assert_allclose(read_signs(looks).hands, calm.hands, atol=1e-6)


def test_attention_goes_to_those_who_stand_largest_at_the_goods() -> None:
    """Two at once, five times a second, and only where they were just detected."""
    attention = Attention((TABLE,))
    people = [make_track(n, (0.5, 0.9), height=0.4 + n / 20) for n in (1, 2, 3)]
    unseen, small = make_track(4, (0.5, 0.9), height=0.8, seen=False), make_track(5, (0.6, 0.8), height=0.2)
    far, car = make_track(6, (0.1, 0.4), height=0.35), make_track(7, (0.6, 0.9), height=0.8, label="car")

    assert [track.id for track in attention.due((*people, unseen, small, far, car), 0.0)] == [3, 2]
    assert attention.due(tuple(people), 0.1) == ()
    assert [track.id for track in attention.due(tuple(people), 0.2)] == [3, 2]
    assert Attention(()).due(tuple(people), 0.0) == ()


def test_what_was_told_is_remembered_for_a_while() -> None:
    """The surest of a track, so many at most."""
    concealed = Concealed()
    play(rule(concealed), [look(t, AT_HIPS) for t in seconds(0.0, 3.0)])
    hidden = concealed.of(1, 10.0)
    assert hidden is not None
    assert hidden.confidence >= 0.5
    concealed.note(1, Hidden("weaker", 4.0, 0.1))
    assert concealed.of(1, 10.0) == hidden
    assert concealed.of(1, 10.0 + REMEMBER_S) is None

    for number in range(2 * MAX_REMEMBERED):
        concealed.note(number, Hidden("x", float(number), 0.5))
    assert len(concealed._by_track) == MAX_REMEMBERED


@pytest.mark.parametrize("track", [1, 2])
def test_it_is_noted_for_that_person_alone(track: int) -> None:
    """Whoever stands beside is not meant."""
    concealed = Concealed()
    play(rule(concealed), [look(t, AT_HIPS, track=track) for t in seconds(0.0, 3.0)])

    assert concealed.of(track, 3.0) is not None
    assert concealed.of(3 - track, 3.0) is None

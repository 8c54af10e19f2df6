"""Scripted scenes for the rules about staying in a zone."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.event import Draft
from device.core.geometry import Polygon
from device.core.rules.dwell import GRACE_S, MAX_NAMED, DwellRule
from tests.builders import INSIDE, OUTSIDE, SQUARE, make_scene, make_settings, make_track, states


def in_zone(per: Literal["zone", "track"] = "zone", **changes: Any) -> DwellRule:
    """A rule about the square in the middle of the picture."""
    return DwellRule(make_settings(**changes), Polygon(SQUARE), per=per)


def empty(rule: DwellRule, *times: float) -> list[Draft]:
    """Looks that find nobody."""
    return [draft for t in times for draft in rule.update(make_scene(t))]


def seconds(start: float, stop: float, step: float = 0.5) -> list[float]:
    """Times from start up to and with stop."""
    return [start + n * step for n in range(round((stop - start) / step) + 1)]


def test_enter_and_leave() -> None:
    """A start when the foot comes in, nothing while it stays, an end after the grace."""
    rule = in_zone()

    assert rule.update(make_scene(0.0, make_track(foot=OUTSIDE))) == ()
    start = rule.update(make_scene(1.0, make_track()))
    quiet = [rule.update(make_scene(t, make_track())) for t in seconds(1.5, 4.0)]
    still = empty(rule, *seconds(4.5, 4.0 + GRACE_S - 0.5))
    end = empty(rule, 4.0 + GRACE_S)

    assert states(start) == ["start"]
    assert not any(quiet)
    assert still == []
    assert states(end) == ["end"]
    assert start[0].happening == end[0].happening
    assert (start[0].t_start, start[0].t_end, start[0].t_emitted) == (1.0, None, 1.0)
    assert (end[0].t_start, end[0].t_end, end[0].t_emitted) == (1.0, 4.0, 4.0 + GRACE_S)
    assert end[0].data == {"dwell_s": 3.0, "count": 1, "tracks": [1]}


def test_the_foot_decides() -> None:
    """A person whose head and body cover the zone from in front of it stands outside."""
    assert in_zone().update(make_scene(0.0, make_track(foot=(0.5, 0.95), height=0.6))) == ()


def test_a_short_gap_is_no_end() -> None:
    """Whoever is missed for less than the grace has never been away."""
    rule = in_zone()
    drafts = list(rule.update(make_scene(0.0, make_track())))
    drafts += empty(rule, *seconds(0.5, GRACE_S - 0.5))
    drafts += rule.update(make_scene(GRACE_S, make_track(2)))

    assert states(drafts) == ["start", "update"]
    assert empty(rule, *seconds(GRACE_S + 0.5, 2 * GRACE_S - 0.5)) == []


def test_what_was_not_looked_for_is_not_gone() -> None:
    """While a track is expected and nobody looks, no time of absence passes."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))
    asleep = [rule.update(make_scene(t, make_track(seen=False), looked=False)) for t in seconds(0.5, 60.0)]

    assert not any(asleep)
    assert states(rule.update(make_scene(61.0, make_track(2)))) == ["update"]


def test_one_missing_look_after_a_long_sleep_is_no_end() -> None:
    """However long ago the look before, a single look that misses somebody does not send them away."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))

    assert rule.update(make_scene(60.0, make_track(seen=False))) == ()
    assert states(empty(rule, 61.0)) == ["end"]


@pytest.mark.parametrize(("x", "goes_on"), [(0.2, True), (0.02, False), (0.98, False)])
def test_who_walks_out_at_a_side_of_the_picture_has_stayed(x: float, goes_on: bool) -> None:
    """The number may come back with somebody else; a step out of the zone elsewhere is none."""
    rule = in_zone("track", after_s=3.0)
    for t in seconds(0.0, 2.0):
        assert rule.update(make_scene(t, make_track())) == ()
    rule.update(make_scene(2.5, make_track(foot=(x, 0.9))))

    drafts = [draft for t in seconds(3.0, 4.0) for draft in rule.update(make_scene(t, make_track()))]

    assert states(drafts) == (["start"] if goes_on else [])


def side_rule() -> DwellRule:
    """Loitering for three seconds in the whole picture."""
    return DwellRule(make_settings(zone=None, after_s=3.0), None, per="track")


def test_who_comes_away_from_a_side_of_the_picture_has_been_there_no_longer() -> None:
    """As one goes out another comes in, and may get the number: what is known begins where the side cut it off."""
    rule, told = side_rule(), []
    for t in seconds(0.0, 6.0):
        x = 0.3 if t < 1.5 else (0.04 if t < 2.5 else 0.3)
        told += [(draft.state, draft.t_start, t) for draft in rule.update(make_scene(t, make_track(foot=(x, 0.9))))]

    assert told == [("start", 1.5, 4.5)]


@pytest.mark.parametrize("shaky", [0.0, 0.012])
def test_who_loiters_at_the_side_of_the_picture_is_told(shaky: float) -> None:
    """However unsteady the box, there and a little away from it."""
    rule, told = side_rule(), []
    for n, t in enumerate(seconds(0.0, 6.0)):
        told += states(rule.update(make_scene(t, make_track(foot=(0.055 + shaky * (-1) ** n, 0.9)))))

    assert told == ["start"]


@pytest.mark.parametrize("gap_s", [0.75, 1.0])
def test_a_few_missing_looks_at_a_slow_rate_are_no_end(gap_s: float) -> None:
    """Who stands where nothing moves is looked for seldom: it takes four looks that miss them, as at any rate."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))
    missed = [rule.update(make_scene(n * gap_s, make_track(seen=False))) for n in (1, 2, 3)]

    assert not any(missed)
    assert states(rule.update(make_scene(4 * gap_s, make_track(seen=False)))) == ["end"]


def test_who_is_seen_elsewhere_is_not_missed() -> None:
    """Then the grace alone counts, however few looks it has."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))

    assert rule.update(make_scene(1.0, make_track(foot=OUTSIDE))) == ()
    assert states(rule.update(make_scene(2.0, make_track(foot=OUTSIDE)))) == ["end"]


def test_who_was_seen_again_is_missed_anew() -> None:
    """Looks that missed them before are forgotten."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))
    drafts = [rule.update(make_scene(float(t), make_track(seen=t == 3))) for t in range(1, 7)]

    assert not any(drafts)
    assert states(rule.update(make_scene(7.0, make_track(seen=False)))) == ["end"]


def test_that_somebody_else_is_missed_prolongs_no_stay() -> None:
    """Four looks are asked only of who has been inside."""
    rule = in_zone()
    other = make_track(2, foot=OUTSIDE, seen=False)
    rule.update(make_scene(0.0, make_track(), other))

    assert rule.update(make_scene(1.0, make_track(foot=OUTSIDE), other)) == ()
    assert states(rule.update(make_scene(2.0, make_track(foot=OUTSIDE), other))) == ["end"]


@pytest.mark.parametrize("pictures_per_s", [2, 5, 15, 30])
def test_the_grace_is_seconds_at_every_rate(pictures_per_s: int) -> None:
    """With two looks a second the end comes within one of the grace, however many pictures pass in between."""
    rule = in_zone()
    ends = []
    for number in range(10 * pictures_per_s):
        looked = number % (pictures_per_s // 2) == 0
        track = make_track(seen=looked and number == 0, foot=INSIDE if number == 0 else OUTSIDE)
        ends += [d.t_emitted for d in rule.update(make_scene(number / pictures_per_s, track, looked=looked))]

    assert ends == [0.0, pytest.approx(GRACE_S, abs=0.5)]


def test_nobody_left_to_look_for() -> None:
    """Once the tracker has given a thing up, time passes without looks too."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))

    drafts = [d for t in seconds(0.5, GRACE_S) for d in rule.update(make_scene(t, looked=False))]

    assert states(drafts) == ["end"]


def test_leaving_the_zone_and_staying_in_the_picture() -> None:
    """Who is seen outside is gone after the grace, though the track lives on."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))

    drafts = [d for t in seconds(0.5, GRACE_S) for d in rule.update(make_scene(t, make_track(foot=OUTSIDE)))]

    assert states(drafts) == ["end"]


def test_silence_after_an_end() -> None:
    """Within the cooldown nothing starts; a stay that outlasts it is told then, with its true start."""
    rule = in_zone(cooldown_s=5.0)
    rule.update(make_scene(0.0, make_track()))
    t_end = empty(rule, *seconds(0.5, GRACE_S))[0].t_emitted

    within = [d for t in seconds(2.5, 6.5) for d in rule.update(make_scene(t, make_track()))]
    after = rule.update(make_scene(t_end + 5.0, make_track()))

    assert within == []
    assert states(after) == ["start"]
    assert after[0].t_start == 2.5
    assert after[0].happening != "rule/1"


def test_a_second_person_is_an_update() -> None:
    """Each further track in the zone is told once, under the same happening."""
    rule = in_zone()
    first = rule.update(make_scene(0.0, make_track(1)))
    second = rule.update(make_scene(1.0, make_track(1), make_track(2)))
    same = rule.update(make_scene(2.0, make_track(1), make_track(2)))

    assert (states(first), states(second), states(same)) == (["start"], ["update"], [])
    assert first[0].happening == second[0].happening
    assert [thing.track for thing in second[0].objects] == [1, 2]
    assert second[0].data["count"] == 2


@pytest.mark.parametrize("changes", [{"moved": False}, {"confirmed": False}, {"label": "dog"}, {"seen": False}])
def test_what_makes_no_event(changes: dict[str, Any]) -> None:
    """Scenery that has never moved, the unconfirmed, other classes, and what is only expected to be there."""
    rule = in_zone(keep_candidates=True)

    drafts = [d for t in seconds(0.0, 10.0) for d in rule.update(make_scene(t, make_track(**changes)))]

    assert drafts == []
    assert empty(rule, *seconds(10.5, 15.0)) == []
    assert rule.finish(16.0) == ()


def test_loitering_takes_its_time() -> None:
    """The start comes when the stay has lasted as long as was asked, and its t_start is when it began."""
    rule = in_zone("track", kind="loitering", after_s=10.0)

    drafts = [d for t in seconds(1.0, 20.0) for d in rule.update(make_scene(t, make_track()))]

    assert states(drafts) == ["start"]
    assert (drafts[0].t_start, drafts[0].t_emitted) == (1.0, 11.0)


def test_two_who_loiter_are_two_happenings() -> None:
    """Each track has a stay of its own, with its own start and end."""
    rule = in_zone("track", after_s=2.0)
    drafts = list[Draft]()
    for t in seconds(0.0, 12.0):
        present = [make_track(1)] * (t <= 5.0) + [make_track(2)] * (3.0 <= t <= 8.0)
        drafts += rule.update(make_scene(t, *present))

    told = [(draft.state, draft.objects[0].track, draft.t_start) for draft in drafts]
    assert told == [("start", 1, 0.0), ("start", 2, 3.0), ("end", 1, 0.0), ("end", 2, 3.0)]
    assert len({draft.happening for draft in drafts}) == 2


def test_passing_through_is_no_loitering() -> None:
    """People who come and go one after another make a full zone, but none of them stays."""
    rule = in_zone("track", after_s=3.0)

    drafts = [d for t in seconds(0.0, 30.0) for d in rule.update(make_scene(t, make_track(1 + int(t // 2))))]

    assert drafts == []


def test_the_whole_picture() -> None:
    """Without a zone every foot is inside."""
    rule = DwellRule(make_settings(zone=None), None, per="track")
    drafts = rule.update(make_scene(0.0, make_track(foot=OUTSIDE)))

    assert states(drafts) == ["start"]
    assert drafts[0].zone is None
    assert "foot inside the picture for 0.0 s (asked: 0 s)" in drafts[0].reasons


def test_the_unsure_are_candidates() -> None:
    """A stay whose mean score never reached the threshold is told once, when over, and only where asked for."""
    rule, silent = in_zone(min_confidence=0.5, keep_candidates=True), in_zone(min_confidence=0.5)
    weak = make_track(score=0.3)

    for each in (rule, silent):
        assert [d for t in seconds(0.0, 3.0) for d in each.update(make_scene(t, weak))] == []
    drafts = empty(rule, *seconds(3.5, 6.0))

    assert [(d.state, d.candidate, d.confidence, d.t_end) for d in drafts] == [("start", True, 0.3, 3.0)]
    assert empty(silent, *seconds(3.5, 6.0)) == []


def test_a_recording_that_ends_in_an_unsure_stay() -> None:
    """Finishing tells candidates that are still there, and leaves alone what has been told."""
    rule = in_zone("track", min_confidence=0.5, keep_candidates=True)
    rule.update(make_scene(0.0, make_track(1, score=0.3), make_track(2, score=0.9)))

    assert [(d.candidate, d.objects[0].track) for d in rule.finish(1.0)] == [(True, 1)]


def test_the_least_of_candidates() -> None:
    """Below the floor not even a candidate is written."""
    rule = in_zone(min_confidence=0.5, keep_candidates=True)
    rule.update(make_scene(0.0, make_track(score=0.04)))

    assert empty(rule, *seconds(0.5, 5.0)) == []


def test_reasons_say_what_was_seen() -> None:
    """Who, where, for how long, how sure; and at the end since when no more."""
    rule = in_zone()
    rule.update(make_scene(1.0, make_track(7, t_first=0.5)))
    end = empty(rule, *seconds(1.5, 3.0))[0]

    assert end.reasons == (
        "person 7 seen for 0.5 s, last score 0.80",
        "foot inside zone yard for 0.0 s (asked: 0 s)",
        "mean score 0.80 in 1 looks",
        "not seen inside any more since 1.0 s",
    )


def test_a_zone_that_is_never_empty_has_a_bound() -> None:
    """A day of people in turn leaves only those who are there; messages name some and count all."""
    rule = in_zone()
    drafts = [d for n in range(1000) for d in rule.update(make_scene(float(n), make_track(n + 1), make_track(n + 2)))]

    assert states(drafts) == ["start"] + ["update"] * 999
    assert drafts[-1].data["count"] == 1001
    assert drafts[-1].data["tracks"] == list(range(1, MAX_NAMED + 1))
    assert len(rule._stays[0].ids) == 2


def test_silence_dies_with_the_track() -> None:
    """The cooldown of a loiterer is forgotten once the track is."""
    rule = in_zone("track", cooldown_s=86400.0)
    for n in range(100):
        t = n * 10.0
        rule.update(make_scene(t, make_track(n + 1)))
        empty(rule, *seconds(t + 0.5, t + 3.0))

    assert len(rule._quiet_until) <= 1


@given(st.lists(st.tuples(st.sampled_from(["in", "out", "asleep", "gone"]), st.floats(0.03, 3.0)), max_size=60))
def test_every_stay_has_one_start_and_at_most_one_end(script: list[tuple[str, float]]) -> None:
    """Whatever happens, messages of one happening come as start, updates, end, with times that never go back."""
    rule, t, id_, drafts = in_zone(cooldown_s=1.0), 0.0, 1, list[Draft]()
    for what, gap in script:
        t += gap
        id_ += what == "gone"
        track = make_track(id_, INSIDE if what == "in" else OUTSIDE, seen=what != "asleep")
        tracks = () if what == "gone" else (track,)
        drafts += rule.update(make_scene(t, *tracks, looked=what != "asleep"))

    for happening in {draft.happening for draft in drafts}:
        own = states(draft for draft in drafts if draft.happening == happening)
        updates = ["update"] * own.count("update")
        assert own in (["start", *updates], ["start", *updates, "end"])
    assert all(d.t_start <= (d.t_end or d.t_emitted) <= d.t_emitted for d in drafts)
    assert [d.t_emitted for d in drafts] == sorted(d.t_emitted for d in drafts)


def crowd(*feet: tuple[float, float]) -> list[Any]:
    """People who stand at these places."""
    return [make_track(number, foot) for number, foot in enumerate(feet, start=1)]


def test_a_crowd_is_so_many_at_once_for_so_long() -> None:
    """It begins with the last foot that it takes, and fewer are none, however long they stay."""
    rule = DwellRule(make_settings(kind="crowding", after_s=2.0, count=3), Polygon(SQUARE), per="zone", least=3)
    two, three = [INSIDE, (0.4, 0.5)], [INSIDE, (0.4, 0.5), (0.6, 0.5)]

    assert [rule.update(make_scene(t, *crowd(*two))) for t in seconds(0.0, 10.0)] == [()] * 21
    assert [rule.update(make_scene(t, *crowd(*three))) for t in seconds(10.5, 12.0)] == [()] * 4
    (start,) = rule.update(make_scene(12.5, *crowd(*three)))
    assert (start.kind, start.state, start.t_start, start.data["count"]) == ("crowding", "start", 10.5, 3)
    assert "3 at once (asked: 3)" in start.reasons


def test_a_crowd_outlives_a_look_that_misses_one_of_it_and_ends_when_one_has_left() -> None:
    """For as long as a single person may be missed."""
    rule = DwellRule(make_settings(kind="crowding", count=2), Polygon(SQUARE), per="zone", least=2)
    both = crowd(INSIDE, (0.4, 0.5))
    one = [both[0], make_track(2, (0.4, 0.5), seen=False)]

    assert states(rule.update(make_scene(0.0, *both))) == ["start"]
    assert rule.update(make_scene(0.5, *one)) == ()
    assert rule.update(make_scene(1.0, *both)) == ()
    left = [draft for t in seconds(1.5, 1.0 + GRACE_S) for draft in rule.update(make_scene(t, *one))]
    assert states(left) == ["end"]
    assert left[0].t_end == 1.0


def test_people_outside_make_no_crowd() -> None:
    """Nor do two who are there one after the other."""
    rule = DwellRule(make_settings(kind="crowding", count=2), Polygon(SQUARE), per="zone", least=2)

    assert rule.update(make_scene(0.0, *crowd(INSIDE, OUTSIDE))) == ()
    assert rule.update(make_scene(1.0, make_track(1, OUTSIDE), make_track(2, INSIDE))) == ()


def test_a_stay_does_not_end_while_somebody_new_stands_there() -> None:
    """One goes, and the next comes in before the grace is over, though the tracker believes it only later."""
    rule = in_zone()
    drafts = list(rule.update(make_scene(0.0, make_track())))
    drafts += empty(rule, 0.5, 1.0)
    new = [rule.update(make_scene(t, make_track(2, confirmed=False))) for t in seconds(1.5, 3.0)]
    drafts += [draft for drafts_ in new for draft in drafts_]
    drafts += rule.update(make_scene(3.5, make_track(2)))

    assert states(drafts) == ["start", "update"]


def test_what_is_never_believed_keeps_no_stay_alive() -> None:
    """Scenery that the detector takes for somebody may be a newcomer for a while, not for good."""
    rule = in_zone()
    rule.update(make_scene(0.0, make_track()))
    drafts = [rule.update(make_scene(t, make_track(2, confirmed=False))) for t in seconds(0.5, 9.0)]

    assert states([draft for drafts_ in drafts for draft in drafts_]) == ["end"]

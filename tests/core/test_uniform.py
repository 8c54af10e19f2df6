"""Votes on clothes: doubt makes nobody staff, and nobody is looked at more than needed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.track import Track
from device.core.uniform import (
    AGREE,
    LAST,
    LATER_S,
    MAX_PEOPLE,
    MOST_SOON,
    SOON_S,
    UniformAttention,
    UniformLook,
    Uniforms,
)
from tests.builders import make_track

MIN = 0.8


def voted(scores: Sequence[float], track: int = 1) -> Uniforms:
    """One person, looked at once a second from 1 s on."""
    uniforms = Uniforms(MIN)
    for t, score in enumerate(scores, start=1):
        uniforms.add(UniformLook(track, score), float(t))
    return uniforms


@given(scores=st.lists(st.floats(0.0, 1.0), max_size=30))
def test_staff_is_who_looked_so_often_enough_of_late(scores: list[float]) -> None:
    """For any row of looks: five of the last six say it, or it is not so; and nobody is both."""
    last = [score >= MIN for score in scores[-LAST:]]
    expected = "staff" if sum(last) >= AGREE else "customer" if last.count(False) >= AGREE else "unsure"
    assert voted(scores).verdict(1) == expected
    assert voted(scores).verdict(2) == "unsure"


@given(first=st.lists(st.floats(0.0, 1.0), max_size=20))
def test_whoever_was_surely_a_customer_was_it_before(first: list[float]) -> None:
    """A number that passes to staff settles nothing of before, whatever was seen in between."""
    scores = [*([0.0] * AGREE), *first, *([1.0] * LAST)]
    uniforms, now = voted(scores), float(len(scores))
    assert uniforms.verdict(1) == "staff"
    assert uniforms.is_staff_at(1, now)
    assert not uniforms.is_staff_at(1, float(AGREE))


@pytest.mark.parametrize("before", [2, 3, 4])
def test_a_few_looks_at_a_customer_are_enough_against_a_number_that_passes_on(before: int) -> None:
    """They are too few to know a customer by, and more than staff may have against it."""
    assert before < AGREE
    uniforms = voted([*([0.0] * before), *([1.0] * LAST)])
    assert uniforms.verdict(1) == "staff"
    assert not uniforms.is_staff_at(1, 1.0)
    assert uniforms.is_staff_at(1, float(before + LAST))


def test_what_staff_took_before_it_was_known_is_staffs() -> None:
    """One look that errs changes nothing; so does none at all."""
    uniforms = voted([1.0, 0.1, 1.0, 1.0, 1.0, 1.0])
    assert uniforms.is_staff_at(1, 0.0)
    assert uniforms.told(1) == "5 of 6 looks"
    assert not voted([1.0] * (AGREE - 1)).is_staff_at(1, 9.0)
    assert voted([]).told(1) == ""


def test_who_takes_the_uniform_off_is_a_customer_again() -> None:
    """Two looks are enough for doubt, and doubt is no staff."""
    assert voted([1.0] * 9).verdict(1) == "staff"
    assert voted([1.0] * 9 + [0.0] * 2).verdict(1) == "unsure"
    assert not voted([1.0] * 9 + [0.0] * 2).is_staff_at(1, 5.0)


def test_votes_are_bounded() -> None:
    """Those who were not looked at for longest go first."""
    uniforms = voted([1.0] * LAST)
    for track in range(2, MAX_PEOPLE + 1):
        uniforms.add(UniformLook(track, 1.0), 10.0)
    assert uniforms.verdict(1) == "staff"
    uniforms.add(UniformLook(MAX_PEOPLE + 1, 1.0), 11.0)
    assert uniforms.told(1) == ""
    assert uniforms.told(2) == "1 of 1 looks"


def looks(
    scores: Sequence[float], *tracks: Track, every_s: float = 0.1, for_s: float = 60.0
) -> list[tuple[int, float]]:
    """Who was looked at when, with these scores in turn and then the last of them."""
    attention, found = UniformAttention(MIN), list[tuple[int, float]]()
    for n in range(round(for_s / every_s)):
        t = n * every_s
        if (track := attention.due(tuple(replace(it, t_seen=t) for it in tracks), t)) is not None:
            score = scores[min(len(found), len(scores) - 1)]
            attention.note(UniformLook(track.id, score), t)
            found.append((track.id, t))
    return found


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_who_is_known_is_looked_at_seldom(score: float) -> None:
    """Soon until it is sure, then to see whether it still holds."""
    times = [t for _, t in looks([score], make_track(1, (0.5, 0.8), height=0.5))]
    assert times[AGREE - 1] == pytest.approx(SOON_S * (AGREE - 1), abs=0.3)
    assert len(times) <= AGREE + 60.0 / (0.9 * LATER_S)


def test_a_look_that_disagrees_is_asked_again_soon() -> None:
    """Not only after five seconds, however long and well somebody has been known."""
    for known in (6, MOST_SOON + 6):
        scores = [*([1.0] * known), 0.0, 1.0]
        times = [t for _, t in looks(scores, make_track(1, (0.5, 0.8), height=0.5), for_s=300.0)]
        assert times[known] - times[known - 1] > 0.9 * SOON_S + 1.0
        assert times[known + 1] - times[known] <= SOON_S


@pytest.mark.parametrize("how", ["out of sight", "behind another", "in view"])
def test_who_may_be_another_now_is_looked_at_again_soon(how: str) -> None:
    """Numbers pass from body to body where one is out of sight or mixed up with others; one look settles it."""
    attention, looked = UniformAttention(MIN), list[float]()
    for n in range(120):
        t = n / 10
        here, other = make_track(1, (0.5, 0.8), height=0.5, t_seen=t), make_track(2, (0.51, 0.8), height=0.5, t_seen=t)
        away = 60 <= n < 75
        if away and how == "out of sight":
            here = replace(here, seen=False, t_seen=5.9)
        there = (here, other) if away and how == "behind another" else (here,)
        if (track := attention.due(there, t)) is not None:
            looked.append(t)
            attention.note(UniformLook(track.id, 1.0), t)
    after = [t for t in looked if t > 5.0]
    assert after == pytest.approx([6.6, 11.1] if how == "in view" else [7.5], abs=0.15)


def test_those_who_are_gone_are_not_kept() -> None:
    """A shop that never closes sees many."""
    attention = UniformAttention(MIN)
    for id_ in range(1, 1000, 2):
        pair = (make_track(id_, (0.5, 0.8), height=0.5), make_track(id_ + 1, (0.51, 0.8), height=0.5))
        assert attention.due(pair, 0.0) is None
    assert attention.hidden == 2


def test_who_stays_in_doubt_is_not_asked_for_ever() -> None:
    """A minute of doubt costs no more than its bound."""
    scores = [float(n % 2) for n in range(200)]
    assert len(looks(scores, make_track(1, (0.5, 0.8), height=0.5))) <= MOST_SOON + 60.0 / (0.9 * LATER_S)


def test_one_look_a_picture_and_everybody_has_a_turn() -> None:
    """However many are there."""
    people = [make_track(id_, (id_ / 10, 0.9), height=0.18) for id_ in range(1, 10)]
    found = looks([1.0], *people, every_s=0.2)
    assert len({t for _, t in found}) == len(found)
    assert [id_ for id_, _ in found[:9]] == list(range(1, 10))
    assert all([id_ for id_, _ in found].count(person.id) >= AGREE for person in people)


def test_who_cannot_be_judged_is_not_looked_at() -> None:
    """Too small, half behind another, not detected in this picture, or not believed."""
    there = make_track(1, (0.5, 0.8), height=0.5)
    assert looks([1.0], there)
    assert not looks([1.0], make_track(1, (0.5, 0.8), height=0.1))
    assert not looks([1.0], there, make_track(2, (0.51, 0.8), height=0.5))
    assert not looks([1.0], make_track(1, (0.5, 0.8), height=0.5, seen=False))
    assert not looks([1.0], make_track(1, (0.5, 0.8), height=0.5, confirmed=False))

"""Goods and bags of real pictures in files, by the shipped detector; skipped where there are no pictures."""

import os
from pathlib import Path

import pytest

from bench.collage import play
from bench.collage_bags import bag_clips
from bench.collage_goods import goods_clips

_DEV_DATA = os.environ.get("SHOPWARDEN_DEV_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(_DEV_DATA is None, reason="needs SHOPWARDEN_DEV_DATA"),
]


@pytest.mark.parametrize("name", ["bag, street", "bag, room, small bag"])
def test_a_real_bag_on_a_real_floor_is_told_and_nothing_else(name: str) -> None:
    """A bound for goods on a shelf that held for floors as well once lost four of five such bags unseen."""
    (clip,) = (each for each in bag_clips(Path(str(_DEV_DATA))) if each.name == name)

    total = play(clip)

    assert (total.hits, total.missed, total.wrong, total.faults) == (1, 0, 0, [])


def test_real_packages_are_missed_and_known_when_they_are_back() -> None:
    """Three are taken and two put back by an arm alone, on a shelf whose slots are proposed."""
    (clip,) = (each for each in goods_clips(Path(str(_DEV_DATA)), 1) if each.name.endswith("below, slots proposed"))

    total = play(clip)

    assert (total.hits, total.missed, total.wrong, total.faults) == (5, 0, 0, [])

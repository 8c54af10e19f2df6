"""What a shelf's past makes of a place that changed."""

import numpy as np
import pytest

from device.core.rules.objects import FLOOR
from device.core.shelf.change import Looks
from device.core.shelf.ledger import Ledger
from device.core.shelf.settings import ShelfSettings

AREA = np.zeros((12, 12), dtype=np.bool_)
AREA[3:9, 3:9] = True
GREY = np.full((12, 12, 3), 128.0, dtype=np.float32)


@pytest.mark.parametrize(
    ("score", "print_", "sharp", "verdict"),
    [
        (0.6, 0.6, False, "taken"),
        (-0.6, -0.6, False, "returned"),
        (0.2, 0.2, False, None),
        (0.2, 0.2, True, "taken"),
        (-0.2, -0.2, True, None),
        (-0.4, -0.4, False, None),
        (0.4, 0.4, False, "taken"),
        (0.4, None, False, None),
        (0.6, None, False, "taken"),
    ],
)
def test_where_nothing_had_changed_more_must_speak(
    score: float, print_: float | None, sharp: bool, verdict: str | None
) -> None:
    """More for a return than for a taking, most where a rim is all; less where no shadow has such an edge."""
    facts = {"outline": score, "depth": 0.0} | ({} if print_ is None else {"print": print_})
    assert Ledger(10).judge(AREA, GREY, Looks(score, facts), sharp=sharp)[0] == verdict


@pytest.mark.parametrize("score", [-0.31, -0.45])
def test_of_a_floor_less_is_asked(score: float) -> None:
    """A bag among the patterns of a floor stands out no more than so; on a shelf that is no return."""
    looks = Looks(score, {"outline": -0.33, "depth": 0.0})
    assert Ledger(10, FLOOR.least).judge(AREA, GREY, looks)[0] == "returned"
    assert Ledger(10, ShelfSettings().least).judge(AREA, GREY, looks)[0] is None


@pytest.mark.parametrize("score", [0.05, 0.2, 0.28])
def test_a_little_darker_and_as_full_is_the_next_of_its_kind(score: float) -> None:
    """However little more there was before."""
    looks = Looks(score, {"outline": 0.15, "print": 0.05, "surroundings": 0.3, "depth": 0.12})
    assert Ledger(10).judge(AREA, GREY, looks) == ("taken", 0.55, "what stands there now is farther back")


def test_what_had_been_taken_is_restored_by_what_looks_like_it() -> None:
    """Nothing is restored where nothing had changed, nor by a place that stays as empty as it was."""
    ledger, thing = Ledger(10), GREY.copy()
    thing[AREA] = (90.0, 140.0, 120.0)
    assert not ledger.is_restored(AREA, thing)
    ledger.add("taken", AREA, (thing, GREY), None, 1, 5.0)
    assert ledger.is_restored(AREA, thing + 2.0)
    assert not ledger.is_restored(AREA, GREY + 2.0)


@pytest.mark.parametrize(
    ("outline", "print_", "surroundings", "doubtful"),
    [(0.85, 0.5, 0.3, False), (0.85, 0.0, 0.3, True), (0.85, 0.0, 1.0, False), (0.1, 0.0, 1.0, True)],
    ids=["had both", "a hand stands out", "nothing stands out", "had no outline"],
)
def test_a_hand_that_rests_stands_out(outline: float, print_: float, surroundings: float, doubtful: bool) -> None:
    """Of a plain thing only a part without print differs; where it was, only the boards are left."""
    facts = {"outline": outline, "print": print_, "surroundings": surroundings, "depth": 0.0}
    assert Ledger(10).is_doubtful(AREA, Looks(0.6, facts), "taken", left_again=False) is doubtful

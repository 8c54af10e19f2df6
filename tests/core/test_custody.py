"""Custody is fed by hand: tracks, and a floor that says what it is told to say."""

from typing import Literal

import numpy as np
import pytest

from device.core.concealment.register import Concealed, Hidden
from device.core.custody import UNIFORM_DOUBT, Custody
from device.core.frame import Frame
from device.core.geometry import Line, Point, Polygon
from device.core.rules.custody import UnpaidExit
from device.core.rules.floor import STAFF_S, Floor, ShelfChange
from device.core.rules.line import LineCrossed
from device.core.rules.scene import Scene
from device.core.rules.shelf import ItemMoved, ShelfLow, ShelfSwept
from device.core.shelf.ledger import Change, Stockcount
from device.core.track import Track
from device.core.uniform import AGREE, UniformLook, Uniforms
from tests.builders import make_motion, make_settings, make_track

TILL = Polygon(((0.7, 0.6), (1.0, 0.6), (1.0, 1.0), (0.7, 1.0)))
DOOR = Line((0.2, 0.0), (0.2, 1.0))
"""Out is to the left."""
AT_SHELF, AT_TILL, NEAR_DOOR, OUTSIDE = (0.5, 0.8), (0.85, 0.8), (0.3, 0.8), (0.08, 0.8)
FRAME = Frame(0, 0.0, None, np.zeros((6, 4), np.uint8))


def change(number: int, kind: Literal["taken", "returned"], track: int | None, t: float, **changes: object) -> Change:
    """One thing that left the shelf or came."""
    values: dict[str, object] = {
        "number": number, "kind": kind, "slot": number, "items": 1, "box": (0.4, 0.4, 0.5, 0.5), "t_contact": t - 1.0,
        "t_clear": t - 0.5, "t": t, "track": track, "confidence": 0.9, "reasons": ("seen",),
    }  # fmt: skip
    return Change(**{**values, **changes})  # type: ignore[arg-type]


class Told(Floor):
    """A floor whose shelf says what a test tells it to."""

    def __init__(
        self,
        *changes: Change,
        staff: tuple[int, ...] = (),
        slots: int = 4,
        looks: dict[int, dict[float, float]] | None = None,
    ) -> None:
        """``looks``: scores of each one's clothes by time."""
        self._clothes, self._looks = Uniforms(0.8), looks or {}
        super().__init__({}, (), uniforms=self._clothes)
        self._told, self._staff, self._slots = changes, staff, slots
        self._now = 0.0

    def observe(self, scene: Scene) -> tuple[ShelfChange, ...]:
        """What was told of this moment."""
        if scene.t != self._now:
            for track, scores in self._looks.items():
                if scene.t in scores:
                    self._clothes.add(UniformLook(track, scores[scene.t]), scene.t)
        self._now = scene.t
        return tuple(ShelfChange("rack", c, c.track in self._staff) for c in self._told if c.t == scene.t)

    def stock(self, shelf: str) -> Stockcount:  # noqa: ARG002 - there is one shelf
        """What is left by then."""
        taken = sum(c.items if c.kind == "taken" else -c.items for c in self._told if c.t <= self._now)
        return Stockcount(self._slots, taken)


def moment(t: float, *people: tuple[int, Point]) -> Scene:
    """Everybody seen, at a time."""
    tracks: tuple[Track, ...] = tuple(make_track(id_, foot, height=0.5) for id_, foot in people)
    return Scene(t=t, tracks=tracks, motion=make_motion(), looked=True, frame=FRAME)


def unpaid(floor: Floor, story: dict[float, list[tuple[int, Point]]], till_s: float = 4.0) -> list[tuple[float, float]]:
    """When ``unpaid_exit`` was told and how sure it was."""
    settings = make_settings(name="unpaid", kind="unpaid_exit", zone="door", keep_candidates=True)
    rule = UnpaidExit(settings, LineCrossed(settings, DOOR, "out"), Custody(floor, (TILL,), till_s))
    return [(d.t_emitted, d.confidence) for t, people in story.items() for d in rule.update(moment(t, *people))]


def walk(id_: int, *stops: tuple[float, Point]) -> dict[float, list[tuple[int, Point]]]:
    """Somebody who stands at each place from its time to the next."""
    story, last = {}, stops[-1][0] + 1.0
    for n in range(int(stops[0][0] * 2), int(last * 2) + 1):
        t = n / 2
        place = next(place for since, place in reversed(stops) if since <= t)
        story[t] = [(id_, place)]
    return story


def test_out_with_goods_is_told_with_its_takings() -> None:
    """The event names what was taken, and links to it."""
    floor = Told(change(1, "taken", 1, 3.0), change(2, "taken", 1, 4.0))
    settings = make_settings(name="unpaid", kind="unpaid_exit", zone="door")
    rule = UnpaidExit(settings, LineCrossed(settings, DOOR, "out"), Custody(floor, (TILL,), 4.0))
    story = walk(1, (0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE))
    drafts = [draft for t, people in story.items() for draft in rule.update(moment(t, *people))]
    assert len(drafts) == 1
    assert drafts[0].links == ("rack:1", "rack:2")
    assert drafts[0].data["items"] == 2
    assert drafts[0].t_start == pytest.approx(7.0)
    assert any("took 1 from shelf rack" in reason for reason in drafts[0].reasons)


def test_concealment_makes_what_follows_surer() -> None:
    """Of the same person alone: it is named, linked to, and the exit is told with more confidence than without."""
    story = walk(1, (0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE))
    settings = make_settings(name="unpaid", kind="unpaid_exit", zone="door")
    drafts = []
    for track in (1, 2):
        concealed = Concealed()
        concealed.note(track, Hidden("concealment-rack/1", 4.0, 0.7))
        custody = Custody(Told(change(1, "taken", 1, 3.0, confidence=0.6)), (TILL,), 4.0)
        rule = UnpaidExit(settings, LineCrossed(settings, DOOR, "out"), custody, concealed)
        drafts += [draft for t, people in story.items() for draft in rule.update(moment(t, *people))]
    same, other = drafts

    assert same.confidence == pytest.approx(1.0 - (1.0 - other.confidence) * 0.3, abs=1e-3)
    assert same.links == ("rack:1", "concealment-rack/1")
    assert "hands looked like hiding something at 4.0 s, sure by 0.70" in same.reasons
    assert other.links == ("rack:1",)


@pytest.mark.parametrize(
    ("floor", "stops"),
    [
        (Told(), [(0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE)]),
        (Told(change(1, "taken", 1, 3.0)), [(0.0, AT_SHELF), (5.0, AT_TILL), (11.0, NEAR_DOOR), (12.0, OUTSIDE)]),
        (
            Told(change(1, "taken", 1, 3.0), change(2, "returned", 1, 5.0, undoes=1)),
            [(0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE)],
        ),
        (Told(change(1, "taken", 2, 3.0)), [(0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE)]),
        (Told(change(1, "taken", None, 3.0)), [(0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE)]),
        (Told(change(1, "taken", 1, 3.0), staff=(1,)), [(0.0, AT_SHELF), (6.0, NEAR_DOOR), (7.0, OUTSIDE)]),
        (Told(change(1, "taken", 1, 3.0)), [(0.0, AT_SHELF), (6.0, NEAR_DOOR)]),
    ],
    ids=["took nothing", "paid", "put back", "another took it", "nobody was seen", "staff", "is still inside"],
)
def test_who_owes_nothing_may_go(floor: Floor, stops: list[tuple[float, Point]]) -> None:
    """Not one of these is an exit without paying."""
    assert unpaid(floor, walk(1, *stops)) == []


def test_too_short_at_the_till_is_doubt_and_not_payment() -> None:
    """It is told, less sure."""
    floor = Told(change(1, "taken", 1, 3.0))
    stops = ((0.0, AT_SHELF), (5.0, AT_TILL), (8.0, NEAR_DOOR), (9.0, OUTSIDE))
    ((_, doubtful),) = unpaid(floor, walk(1, *stops))
    ((_, sure),) = unpaid(floor, walk(1, (0.0, AT_SHELF), (8.0, NEAR_DOOR), (9.0, OUTSIDE)))
    assert 0.05 < doubtful < 0.5 * sure


def test_a_track_that_breaks_hands_its_goods_to_the_next() -> None:
    """Who begins where another was lost a moment before has what they had, with doubt."""
    floor = Told(change(1, "taken", 1, 3.0))
    story = walk(1, (0.0, AT_SHELF), (5.0, (0.45, 0.8)))
    story |= {7.0: []} | walk(2, (8.0, (0.42, 0.8)), (10.0, NEAR_DOOR), (11.0, OUTSIDE))
    ((_, confidence),) = unpaid(floor, story)
    assert confidence < 0.9 * 0.9


def test_who_begins_far_away_inherits_nothing() -> None:
    """A stranger who comes in by another door is not the one who was lost."""
    floor = Told(change(1, "taken", 1, 3.0))
    story = walk(1, (0.0, (0.9, 0.9)), (5.0, (0.95, 0.9))) | {7.0: []}
    story |= walk(2, (8.0, (0.3, 0.3)), (10.0, (0.08, 0.3)))
    assert unpaid(floor, story) == []


def test_a_taking_that_is_told_late_still_counts() -> None:
    """Who snatches and runs is over the line before the shelf is in sight again."""
    floor = Told(change(1, "taken", 1, 7.0, t_contact=3.0))
    told = unpaid(floor, walk(1, (0.0, AT_SHELF), (5.0, NEAR_DOOR), (6.0, OUTSIDE), (8.0, OUTSIDE)))
    assert [t for t, _ in told] == [7.0]


def test_an_item_is_told_once_with_slot_and_box() -> None:
    """Takings and returns are events of their own, and a return links to its taking."""
    floor = Told(change(1, "taken", 1, 3.0), change(2, "returned", 1, 5.0, undoes=1))
    taken = ItemMoved(make_settings(name="a", kind="item_taken", zone="rack"), floor, "taken")
    returned = ItemMoved(make_settings(name="b", kind="item_returned", zone="rack"), floor, "returned")
    drafts = [d for t in (3.0, 5.0) for rule in (taken, returned) for d in rule.update(moment(t, (1, AT_SHELF)))]
    assert [(d.kind, d.links) for d in drafts] == [("item_taken", ()), ("item_returned", ("rack:1",))]
    assert drafts[0].data == {"slot": 1, "items": 1, "track": 1, "box": [0.4, 0.4, 0.5, 0.5]}
    assert (drafts[0].t_start, drafts[0].t_end) == (2.0, 2.5)
    assert [thing.track for thing in drafts[0].objects] == [1]


def test_staff_takes_nothing() -> None:
    """Restocking is no event; whoever has been long enough where only staff may be is staff."""
    floor = Told(change(1, "taken", 1, 3.0), staff=(1,))
    rule = ItemMoved(make_settings(kind="item_taken", zone="rack"), floor, "taken")
    assert rule.update(moment(3.0, (1, AT_SHELF))) == ()
    real = Floor({}, (TILL,))
    for n in range(8):
        real.observe(moment(n / 2, (1, AT_TILL), (2, AT_SHELF)))
    assert STAFF_S < 3.5
    assert real.is_staff(1)
    assert not real.is_staff(2)
    assert not real.is_staff(None)


def scores(*each: tuple[float, float]) -> dict[float, float]:
    """Looks twice a second from each time on, so many as make it sure, with a score."""
    return {since + n / 2: score for since, score in each for n in range(AGREE + 1)}


LEAVES = ((0.0, AT_SHELF), (12.0, NEAR_DOOR), (13.0, OUTSIDE))


def test_staff_in_uniform_may_go_with_goods() -> None:
    """Also with what was taken before anybody knew; and whoever is in doubt, or known as a customer, may not."""
    taken = change(1, "taken", 1, 3.0)
    assert unpaid(Told(taken, looks={1: scores((4.0, 1.0))}), walk(1, *LEAVES)) == []
    in_doubt = {4.0: 1.0, 4.5: 1.0, 5.0: 1.0, 5.5: 1.0}
    assert len(in_doubt) < AGREE
    for looks in ({}, in_doubt, scores((4.0, 0.0)), scores((4.0, 0.79))):
        ((_, sure),) = unpaid(Told(taken, looks={1: looks}), walk(1, *LEAVES))
        assert sure > 0.8


def test_the_uniform_of_another_settles_nothing() -> None:
    """A customer's number that passes to staff, and goods of a track that broke: less sure, and not gone."""
    swapped = Told(change(1, "taken", 1, 3.0), looks={1: scores((1.0, 0.0), (6.0, 1.0))})
    ((_, doubtful),) = unpaid(swapped, walk(1, *LEAVES))
    assert 0.05 < doubtful < 0.5
    broken = Told(change(1, "taken", 1, 3.0), looks={2: scores((8.5, 1.0))})
    story = walk(1, (0.0, AT_SHELF), (5.0, (0.45, 0.8))) | {7.0: []}
    ((_, inherited),) = unpaid(broken, story | walk(2, (8.0, (0.42, 0.8)), (12.0, NEAR_DOOR), (13.0, OUTSIDE)))
    assert 0.05 < inherited < 0.5


def test_what_is_told_late_of_somebody_who_is_staff_by_then_is_in_doubt_too() -> None:
    """The hand came while more looks spoke against it than staff may have; the slot was free to be seen only later."""
    late = change(1, "taken", 1, 9.0, t_contact=2.0)
    ((_, doubtful),) = unpaid(Told(late, looks={1: scores((1.0, 0.0), (4.0, 1.0))}), walk(1, *LEAVES))
    assert doubtful == pytest.approx(0.9 * UNIFORM_DOUBT, abs=0.05)


def test_votes_that_come_and_go_do_not_wear_a_holding_down() -> None:
    """However often a number passes on: it is one doubt, and a candidate still."""
    looks = {1.0 + n / 2: float(n // AGREE % 2) for n in range(6 * AGREE)}
    stops = ((0.0, AT_SHELF), (20.0, NEAR_DOOR), (21.0, OUTSIDE))
    ((_, doubtful),) = unpaid(Told(change(1, "taken", 1, 3.0), looks={1: looks}), walk(1, *stops))
    assert doubtful == pytest.approx(0.9 * UNIFORM_DOUBT, abs=0.05)


def test_the_votes_are_among_the_reasons() -> None:
    """Whoever was told of wrongly sees how many looks were for staff."""
    settings = make_settings(name="unpaid", kind="unpaid_exit", zone="door")
    floor = Told(change(1, "taken", 1, 3.0), looks={1: {4.0: 1.0, 4.5: 0.1}})
    rule = UnpaidExit(settings, LineCrossed(settings, DOOR, "out"), Custody(floor, (TILL,), 4.0))
    (draft,) = [draft for t, people in walk(1, *LEAVES).items() for draft in rule.update(moment(t, *people))]
    assert "uniform of staff seen in 1 of 2 looks" in draft.reasons


def test_staff_who_rearranges_sweeps_nothing() -> None:
    """What was taken before it was known counts no more once it is."""
    settings = make_settings(name="sweep", kind="shelf_swept", zone="rack", after_s=30.0, count=3, cooldown_s=30.0)
    takes = [change(n, "taken", 1, 2.0 * n) for n in (1, 2)]
    customer = change(3, "taken", 2, 9.0)

    def told(looks: dict[float, float]) -> int:
        rule = ShelfSwept(settings, Told(*takes, customer, looks={1: looks}))
        return sum(len(rule.update(moment(n / 2, (1, AT_SHELF)))) for n in range(40))

    assert told({}) == 1
    assert told(scores((5.0, 1.0))) == 0


def test_sweeping_is_many_items_in_a_short_time() -> None:
    """Three in ten seconds are told once; spread out, or put back meanwhile, they are not."""
    settings = make_settings(name="sweep", kind="shelf_swept", zone="rack", after_s=10.0, count=3, cooldown_s=30.0)

    def told(*changes: Change) -> int:
        rule = ShelfSwept(settings, Told(*changes))
        return sum(len(rule.update(moment(float(t), (1, AT_SHELF)))) for t in range(60))

    quick = [change(n, "taken", 1, 2.0 + 2 * n) for n in range(1, 5)]
    assert told(*quick) == 1
    assert told(*[change(n, "taken", 1, 12.0 * n) for n in range(1, 5)]) == 0
    assert told(*quick[:2], change(9, "returned", 1, 7.0, undoes=1), change(3, "taken", 1, 8.0)) == 0


def test_a_low_shelf_lasts_until_it_is_filled() -> None:
    """Start when a quarter is left, end when there is clearly more."""
    takes = [change(n, "taken", 1, float(n)) for n in (1, 2, 3)]
    floor = Told(*takes, change(4, "returned", 1, 5.0), change(5, "returned", 1, 6.0))
    rule = ShelfLow(make_settings(name="low", kind="shelf_low", zone="rack"), floor)
    drafts = [d for t in range(9) for d in rule.update(moment(float(t)))]
    assert [(d.state, d.t_emitted) for d in drafts] == [("start", 3.0), ("end", 5.0)]
    assert rule.stop(9.0, "over") == ()

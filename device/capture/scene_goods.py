"""Goods on drawn shelves and the hands that move them: where each thing is at any time. Draws nothing."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Place = tuple[str, int]
"""A rack and the number of a slot in it; also the name of the item that stands there first."""
ActKind = Literal["take", "put", "touch", "hide"]
Side = Literal["left", "right", "bottom", "top"]

ACT_KINDS: tuple[ActKind, ...] = ("take", "put", "touch", "hide")
SIDES: tuple[Side, ...] = ("left", "right", "bottom", "top")
_OUTSIDE: dict[Side, Point] = {"left": (-0.25, 0.0), "right": (1.25, 0.0), "bottom": (0.0, 1.25), "top": (0.0, -0.25)}


@dataclass(frozen=True, slots=True)
class Rack:
    """A shelf or table with rows of slots, each with an item where it is not empty."""

    id: str
    box: Box
    """x1, y1, x2, y2 in fractions of the picture."""
    rows: int = 2
    columns: int = 4
    fill_frac: float = 0.75
    """Width and height of an item, in those of its slot, on average."""
    level: int = 150
    """Brightness of the boards behind the goods, 32..219."""
    empty: tuple[int, ...] = ()
    """Slots in which nothing stands at first, from 0, row by row."""
    deep: bool = False
    """Behind each item stands another like it, farther back and in shade."""

    def __post_init__(self) -> None:
        x1, y1, x2, y2 = self.box
        if not (-0.5 <= x1 < x2 <= 1.5 and -0.5 <= y1 < y2 <= 1.5):
            raise ValueError(f"rack {self.id}: box {self.box} has no area")
        if not (1 <= self.rows <= 20 and 1 <= self.columns <= 50 and 0.2 <= self.fill_frac <= 1.0):
            raise ValueError(f"rack {self.id}: rows 1..20, columns 1..50, fill_frac 0.2..1 are allowed")
        if not 32 <= self.level <= 219 or any(not 0 <= slot < self.slots for slot in self.empty):
            raise ValueError(f"rack {self.id}: level is outside 32..219, or empty names no slot")

    @property
    def slots(self) -> int:
        """How many there are."""
        return self.rows * self.columns

    def slot_box(self, slot: int) -> Box:
        """Where a slot is, fractions of the picture."""
        x1, y1, x2, y2 = self.box
        row, column = divmod(slot, self.columns)
        width, height = (x2 - x1) / self.columns, (y2 - y1) / self.rows
        return x1 + column * width, y1 + row * height, x1 + (column + 1) * width, y1 + (row + 1) * height


@dataclass(frozen=True, slots=True)
class Act:
    """A hand goes to a slot, does something there, and goes back."""

    t_s: float
    """When the hand is there."""
    kind: ActKind
    rack: str = ""
    slot: int = 0
    figure: int = 0
    """Whose hand; 0 is an arm that reaches in from beside the picture."""
    reach_s: float = 0.7
    """How long the hand is on its way, there and back."""
    hold_s: float = 0.4
    """How long it stays."""
    side: Side = "bottom"
    """Where an arm alone comes from."""

    def __post_init__(self) -> None:
        if self.kind not in ACT_KINDS or self.side not in SIDES:
            raise ValueError(f"act at {self.t_s} s: kind is one of {ACT_KINDS}, side one of {SIDES}")
        if not (0.1 <= self.reach_s <= 60 and 0 <= self.hold_s <= 600 and self.figure >= 0 and self.slot >= 0):
            raise ValueError(f"act at {self.t_s} s: reach_s 0.1..60, hold_s 0..600, figure and slot from 0 are allowed")

    @property
    def t_moves(self) -> float:
        """When the item changes hands."""
        return self.t_s + self.hold_s / 2

    def reached(self, t: float) -> float:
        """How far the hand has come, 0 at rest to 1 in the slot."""
        away = max(self.t_s - t, t - self.t_s - self.hold_s, 0.0)
        return max(0.0, 1.0 - away / self.reach_s)

    def rest_outside(self, target: Point) -> Point:
        """Where an arm alone comes from."""
        x, y = _OUTSIDE[self.side]
        return (x, target[1]) if x else (target[0], y)


@dataclass(frozen=True, slots=True)
class Goods:
    """What stands in which slot and what is carried by whom, at one moment."""

    standing: dict[Place, Place]
    """Items by the place where they stand."""
    carried: dict[int, tuple[Place, ...]]
    """Items in the hands of each figure, the last taken last; not those that were hidden."""


class Stock:
    """All racks and acts of a scene, asked for any time."""

    def __init__(self, racks: tuple[Rack, ...], acts: tuple[Act, ...]) -> None:
        self.acts = tuple(sorted(acts, key=lambda act: act.t_moves))
        standing = {
            (rack.id, slot): (rack.id, slot) for rack in racks for slot in range(rack.slots) if slot not in rack.empty
        }
        self._states = [Goods(standing, {})]
        self._times = [act.t_moves for act in self.acts]
        for act in self.acts:
            self._states.append(_after(self._states[-1], act))

    def at(self, t: float) -> Goods:
        """How things are at a time."""
        return self._states[bisect_right(self._times, t)]

    def moved(self) -> list[tuple[Act, Place]]:
        """The acts that moved an item onto a shelf or off it, and which item."""
        found = []
        for number, act in enumerate(self.acts):
            before, after = (state.standing.get((act.rack, act.slot)) for state in self._states[number : number + 2])
            item = before or after
            if before != after and item is not None:
                found.append((act, item))
        return found


def _after(state: Goods, act: Act) -> Goods:
    standing, carried = dict(state.standing), dict(state.carried)
    held = carried.get(act.figure, ())
    place = (act.rack, act.slot)
    if act.kind == "take" and place in standing:
        carried[act.figure] = (*held, standing.pop(place))
    elif act.kind == "put" and place not in standing:
        # Whoever has nothing in hand brings one that belongs here.
        standing[place] = held[-1] if held else place
        carried[act.figure] = held[:-1]
    elif act.kind == "hide":
        carried[act.figure] = ()
    return Goods(standing, carried)

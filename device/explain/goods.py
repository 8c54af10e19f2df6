"""Accounts of rules about shelves and hands near goods. Decide no event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from device.config.cameras import RuleTable
from device.config.rules import place_of
from device.core.concealment.attention import MIN_HEIGHT, is_near
from device.core.concealment.fitted import FITTED
from device.core.concealment.watch import LEAST_LOOKS, LEAST_S, HandWatch
from device.core.event import Event
from device.core.rules.floor import STAFF_S, ShelfChange
from device.core.rules.scene import RuleSettings, Scene
from device.core.rules.shelf import LOW_FRAC
from device.explain.account import Shown

_SHOWN = 8
"""Sentences about single items at most."""


@dataclass(slots=True)
class MovedAccount:
    """``item_taken`` and ``item_returned``."""

    settings: RuleSettings
    shown: Shown
    _changes: list[ShelfChange] = field(default_factory=list)

    def add(self, scene: Scene) -> None:
        """Note what left the shelf and came to it."""
        self._changes += [it for it in self.shown.floor.observe(scene) if it.shelf == self.settings.zone]

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Of each change that was not told; or that there was none."""
        taken = self.settings.kind == "item_taken"
        mine = [it for it in self._changes if (it.kind == "taken") == taken]
        if not mine:
            return [f": {_nothing_moved(self.settings, self.shown, taken=taken)}"]
        said = {(round(event.t_start, 3), event.data.get("slot")) for event in told}
        silent = [it for it in mine if (round(it.t_contact, 3), it.slot) not in said]
        return [f" of the item at {it.t_contact:.1f} s: {self._why_not(it)}" for it in silent[:_SHOWN]]

    def _why_not(self, it: ShelfChange) -> str:
        if it.by_staff and "uniform" in it.why_staff:
            return f"person {it.track} is staff {it.why_staff} (`staff.min_score`)"
        if it.by_staff and not self.shown.floor.is_staff(it.track):
            return f"at {it.t_contact:.1f} s everybody at the shelves was staff (`staff_hours`)"
        if it.by_staff:
            return f"person {it.track} had been in a zone of kind `staff` for {STAFF_S:g} s or more, so it is staff"
        return f"it is sure by {it.confidence:.2f}, asked are {self.settings.min_confidence:g} (`min_confidence`)"


@dataclass(slots=True)
class SweptAccount:
    """``shelf_swept``."""

    settings: RuleSettings
    shown: Shown
    _taken: list[ShelfChange] = field(default_factory=list)
    _staff: int = 0

    def add(self, scene: Scene) -> None:
        """Note what left the shelf, and what came back."""
        for it in self.shown.floor.observe(scene):
            if it.shelf == self.settings.zone:
                self._staff += it.by_staff and it.kind == "taken"
                self._taken = [old for old in self._taken if old.happening != it.undoes]
                self._taken += [it] if it.kind == "taken" and not it.by_staff else []

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """How many left at most within the time."""
        settings = self.settings
        if told:
            return []
        if not self._taken:
            why = _nothing_moved(settings, self.shown, taken=True) if not self._staff else "staff took what left it"
            return [f": {why} (asked are {settings.count} items, `count`)"]
        most = max(self._window(last.t_contact) for last in self._taken)
        if most < settings.count:
            return [
                f": {most} items left within {settings.after_s:g} s (`after_s`) at most, asked are {settings.count} "
                "(`count`)"
            ]
        sure = min(it.confidence for it in self._taken)
        return [f": one of them is sure by {sure:.2f} only, asked are {settings.min_confidence:g} (`min_confidence`)"]

    def _window(self, last: float) -> int:
        return sum(it.items for it in self._taken if last - self.settings.after_s <= it.t_contact <= last)


@dataclass(slots=True)
class LowAccount:
    """``shelf_low``."""

    settings: RuleSettings
    shown: Shown
    _least: tuple[int, int] | None = None
    """Items left when there were fewest, and slots."""

    def add(self, scene: Scene) -> None:
        """Note how full the shelf is."""
        self.shown.floor.observe(scene)
        stock = self.shown.floor.stock(self.settings.zone or "")
        left = max(0, stock.slots - stock.missing)
        if stock.slots and (self._least is None or left < self._least[0]):
            self._least = left, stock.slots

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """How many were left at the least."""
        if told:
            return []
        if self._least is None:
            return [f": 0 slots of shelf {self.settings.zone} are known, so nobody counts (`slots`: draw a grid)"]
        left, slots = self._least
        few = int(slots * LOW_FRAC)
        return [f": {left} of {slots} items were left at the least, told are {few} or fewer: a quarter of its `slots`"]


class HandsAccount:
    """``concealment``."""

    def __init__(self, settings: RuleSettings, table: RuleTable, shown: Shown) -> None:
        self._settings = settings
        self._goods = place_of(shown.camera, table.shelf or table.zone)
        self._hands: dict[int, HandWatch] = {}
        self._looks: dict[int, int] = {}
        self._peak: dict[int, float] = {}
        self._people: set[int] = set()

    def add(self, scene: Scene) -> None:
        """Weigh hands once more."""
        self._people |= {track.id for track in scene.people}
        for look in scene.bodies:
            if is_near(look.box, self._goods):
                hands = self._hands.setdefault(look.track, HandWatch(self._goods, FITTED))
                self._looks[look.track] = self._looks.get(look.track, 0) + 1
                if (sight := hands.add(look)) is not None:
                    self._peak[look.track] = max(sight.weight.confidence, self._peak.get(look.track, 0.0))

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Of each person whose hands were near the goods."""
        spoken = {event.data["track"] for event in told}
        if not self._looks:
            return [
                f": {len(self._people)} people were there, and the hands of 0 were near {self._settings.zone}: they "
                f"must be {MIN_HEIGHT:.0%} of the picture tall and within reach of its `polygon`"
            ]
        return [f" of track {id_}: {self._why_not(id_)}" for id_ in self._looks if id_ not in spoken]

    def _why_not(self, track: int) -> str:
        if track not in self._peak:
            return f"its hands were looked at {self._looks[track]} times; it takes {LEAST_LOOKS} looks in {LEAST_S:g} s"
        return (
            f"its hands looked like hiding something by {self._peak[track]:.2f} at most, asked are "
            f"{self._settings.min_confidence:g} (`min_confidence`)"
        )


def _nothing_moved(settings: RuleSettings, shown: Shown, *, taken: bool) -> str:
    slots = shown.floor.stock(settings.zone or "").slots
    of = f" in any of its {slots} slots" if slots else ""
    what = "left" if taken else "came to"
    return f"0 items {what} shelf {settings.zone}: nothing that counts changed on it{of} (`polygon`, `slots`)"

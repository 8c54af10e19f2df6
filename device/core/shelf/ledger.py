"""What has been taken from one shelf and put back, in order. Sees no picture but those of the places themselves."""

from collections import deque
from dataclasses import dataclass, field

import cv2
import numpy as np

from device.core.geometry import Box
from device.core.shelf.change import Looks, Verdict, distance
from device.core.shelf.settings import Least
from device.core.shelf.view import Cells, Mask

AS_BEFORE = "the place looks as it did before it changed last"
_SAME_PLACE = 0.35
"""Intersection over union with which two changes are at the same place."""
_UNCLEAR = 0.1
"""Scores nearer to zero say nothing."""
_BESIDE = np.ones((9, 9), dtype=np.uint8)
_PART = 0.5
"""A rest is smaller than so much of what it is a rest of."""
_TOGETHER_S = 1.3
"""Parts of one thing are touched at once; two things by one hand one after the other."""
_ONE_HAND_S = 2.6
"""What goes from one slot within so short a time is one item, seen in pieces."""
_DEEPER = 0.06
"""So much darker is the next of its kind behind an item; one that was only turned is as bright as before."""
_SHADED = 0.2
"""What is darker by more is in another light."""
_ALIKE = 0.5
"""It looks as before when it is so much nearer to that than what had come between."""


@dataclass(frozen=True, slots=True)
class Stockcount:
    """How many items a shelf should hold, and how many of them are gone."""

    slots: int
    missing: int


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """An item that left its place or came to one."""

    number: int
    kind: Verdict
    slot: int | None
    """From 0, row by row; None where no slot is."""
    items: int
    box: Box
    t_contact: float
    """When a hand, or whatever covered the place, came to it, s."""
    t_clear: float
    """When the place was still again, s."""
    t: float
    """When it was decided, s."""
    track: int | None
    """Who was in contact; None where only an arm or nobody was seen."""
    confidence: float
    reasons: tuple[str, ...]
    undoes: int | None = None
    """For a return: the number of the taking that it ends."""
    restores: bool = False
    """The place looks as it did before it changed last."""


@dataclass(slots=True)
class _Entry:
    number: int
    kind: Verdict
    area: Mask
    before: Cells
    after: Cells
    track: int | None
    open: bool
    """A taking that nothing has ended yet."""
    items: int
    since: float
    """When it was touched, s."""
    slot: int | None


@dataclass(slots=True)
class Ledger:
    """The past of one shelf, bounded."""

    max_past: int
    least: Least = Least()
    _past: "deque[_Entry]" = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        self._past = deque(maxlen=self.max_past)

    @property
    def missing(self) -> int:
        """Items that were taken and are not back."""
        return sum(entry.items for entry in self._past if entry.open)

    def judge(
        self, area: Mask, after: Cells, looks: Looks, *, sharp: bool = False
    ) -> tuple[Verdict | None, float, str]:
        """What happened at a place, how sure that is, 0..1, and why; None: nothing that counts.

        ``sharp``: it is known that no shadow has such an edge.
        """
        last = self._last_at(area)
        strength = min(1.0, abs(looks.score) / 0.45)
        if last is not None:
            again: Verdict = "returned" if last.kind == "taken" else "taken"
            if _nearer_to_before(last, area, after):
                return again, 0.9, AS_BEFORE
            if last.kind == "taken" and looks.score < _UNCLEAR:
                return again, 0.6 + 0.3 * strength, "something stands where an item had been taken"
        if last is None and _DEEPER < looks.facts.get("depth", 0.0) < (1.0 if sharp else _SHADED) and _as_full(looks):
            return "taken", 0.55, "what stands there now is farther back"
        verdict: Verdict = "taken" if looks.score > 0 else "returned"
        of_kind = self.least.taken if verdict == "taken" else self.least.returned
        least = of_kind if "print" in looks.facts else self.least.thin
        if last is not None or (sharp and verdict == "taken"):
            least = _UNCLEAR
        if abs(looks.score) < least:
            return None, 0.0, "as much of an item before as after"
        return verdict, 0.5 + 0.45 * strength, "by outline, print and surroundings"

    def looks_undone(self, number: int, now: Cells) -> bool:
        """Whether the place of a change looks as before it rather than as after it."""
        entry = next((entry for entry in self._past if entry.number == number), None)
        if entry is None:
            return False
        return _nearer_to_before(entry, entry.area, now)

    def is_restored(self, area: Mask, now: Cells) -> bool:
        """Whether an area looks as before the last change there: neither light nor shadow brings back what was gone."""
        last = self._last_at(area)
        return last is not None and _nearer_to_before(last, area, now)

    def is_doubtful(self, area: Mask, looks: Looks, verdict: Verdict | None, *, left_again: bool) -> bool:
        """Whether it may be a hand that rests where nothing had changed yet.

        What came has an outline and a print of its own. From what was taken something went away again, or it had both,
        or what is seen now cannot be told from what lies around it, as a hand can.
        """
        outline, print_ = looks.facts["outline"], looks.facts.get("print")
        if verdict is None or self._last_at(area) is not None:
            return False
        if verdict == "returned":
            return outline > -_OWN or (print_ is not None and print_ > -_OWN)
        if outline >= _HAD and looks.facts.get("surroundings", 0.0) >= _BLENDS:
            return False
        return not left_again and (outline < _HAD or (print_ is not None and print_ < _HAD))

    def is_part(self, area: Mask, kind: Verdict, since: float, slot: int | None = None) -> bool:
        """Whether it is a rest of a change that has been told: a rim beside it, or another part of the same thing."""
        size = int(area.sum())
        for entry in self._past:
            beside = float((cv2.dilate(entry.area.astype(np.uint8), _BESIDE) > 0)[area].mean())
            rim = beside >= 0.5 and size < _PART * int(entry.area.sum()) and _overlap(entry.area, area) < _SAME_PLACE
            # In one slot stands one item: what goes beside what has gone was hidden when that was told.
            one = slot is not None and entry.slot == slot and (kind == "returned" or entry.open)
            gap_s = abs(since - entry.since)
            same = entry.kind == kind and (
                (beside >= 0.1 and (one or gap_s <= _TOGETHER_S)) or (one and gap_s <= _ONE_HAND_S)
            )
            if rim or (same and not (entry.area & area).sum() > 0.5 * size):
                return True
        return False

    def add(
        self,
        kind: Verdict,
        area: Mask,
        pictures: tuple[Cells, Cells],
        track: int | None,
        items: int,
        since: float,
        slot: int | None = None,
    ) -> int:
        """Write down a change; its number. ``pictures``: before and after."""
        self._count += 1
        self._past.append(_Entry(self._count, kind, area, *pictures, track, kind == "taken", items, since, slot))
        return self._count

    def undo(self, area: Mask, after: Cells, track: int | None) -> int | None:
        """End the taking that a return belongs to: of that place, of that look, of that person; its number."""
        open_ones = [entry for entry in self._past if entry.open]
        if not open_ones:
            return None
        ranked = sorted(open_ones, key=lambda entry: self._rank(entry, area, after, track))
        best = ranked[0]
        rank = self._rank(best, area, after, track)
        if rank[0] > 0 and rank[1] > 0 and rank[2] > _LOOKS_OTHER:
            return None
        best.open = False
        return best.number

    def _rank(self, entry: _Entry, area: Mask, after: Cells, track: int | None) -> tuple[int, int, float]:
        same_place = 0 if _overlap(entry.area, area) >= _SAME_PLACE else 1
        same_hand = 0 if entry.track is not None and entry.track == track else 1
        gap = np.abs(_colour(entry.before, entry.area) - _colour(after, area))
        return same_place, same_hand, float(gap.sum())

    def _last_at(self, area: Mask) -> _Entry | None:
        return next((entry for entry in reversed(self._past) if _overlap(entry.area, area) >= _SAME_PLACE), None)


_OWN, _HAD = 0.3, 0.2
"""So much more outline, and print, has a place to which an item came, or from which one went."""
_BLENDS = 0.8
"""So much less than before stands out what now shows nothing but what lies around it; 1 is not at all any more."""
_AS_FULL = 0.3
"""With a score less than that something with a print stands there before and after."""
_SAME_RIM, _SAME_PRINT = 0.1, 0.15
"""Of what has as much outline and print as before, something stands there before and after."""


def _as_full(looks: Looks) -> bool:
    if abs(looks.score) < _UNCLEAR or ("print" in looks.facts and 0.0 < looks.score < _AS_FULL):
        return True
    return abs(looks.facts["outline"]) < _SAME_RIM and abs(looks.facts.get("print", 1.0)) < _SAME_PRINT


_LOOKS_OTHER = 40.0
"""Grey levels of mean colour by which two things are not the same."""


def _nearer_to_before(entry: _Entry, area: Mask, now: Cells) -> bool:
    return distance(area, now, entry.before) < _ALIKE * distance(area, now, entry.after)


def _overlap(one: Mask, other: Mask) -> float:
    both = int((one & other).sum())
    return both / max(1, int((one | other).sum()))


def _colour(picture: Cells, area: Mask) -> Cells:
    return np.asarray(np.median(picture[area], axis=0), dtype=np.float32)

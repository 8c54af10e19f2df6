"""Watches one shelf: looks at it now and then, and says what was taken and put back. Makes no events."""

import math
from collections.abc import Iterable

import cv2
import numpy as np

from device.core.frame import Frame
from device.core.geometry import Box, Polygon, intersection
from device.core.motion import Motion
from device.core.shelf.apart import apart_from
from device.core.shelf.change import Blob, compare, is_shadow, is_sharp, part_of, places, share_in, thick
from device.core.shelf.contact import FromFirst, Whereabouts
from device.core.shelf.ledger import AS_BEFORE, Change, Ledger, Stockcount
from device.core.shelf.memory import Look, Memory
from device.core.shelf.reasons import VERB, facts_told, place_told, who_told
from device.core.shelf.settings import ShelfSettings
from device.core.shelf.slots import ITEM_OF_SLOT, Grid, Slots, grid_slots, proposed_slots
from device.core.shelf.traces import Traces
from device.core.shelf.view import Cells, Mask, View, make_view
from device.core.track import Track

_BEYOND_CELLS = 3
"""So many cells on the edge of the window, and it goes on beyond: an arm, somebody's back."""
_LEAST_INSIDE = 0.7
_MOVING_FRAC = 0.12  # with more of it moving, a place is not to be judged yet
_NEAR, _FAR = np.ones((5, 5), dtype=np.uint8), np.ones((9, 9), dtype=np.uint8)
_GOES_ON = 0.4
"""So much of what lies around a place must be in shadow for it to be a part of that."""
_GOES_BEYOND = 0.15
"""Or so much, in its own size, of what lies beside it and beyond the shelf."""
_SHADE_STILL_S = 30.0
"""What hangs together with something beyond the shelf only by shadow must have been still for so long."""
_IN_BOX = 0.3  # unless so much of it lies in the box of somebody who stands there
_BELOW_FRAC, _ON_BODY = 0.03, 0.5
_CONTACT_S = 1.5
"""Whose hand it was is asked of the first moments: who steps before it later did not take it."""
_USUAL_ITEM = 0.012  # of the area of the window, where no slots tell
_HAND_OF_ITEM, _HAND_STILL_S = 0.5, 2.0
"""A hand that is told from its arm by a wrist of the colour of the goods: its size, and how long it rests."""
_DOUBT_STILL_S, _LEFT_S = 15.0, 0.3
"""What may be a hand is believed only after so long; from something that was taken a hand goes away again."""
_JUMP_S = 5.0  # or ``absorb_s`` where somebody stood so lately: where two stand, the box of one jumps to the other
_TOUCHED_WHOLE = 0.25
"""So much of a place that takes in doubtful cells must have been touched."""
_APART_S = 1.3  # between two things that one hand takes
_HIDE_S = 1.2
"""A floor is believed to be hidden by somebody for so long after they were seen there,"""
_HIDE_OF_HEIGHT, _BESIDE_OF_HEIGHT = 0.08, 0.03
"""and so far around their box, in heights of it; a slot beside them that was emptied begins nearer."""
_EDGE_STILL_S = 4.0  # from then on, what goes on beyond the picture's own edge may be an item cut off by it


class ShelfWatch:
    """One shelf, from picture to picture."""

    def __init__(self, shelf: Polygon, grid: Grid | None, settings: ShelfSettings | None = None) -> None:
        """``grid`` None has the slots proposed from the picture."""
        self._shelf, self._grid, self._settings = shelf, grid, settings or ShelfSettings()
        self._whereabouts = Whereabouts(self._settings.memory_s)
        self._ledger = Ledger(self._settings.max_past, self._settings.least)
        self._view: View | None = None
        self._memory: Memory | None = None
        self._slots: Slots | None = None
        self._hidden: Mask | None = None
        self._now: Cells | None = None
        self._traces = Traces((0, 0))
        self._from_first = FromFirst(math.inf)
        self._t = self._busy_until = -np.inf

    @property
    def stock(self) -> Stockcount:
        """The state of the shelf."""
        return Stockcount(len(self._slots.areas) if self._slots else 0, self._ledger.missing)

    @property
    def last_look_t(self) -> float:
        """When the shelf was last looked at, s."""
        return self._t

    def is_undone(self, change: Change) -> bool:
        """Whether a place looks again as it did before a change: it was a shadow, or has been put right."""
        return self._now is not None and self._ledger.looks_undone(change.number, self._now)

    def observe(
        self, frame: Frame, tracks: tuple[Track, ...], t: float, motion: Motion | None = None
    ) -> tuple[Change, ...]:
        """What this picture shows to have happened.

        Without ``motion`` it looks as often as it may; with it, seldom while nothing moves near the shelf.
        """
        settings = self._settings
        if motion is None or self._stirs(motion, tracks):
            self._busy_until = t + settings.after_stir_s
        period_s = settings.period_s if t <= self._busy_until else settings.idle_period_s
        if t - self._t < period_s - 1e-6:
            return ()
        self._t = t
        return self._look(frame, tracks, t)

    def _stirs(self, motion: Motion, tracks: tuple[Track, ...]) -> bool:
        """Whether anything moves in the window."""
        if self._view is None or motion.scene_change:
            return True
        (x1, y1, x2, y2), (width, height) = self._view.window, self._view.size
        rows, columns = motion.mask.shape
        left, right = int(x1 / width * columns), int(x2 / width * columns) + 1
        if motion.mask[int(y1 / height * rows) : int(y2 / height * rows) + 1, left:right].any():
            return True
        window = (x1 / width, y1 / height, x2 / width, y2 / height)
        return any(track.moved and intersection(track.box, window) > 0.0 for track in tracks)

    def _look(self, frame: Frame, tracks: tuple[Track, ...], t: float) -> tuple[Change, ...]:
        self._whereabouts.note(tracks, t)
        if self._view is None or self._view.size != (frame.width, frame.height) or self._memory is None:
            self._begin(frame, t)
            return ()
        hidden = self._view.cells_of(self._whereabouts.since(t - _HIDE_S), _HIDE_OF_HEIGHT)
        self._hidden = hidden if self._settings.people_hide else None
        self._now = self._view.cut(frame)
        self._memory.doubt(self._view.cells_of(self._fronts(self._from_first.found(tracks, t)), 0.0))
        covered = self._view.cells_of(self._fronts(self._whereabouts.now), 0.0)
        look = self._memory.look(self._now, t, hidden, self._hidden, covered)
        if look is None or not look.changed.any():
            return ()
        return tuple(self._judge(look, self._view, self._memory))

    def _fronts(self, boxes: Iterable[Box]) -> list[Box]:
        """Those who stand between the shelf and the camera: their feet are below it; whoever is on a floor hides it."""
        lowest = -1.0 if self._settings.people_hide else max(y for _, y in self._shelf.points) + _BELOW_FRAC
        return [box for box in boxes if box[3] > lowest]

    def _begin(self, frame: Frame, t: float) -> None:
        settings = self._settings
        self._view = make_view(self._shelf, (frame.width, frame.height), settings.cells, settings.margin_frac)
        now = self._view.cut(frame)
        self._memory = Memory(now, t, settings)
        if self._grid is not None:
            self._slots = grid_slots(self._shelf, self._grid, self._view)
        elif settings.propose:
            self._slots = proposed_slots(now, self._view)
        self._traces, self._from_first = Traces(self._view.shape), FromFirst(t)

    def _judge(self, look: Look, view: View, memory: Memory) -> list[Change]:
        found: list[Change] = []
        moving = look.still_s < self._settings.settle_s
        most = min(1.0, self._settings.max_item_frac) * float(view.inside.sum())
        here, way = places(look.changed, look.raw, view.inside, most), np.zeros(view.shape, dtype=np.uint8)
        for blob in here:
            way[blob.area] |= self._in_the_way(blob, look, view)
        beside = cv2.dilate(way, _FAR) > 0
        people = view.cells_of(self._fronts(self._whereabouts.since(look.t - _HIDE_S)), _BESIDE_OF_HEIGHT)
        self._traces.reach(way > 0, look.t)
        for blob in here:
            if (
                bool(way[blob.area].all())
                or self._is_hand(blob, look, beside)
                or (not blob.whole and self._hangs_together(blob, look, view))
                or self._is_before(blob, view)
            ):
                self._traces.touch(blob.area, look.t)
                self._forget_what_left(blob, look, memory, people)
                parts = apart_from(blob, people, look, self._slots, view.inside) if way[blob.area].all() else []
            elif float(moving[blob.area].mean()) > _MOVING_FRAC:
                self._traces.touch(blob.area, look.t)
                parts = []
            else:
                parts = self._parts(blob, look)
            found += [change for part in parts if (change := self._settle(part, look, view, memory))]
        return found

    def _in_the_way(self, blob: Blob, look: Look, view: View) -> bool:
        """Whether it is somebody before the shelf rather than something on it."""
        if blob.inside_frac < _LEAST_INSIDE:
            return True
        if blob.border_cells < _BEYOND_CELLS:
            return False
        still = float(np.quantile(look.still_s[blob.area], 0.2)) >= _EDGE_STILL_S  # the window ends with the picture
        return not (still and view.at_picture_edge and blob.inside_frac > 0.8)

    def _is_hand(self, blob: Blob, look: Look, beside: Mask) -> bool:
        """Whether it may be the hand of an arm that reaches in: smaller than an item, and not there for long yet."""
        usual = max(_USUAL_ITEM * look.changed.size, self._slots.typical_cells if self._slots else 0.0)
        return (
            blob.cells < _HAND_OF_ITEM * usual
            and bool(beside[blob.area].any())
            and float(np.median(look.still_s[blob.area])) < _HAND_STILL_S
        )

    def _hangs_together(self, blob: Blob, look: Look, view: View) -> bool:
        """Whether it goes on as cells that might be in shadow: of somebody in grey before grey only parts differ."""
        area = blob.area.astype(np.uint8)
        # The rim of a thing is half in the light of what lies beside it: what tells is a little farther out.
        ring = (cv2.dilate(area, _FAR) > 0) & (cv2.dilate(area, _NEAR) == 0)
        shade = look.raw & ~look.changed
        around = ring.any() and float(shade[ring].mean()) >= _GOES_ON
        below = int((shade & ~view.inside & (cv2.dilate(area, _FAR) > 0)).sum()) >= _GOES_BEYOND * blob.cells
        if not around and not below:
            return False
        if float(np.quantile(look.still_s[blob.area], 0.2)) < _SHADE_STILL_S:
            return True
        return any(share_in(blob, view.box_of(box)) > _IN_BOX for box in self._whereabouts.now)

    def _is_before(self, blob: Blob, view: View) -> bool:
        """Whether it lies on somebody who stands between the shelf and the camera: their feet are below the shelf."""
        hidden = self._hidden is not None and bool(self._hidden[blob.area].any())
        return hidden or self._is_on(blob, self._whereabouts.now, view)

    def _is_on(self, blob: Blob, people: Iterable[Box], view: View) -> bool:
        return any(share_in(blob, view.box_of(box)) > _ON_BODY for box in self._fronts(people))

    def _forget_what_left(self, blob: Blob, look: Look, memory: Memory, people: Mask) -> None:
        """Who stood there in the first picture has gone; or what has stood still for long is nobody that is known."""
        gone = (look.still_s >= self._settings.settle_s) & memory.unproven
        old = blob.area & (gone | (look.lasts(self._settings.absorb_s) & ~people))
        memory.accept(old, look)

    def _parts(self, blob: Blob, look: Look) -> list[Blob]:
        """What was touched at different times in different slots are two things, though they hang together."""
        if self._slots is None or not self._slots.areas:
            return [blob]
        slots = [number for number, share in self._slots.covered(blob.area) if share >= ITEM_OF_SLOT]
        if len(slots) < 2:
            return [blob]
        parts = [part_of(blob, self._slots.areas[number]) for number in slots]
        since = [look.since(part.area) for part in parts]
        return parts if max(since) - min(since) > _APART_S else [blob]

    def _settle(self, blob: Blob, look: Look, view: View, memory: Memory) -> Change | None:
        """Judge a place that has been left alone."""
        slots = self._slots
        least = self._settings.min_item_frac * float(view.inside.sum())
        if slots is not None and slots.cells:
            least = max(least, self._settings.min_slot_frac * min(slots.typical_cells, 0.1 * view.inside.sum()))
        most = self._settings.max_item_frac * float(view.inside.sum())
        if not least <= blob.cells <= most or not thick(blob, 2):
            self._absorb_old(blob.area, look, memory)
            return None
        since = look.since(blob.area)
        touched = self._traces.touched_frac(blob.area, since) >= (_TOUCHED_WHOLE if blob.whole else 0.5)
        if float(memory.unproven[blob.area].mean()) > 0.5:
            memory.accept(blob.area, look)
            return None
        sharp = blob.whole and is_sharp(blob, look.expected, look.now)
        shadow = not sharp and is_shadow(blob, look.expected, look.now)
        if not touched or (shadow and not self._ledger.is_restored(blob.area, look.now)):
            self._absorb_old(blob.area, look, memory)
            return None
        return self._decide(blob, look, view, memory, since, sharp=sharp)

    def _absorb_old(self, area: Mask, look: Look, memory: Memory) -> None:
        memory.accept(area & (look.t - look.disturbed_since >= self._settings.absorb_s), look)

    def _decide(
        self, blob: Blob, look: Look, view: View, memory: Memory, since: float, *, sharp: bool
    ) -> Change | None:
        looks = compare(blob, look.expected, look.now, look.changed)
        verdict, confidence, why = self._ledger.judge(blob.area, look.now, looks, sharp=sharp)
        rested_s = float(np.median(look.still_s[blob.area]))
        left = look.t - rested_s - since > _LEFT_S or self._settings.people_hide
        doubtful = not sharp and self._ledger.is_doubtful(blob.area, looks, verdict, left_again=left)
        jumped = self._is_on(blob, self._whereabouts.since(look.t - _JUMP_S), view)
        if doubtful and rested_s < (self._settings.absorb_s if jumped else _DOUBT_STILL_S):
            self._traces.touch(blob.area, look.t)  # perhaps a hand that rests there: it is looked at again
            return None
        box = view.fractions(*blob.rect)
        clear = max(since, look.t - rested_s)
        contact = self._whereabouts.first_at(box, since - 0.3, clear, 0.3 + _CONTACT_S)
        moved, seen = look.moved(blob.area), not self._settings.people_hide
        if why != AS_BEFORE and self._traces.is_light(blob.area, look.changed, since, moved, hands_seen=seen):
            self._absorb_old(blob.area, look, memory)
            return None
        memory.accept(blob.area, look)
        slot, items = self._slots.held_by(blob.area) if self._slots else (None, 1)
        if verdict is None or self._ledger.is_part(blob.area, verdict, since, slot):
            return None
        who = contact.track if contact else None
        undoes = self._ledger.undo(blob.area, look.now, who) if verdict == "returned" else None
        number = self._ledger.add(verdict, blob.area, (look.expected, look.now), who, items, since, slot)
        return Change(
            number=number,
            kind=verdict,
            slot=slot,
            items=items,
            box=box,
            t_contact=since,
            t_clear=clear,
            t=look.t,
            track=who,
            confidence=round(confidence, 4),
            reasons=(
                place_told(box, slot, since, clear),
                f"{VERB[verdict]} {why} ({facts_told(looks.facts)})",
                who_told(contact),
            ),
            undoes=undoes,
            restores=why == AS_BEFORE,
        )

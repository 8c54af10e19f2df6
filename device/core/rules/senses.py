"""What looks at pictures for the rules: live, noted for the track log, or played back from it. Judges nothing."""

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from numpy import uint8
from numpy.typing import NDArray

from device.core.frame import Frame
from device.core.geometry import Polygon
from device.core.motion import Motion
from device.core.shelf.ledger import Change, Stockcount
from device.core.shelf.settings import ShelfSettings
from device.core.shelf.slots import Grid
from device.core.shelf.watch import ShelfWatch
from device.core.tamper.eye import Eye, Sight
from device.core.track import Track

Role = Literal["shelf", "floor"]
"""What a watch is for: a shelf, or a floor on which something may be left or from which something may go."""
Corners = Sequence[tuple[float, float]]
FOLLOWED_S: Final = 600.0
"""So long it is noted whether the place of a change looks again as before it."""
MAX_FOLLOWED: Final = 32


class Watch(Protocol):
    """Looks at a shelf or a floor."""

    @property
    def stock(self) -> Stockcount:
        """How full it is."""

    def observe(
        self, frame: Frame, tracks: tuple[Track, ...], t: float, motion: Motion | None = None
    ) -> tuple[Change, ...]:
        """What this picture shows to have happened."""

    def is_undone(self, change: Change) -> bool:
        """Whether a place looks again as it did before a change."""


class Looker(Protocol):
    """Compares pictures with what a camera usually sees."""

    def look(self, i420: NDArray[uint8], t: float) -> Sight | None:
        """The same answer for the same t, None between two looks."""


class Senses(Protocol):
    """Makes what looks at the pictures of one camera."""

    def watch(
        self, role: Role, area: Polygon, grid: Grid | None = None, settings: ShelfSettings | None = None
    ) -> Watch:
        """One for a shelf or a floor."""

    def eye(self, masks: Sequence[Corners]) -> Looker:
        """One for the camera itself."""


def watch_key(role: Role, area: Polygon, grid: Grid | None = None) -> str:
    """A name that is another one as soon as a place is drawn otherwise."""
    return f"{role}-{_mark(area.points, grid)}"


def eye_key(masks: Sequence[Corners]) -> str:
    """The same for the whole picture, without what is blackened."""
    return f"eye-{_mark(tuple(tuple(map(tuple, mask)) for mask in masks))}"


def hands_key(area: Polygon) -> str:
    """The same for looks at hands near goods."""
    return f"hands-{_mark(area.points)}"


def label_key(label: str) -> str:
    """The same for a class that the detector looks for."""
    return f"label-{label}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one picture for the rules, besides tracks; by key."""

    watched: frozenset[str] = frozenset()
    """All that was looked at so far in this run."""
    sight: Sight | None = None
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    stocks: Mapping[str, Stockcount] = field(default_factory=dict)
    """Those that are others than before."""
    undone: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    """By the number of the change; those that are others than before."""

    @property
    def news(self) -> bool:
        """Whether there is anything in it."""
        return self.sight is not None or bool(self.changes or self.stocks or self.undone)


class LiveSenses:
    """Looks, and notes nothing."""

    def watch(
        self, role: Role, area: Polygon, grid: Grid | None = None, settings: ShelfSettings | None = None
    ) -> Watch:
        """A watch over pictures."""
        del role
        return ShelfWatch(area, grid, settings)

    def eye(self, masks: Sequence[Corners]) -> Looker:
        """An eye on pictures."""
        return Eye(masks)


LIVE: Final = LiveSenses()


class NotedSenses:
    """Looks as the live ones do, and keeps what they saw in one picture until it is taken."""

    def __init__(self, watched: Sequence[str] = ()) -> None:
        """``watched``: keys of what others look at for the same rules."""
        self._watched = frozenset(watched)
        self._sight: Sight | None = None
        self._changes: dict[str, tuple[Change, ...]] = {}
        self._stocks: dict[str, Stockcount] = {}
        self._undone: dict[str, dict[int, bool]] = {}

    def watch(
        self, role: Role, area: Polygon, grid: Grid | None = None, settings: ShelfSettings | None = None
    ) -> Watch:
        """A watch over pictures."""
        return _NotedWatch(ShelfWatch(area, grid, settings), watch_key(role, area, grid), self, follows=role == "floor")

    def eye(self, masks: Sequence[Corners]) -> Looker:
        """An eye on pictures."""
        return _NotedEye(Eye(masks), eye_key(masks), self)

    def take(self) -> Seen:
        """What was seen since it was last taken."""
        seen = Seen(self._watched, self._sight, self._changes, self._stocks, self._undone)
        if seen.news:
            self._sight, self._changes, self._stocks, self._undone = None, {}, {}, {}
        return seen

    def note_watched(self, key: str) -> None:
        """Something is looked at."""
        if key not in self._watched:
            self._watched |= {key}

    def note_sight(self, sight: Sight) -> None:
        """The eye has looked."""
        self._sight = sight

    def note_changes(self, key: str, changes: tuple[Change, ...]) -> None:
        """A watch has found something. Of two over the same place both find the same."""
        self._changes[key] = changes

    def note_stock(self, key: str, stock: Stockcount) -> None:
        """A shelf is as full as that."""
        self._stocks[key] = stock

    def note_undone(self, key: str, number: int, *, undone: bool) -> None:
        """The place of a change looks as before it, or does not any more."""
        self._undone.setdefault(key, {})[number] = undone


class _NotedWatch:
    def __init__(self, watch: ShelfWatch, key: str, notes: NotedSenses, *, follows: bool) -> None:
        self._watch, self._key, self._notes, self._follows = watch, key, notes, follows
        self._stock = Stockcount(0, 0)
        self._followed: deque[tuple[Change, bool]] = deque(maxlen=MAX_FOLLOWED)

    @property
    def stock(self) -> Stockcount:
        return self._watch.stock

    def observe(
        self, frame: Frame, tracks: tuple[Track, ...], t: float, motion: Motion | None = None
    ) -> tuple[Change, ...]:
        changes = self._watch.observe(frame, tracks, t, motion)
        if self._watch.last_look_t == t:
            self._note(changes, t)
        return changes

    def is_undone(self, change: Change) -> bool:
        return self._watch.is_undone(change)

    def _note(self, changes: tuple[Change, ...], t: float) -> None:
        self._notes.note_watched(self._key)
        if changes:
            self._notes.note_changes(self._key, changes)
        if (stock := self._watch.stock) != self._stock:
            self._stock = stock
            self._notes.note_stock(self._key, stock)
        if self._follows:
            self._follow(changes, t)

    def _follow(self, changes: tuple[Change, ...], t: float) -> None:
        self._followed.extend((change, False) for change in changes)
        for at, (change, before) in enumerate(self._followed):
            if t - change.t <= FOLLOWED_S and (now := self._watch.is_undone(change)) != before:
                self._followed[at] = change, now
                self._notes.note_undone(self._key, change.number, undone=now)


class _NotedEye:
    def __init__(self, eye: Eye, key: str, notes: NotedSenses) -> None:
        self._eye, self._key, self._notes = eye, key, notes

    def look(self, i420: NDArray[uint8], t: float) -> Sight | None:
        sight = self._eye.look(i420, t)
        if sight is not None:
            self._notes.note_watched(self._key)
            self._notes.note_sight(sight)
        return sight


class PastSenses:
    """Sees again what was noted; looks at no picture."""

    def __init__(self) -> None:
        self._now = Seen()
        self._stocks: dict[str, Stockcount] = {}
        self._undone: dict[tuple[str, int], bool] = {}

    def show(self, seen: Seen) -> None:
        """Go on to the next picture."""
        self._now = seen
        self._stocks.update(seen.stocks)
        for key, places in seen.undone.items():
            self._undone.update({(key, number): undone for number, undone in places.items()})

    def watch(
        self, role: Role, area: Polygon, grid: Grid | None = None, settings: ShelfSettings | None = None
    ) -> Watch:
        """A watch over the past."""
        del settings
        return _PastWatch(watch_key(role, area, grid), self)

    def eye(self, masks: Sequence[Corners]) -> Looker:
        """An eye on the past."""
        del masks
        return _PastEye(self)

    @property
    def sight(self) -> Sight | None:
        """The camera's."""
        return self._now.sight

    def changes(self, key: str) -> tuple[Change, ...]:
        """Of a place."""
        return self._now.changes.get(key, ())

    def stock(self, key: str) -> Stockcount:
        """Of a shelf."""
        return self._stocks.get(key, Stockcount(0, 0))

    def is_undone(self, key: str, number: int) -> bool:
        """Of the place of a change."""
        return self._undone.get((key, number), False)


class _PastWatch:
    def __init__(self, key: str, past: PastSenses) -> None:
        self._key, self._past = key, past

    @property
    def stock(self) -> Stockcount:
        return self._past.stock(self._key)

    def observe(
        self, frame: Frame, tracks: tuple[Track, ...], t: float, motion: Motion | None = None
    ) -> tuple[Change, ...]:
        del frame, tracks, t, motion
        return self._past.changes(self._key)

    def is_undone(self, change: Change) -> bool:
        return self._past.is_undone(self._key, change.number)


class _PastEye:
    def __init__(self, past: PastSenses) -> None:
        self._past = past

    def look(self, i420: NDArray[uint8], t: float) -> Sight | None:
        del i420, t
        return self._past.sight


def _mark(*drawn: object) -> str:
    return hashlib.sha256(repr(drawn).encode()).hexdigest()[:12]

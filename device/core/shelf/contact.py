"""Who was where in the last seconds, and so who was at a place. Follows nobody itself."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from device.core.geometry import Box, box_area, intersection
from device.core.track import Track

REACH_OF_HEIGHT = 0.3
"""How far from its box a hand reaches, in heights of the box: detectors leave stretched arms out."""

_AT_FIRST_S, _FIRST_S = 1.0, 10.0
"""Who is found so soon has stood there in the first picture; it takes the tracker at most so long to believe it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who was at a place."""

    track: int
    frac: float
    """Share of the moments in which they could reach it."""
    nearness: float
    """0 at arm's length to 1 over the place, mean over those moments."""


class Whereabouts:
    """Boxes of people for a while."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._moments: deque[tuple[float, tuple[tuple[int, Box], ...]]] = deque()

    @property
    def now(self) -> tuple[Box, ...]:
        """The boxes of the last moment."""
        return tuple(box for _, box in self._moments[-1][1]) if self._moments else ()

    def since(self, t: float) -> tuple[Box, ...]:
        """The boxes of all moments from a time on."""
        return tuple(box for at, people in self._moments if at >= t for _, box in people)

    def note(self, tracks: Iterable[Track], t: float) -> None:
        """Remember this moment."""
        people = tuple((track.id, track.box) for track in tracks if track.label == "person" and track.confirmed)
        self._moments.append((t, people))
        while self._moments[0][0] < t - self._memory_s:
            self._moments.popleft()

    def first_at(self, place: Box, since: float, until: float, first_s: float) -> Contact | None:
        """Who was most at a place in its first moments; where nobody was, or they are forgotten, until it was clear."""
        return self.at(place, since, min(until, since + first_s)) or self.at(place, since, until)

    def at(self, place: Box, since: float, until: float) -> Contact | None:
        """Who was most at a place between two times; None: nobody whose hand could reach it."""
        moments = [people for t, people in self._moments if since <= t <= until]
        if not moments:
            return None
        nearness: dict[int, list[float]] = {}
        for people in moments:
            for id_, box in people:
                near = _near(place, box)
                if near > 0.0:
                    nearness.setdefault(id_, []).append(near)
        contacts = [
            Contact(id_, len(values) / len(moments), sum(values) / len(values)) for id_, values in nearness.items()
        ]
        return max(contacts, key=lambda contact: (contact.frac * (0.5 + contact.nearness), contact.track), default=None)


class FromFirst:
    """Who stood there in the first picture, which the tracker only finds out later."""

    def __init__(self, t_begun: float) -> None:
        """``t_begun``: time of the first picture, s."""
        self._t_begun = t_begun
        self._known: set[int] = set()

    def found(self, tracks: Iterable[Track], t: float) -> tuple[Box, ...]:
        """The boxes of those who are believed for the first time now, and have been there from the first."""
        if t > self._t_begun + _FIRST_S:
            return ()
        new = [it for it in tracks if it.label == "person" and it.confirmed and it.id not in self._known]
        self._known.update(track.id for track in new)
        return tuple(track.box for track in new if track.t_first <= self._t_begun + _AT_FIRST_S)


def _near(place: Box, box: Box) -> float:
    reach = REACH_OF_HEIGHT * (box[3] - box[1])
    wide = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
    area = max(box_area(place), 1e-9)
    far = intersection(place, wide) / area
    return 0.0 if far <= 0.0 else 0.5 * far + 0.5 * intersection(place, box) / area

"""Whom to look at more closely, and how often. Looks at no picture."""

from dataclasses import dataclass

from device.core.geometry import Box, Polygon, intersection
from device.core.track import Track

MIN_HEIGHT = 0.3
"""Of a person's box, fractions of the picture: of smaller ones the hands are not to be made out."""
REACH = 0.15
"""Widths of their box, so far beyond it somebody may reach."""


@dataclass(frozen=True, slots=True)
class AttentionSettings:
    """A second look costs as much as the first, so few people get it."""

    max_per_s: float = 5.0
    """Looks a second at one person; 2.5 tell nearly as much."""
    max_people: int = 2
    """At once: those who stand largest in the picture."""


class Attention:
    """Chooses people who stand where goods are within reach."""

    def __init__(self, places: tuple[Polygon, ...], settings: AttentionSettings | None = None) -> None:
        """``places``: where goods lie."""
        self._places = places
        self._settings = settings or AttentionSettings()
        self._looked_t: dict[int, float] = {}

    def due(self, tracks: tuple[Track, ...], t: float) -> tuple[Track, ...]:
        """Who is to be looked at now: people who were detected in this very picture, so that the box is true."""
        self._looked_t = {track.id: self._looked_t[track.id] for track in tracks if track.id in self._looked_t}
        gap_s = 1.0 / self._settings.max_per_s
        people = (track for track in tracks if track.seen and track.label == "person")
        near = [track for track in people if any(is_near(track.box, place) for place in self._places)]
        largest = sorted(near, key=lambda track: track.box[1] - track.box[3])[: self._settings.max_people]
        # A picture that comes a little before its time is the one meant: cameras' own clocks jitter.
        due = [track for track in largest if t - self._looked_t.get(track.id, float("-inf")) >= 0.9 * gap_s]
        self._looked_t.update((track.id, t) for track in due)
        return tuple(due)


def is_near(person: Box, goods: Polygon) -> bool:
    """Whether somebody is large enough in the picture to be looked at, and could reach the goods."""
    x1, y1, x2, y2 = person
    beyond = REACH * (x2 - x1)
    xs, ys = [x for x, _ in goods.points], [y for _, y in goods.points]
    around = (min(xs), min(ys), max(xs), max(ys))
    return y2 - y1 >= MIN_HEIGHT and intersection((x1 - beyond, y1, x2 + beyond, y2), around) > 0.0

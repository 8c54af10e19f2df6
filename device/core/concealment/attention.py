"""Whom to look at more closely, and how often. Looks at no picture."""

from dataclasses import dataclass

from device.core.geometry import Box, Polygon, intersection
from device.core.track import Track


@dataclass(frozen=True, slots=True)
class AttentionSettings:
    """A second look costs as much as the first, so few people get it."""

    max_per_s: float = 5.0
    """Looks a second at one person; 2.5 tell nearly as much."""
    max_people: int = 2
    """At once: those who stand largest in the picture."""
    min_height: float = 0.3
    """Of the person's box, fractions of the picture: of smaller ones the hands are not to be made out."""
    reach: float = 0.15
    """Widths of their box, so far beyond it somebody may reach."""


class Attention:
    """Chooses people who stand where goods are within reach."""

    def __init__(self, places: tuple[Polygon, ...], settings: AttentionSettings | None = None) -> None:
        """``places``: where goods lie."""
        self._places = tuple(_bounds(place) for place in places)
        self._settings = settings or AttentionSettings()
        self._looked_t: dict[int, float] = {}

    def due(self, tracks: tuple[Track, ...], t: float) -> tuple[Track, ...]:
        """Who is to be looked at now: people who were detected in this very picture, so that the box is true."""
        self._looked_t = {track.id: self._looked_t[track.id] for track in tracks if track.id in self._looked_t}
        gap_s = 1.0 / self._settings.max_per_s
        near = [track for track in tracks if track.seen and track.label == "person" and self._is_near(track.box)]
        largest = sorted(near, key=lambda track: track.box[1] - track.box[3])[: self._settings.max_people]
        # A picture that comes a little before its time is the one meant: cameras' own clocks jitter.
        due = [track for track in largest if t - self._looked_t.get(track.id, float("-inf")) >= 0.9 * gap_s]
        self._looked_t.update((track.id, t) for track in due)
        return tuple(due)

    def _is_near(self, box: Box) -> bool:
        x1, y1, x2, y2 = box
        beyond = self._settings.reach * (x2 - x1)
        tall = y2 - y1 >= self._settings.min_height
        return tall and any(intersection((x1 - beyond, y1, x2 + beyond, y2), place) > 0.0 for place in self._places)


def _bounds(place: Polygon) -> Box:
    xs, ys = [x for x, _ in place.points], [y for _, y in place.points]
    return (min(xs), min(ys), max(xs), max(ys))

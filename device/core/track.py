"""One thing followed over time, as the stages after the tracker see it. Does not know how tracks are made."""

from dataclasses import dataclass, replace

from device.core.geometry import Box, Point

EDGE_FRAC = 1e-4
"""Zones reach to the edge of the picture, and a foot on that edge is meant to be inside them."""
PLACES, SCORE_PLACES = 5, 4
"""Decimals of boxes and scores that the rules are shown: as many as the track log keeps."""


@dataclass(frozen=True, slots=True)
class Track:
    """What is known of one thing now."""

    id: int
    """From 1, never used again in a run."""
    label: str
    box: Box
    """x1, y1, x2, y2 in fractions of the picture: where ``seen``, the detected box drawn towards the filtered one
    (``TrackerSettings.smoothing``); else the expected one."""
    score: float
    """Of the last detection, 0..1."""
    confirmed: bool
    """Seen often enough to be believed."""
    moved: bool
    """Has been seen to move or to come into the picture; False is perhaps a part of the scenery."""
    seen: bool
    """Detected in this very update."""
    t_first: float
    """Time of the first detection, s."""
    t_seen: float
    """Time of the last detection, s."""
    velocity: Point = (0.0, 0.0)
    """Of the foot point, fractions of the picture per second."""

    @property
    def foot(self) -> Point:
        """Where it stands: the middle of the lower edge, just inside the picture where the box is cut off by it."""
        x1, _, x2, y2 = self.box
        return (min(max((x1 + x2) / 2, EDGE_FRAC), 1 - EDGE_FRAC), min(max(y2, EDGE_FRAC), 1 - EDGE_FRAC))

    @property
    def believed(self) -> bool:
        """A thing to act on: confirmed, and not perhaps scenery."""
        return self.confirmed and self.moved


def rounded(track: Track) -> Track:
    """As the rules and the track log see it, so that rules can be tried again on just what they saw."""
    x1, y1, x2, y2 = track.box
    box = (round(x1, PLACES), round(y1, PLACES), round(x2, PLACES), round(y2, PLACES))
    return replace(track, box=box, score=round(track.score, SCORE_PLACES))

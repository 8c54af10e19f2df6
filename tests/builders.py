"""Values for tests, each right as it stands and changed only where a test cares."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from device.core.event import Draft, RuleRef
from device.core.geometry import Point
from device.core.motion import Motion
from device.core.rules.scene import RuleSettings, Scene
from device.core.track import Track

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
"""A zone in the middle of the picture."""
INSIDE, OUTSIDE = (0.5, 0.5), (0.05, 0.5)
"""A foot in that zone, and one beside it."""


def make_track(id_: int = 1, foot: Point = INSIDE, *, height: float = 0.2, **changes: Any) -> Track:
    """A person that the detector has just seen standing at ``foot``, confirmed and known to walk."""
    x, y = foot
    values: dict[str, Any] = {
        "id": id_, "label": "person", "box": (x - height / 4, y - height, x + height / 4, y), "score": 0.8,
        "confirmed": True, "moved": True, "seen": True, "t_first": 0.0, "t_seen": 0.0,
    }  # fmt: skip
    return Track(**{**values, **changes})


def make_motion(*, open: bool = True) -> Motion:
    """What the gate says; the rules of today only hand it on."""
    return Motion(open=open, area_frac=0.01 if open else 0.0, mask=np.zeros((4, 4), dtype=np.bool_), scene_change=False)


def make_scene(t: float, *tracks: Track, looked: bool = True) -> Scene:
    """One moment; where nobody looked no track is seen in it."""
    if not looked and any(track.seen for track in tracks):
        raise ValueError("a track cannot be seen where nobody looked")
    return Scene(t=t, tracks=tracks, motion=make_motion(), looked=looked)


def make_settings(**changes: Any) -> RuleSettings:
    """A rule about people in the zone ``yard`` that takes them at once."""
    values: dict[str, Any] = {
        "name": "rule", "kind": "person_in_zone", "labels": frozenset({"person"}), "zone": "yard",
        "after_s": 0.0, "cooldown_s": 5.0, "min_confidence": 0.4,
    }  # fmt: skip
    return RuleSettings(**{**values, **changes})


def make_draft(**changes: Any) -> Draft:
    """What a rule might say."""
    values: dict[str, Any] = {
        "kind": "person_in_zone", "state": "start", "happening": "rule/1", "t_start": 1.0, "t_end": None,
        "t_emitted": 1.5, "confidence": 0.8, "zone": "yard", "rule": RuleRef("rule", 1), "reasons": ("seen",),
    }  # fmt: skip
    return Draft(**{**values, **changes})


def states(drafts: Iterable[Draft]) -> list[str]:
    """The states of some messages, in order."""
    return [draft.state for draft in drafts]

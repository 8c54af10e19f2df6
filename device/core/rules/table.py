"""Which kinds of rule there are, and what each takes where the owner says nothing. Builds no rule."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from device.core.event import ARMED_STATES, ArmedState, Kind, Priority

INTRUSION: Final[tuple[ArmedState, ...]] = ("away", "night")
ALWAYS: Final[tuple[ArmedState, ...]] = ARMED_STATES
WHILE_ARMED: Final[tuple[ArmedState, ...]] = ("home", "away", "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDefaults:
    """One kind of rule."""

    place: Literal["zone", "line", "shelf", "goods", "picture"]
    """What it watches; ``goods`` is a shelf, or a zone where goods lie, ``picture`` the camera itself."""
    place_needed: bool
    after_s: float
    cooldown_s: float
    min_confidence: float
    armed_in: tuple[ArmedState, ...]
    """States in which it is an alarm: theft and tamper always, intrusion when nobody should be there."""
    count: int | None = None
    """How many items or people it takes; None where that is no question."""
    labels: tuple[str, ...] = ("person",)
    """Classes that it is about."""
    most: Priority = "alarm"
    """What it may be worth at most, whatever the owner says."""


KIND_DEFAULTS: Final = MappingProxyType[Kind, KindDefaults](
    {
        "person_in_zone": KindDefaults(
            place="zone", place_needed=True, after_s=0.0, cooldown_s=0.0, min_confidence=0.4, armed_in=INTRUSION
        ),
        "line_crossed": KindDefaults(
            place="line", place_needed=True, after_s=0.0, cooldown_s=2.0, min_confidence=0.4, armed_in=INTRUSION
        ),
        "loitering": KindDefaults(
            place="zone", place_needed=False, after_s=30.0, cooldown_s=30.0, min_confidence=0.4, armed_in=INTRUSION
        ),
        "after_hours": KindDefaults(
            place="zone", place_needed=False, after_s=2.0, cooldown_s=10.0, min_confidence=0.4, armed_in=INTRUSION
        ),
        "crowding": KindDefaults(
            place="zone",
            place_needed=False,
            after_s=5.0,
            cooldown_s=30.0,
            min_confidence=0.4,
            armed_in=ALWAYS,
            count=5,
        ),
        "vehicle_in_zone": KindDefaults(
            place="zone",
            place_needed=True,
            after_s=0.0,
            cooldown_s=0.0,
            min_confidence=0.4,
            armed_in=INTRUSION,
            labels=("car", "truck", "bus", "motorcycle"),
        ),
        "item_taken": KindDefaults(
            place="shelf", place_needed=True, after_s=0.0, cooldown_s=0.0, min_confidence=0.5, armed_in=ALWAYS
        ),
        "item_returned": KindDefaults(
            place="shelf", place_needed=True, after_s=0.0, cooldown_s=0.0, min_confidence=0.5, armed_in=ALWAYS
        ),
        "shelf_swept": KindDefaults(
            place="shelf",
            place_needed=True,
            after_s=10.0,
            cooldown_s=30.0,
            min_confidence=0.5,
            armed_in=ALWAYS,
            count=3,
        ),
        "shelf_low": KindDefaults(
            place="shelf", place_needed=True, after_s=0.0, cooldown_s=0.0, min_confidence=0.5, armed_in=ALWAYS
        ),
        "object_left": KindDefaults(
            place="zone", place_needed=False, after_s=8.0, cooldown_s=0.0, min_confidence=0.5, armed_in=ALWAYS
        ),
        "object_removed": KindDefaults(
            place="zone", place_needed=False, after_s=3.0, cooldown_s=0.0, min_confidence=0.6, armed_in=ALWAYS
        ),
        "concealment": KindDefaults(
            place="goods",
            place_needed=True,
            after_s=0.0,
            cooldown_s=0.0,
            min_confidence=0.7,
            armed_in=ALWAYS,
            most="notice",
        ),
        "unpaid_exit": KindDefaults(
            place="line", place_needed=True, after_s=4.0, cooldown_s=2.0, min_confidence=0.6, armed_in=ALWAYS
        ),
        "tamper_covered": KindDefaults(
            place="picture",
            place_needed=False,
            after_s=3.0,
            cooldown_s=0.0,
            min_confidence=0.5,
            armed_in=ALWAYS,
            labels=(),
        ),
        "tamper_moved": KindDefaults(
            place="picture",
            place_needed=False,
            after_s=3.0,
            cooldown_s=0.0,
            min_confidence=0.5,
            armed_in=ALWAYS,
            labels=(),
        ),
        "tamper_defocused": KindDefaults(
            place="picture",
            place_needed=False,
            after_s=5.0,
            cooldown_s=0.0,
            min_confidence=0.5,
            armed_in=ALWAYS,
            labels=(),
        ),
        "tamper_dark": KindDefaults(
            place="picture",
            place_needed=False,
            after_s=3.0,
            cooldown_s=0.0,
            min_confidence=0.5,
            armed_in=WHILE_ARMED,
            labels=(),
        ),
    }
)

"""The event, version 1: what happened, as every sink and every reader outside gets it. Does not decide anything."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, get_args

from device.core.geometry import Box

VERSION: Final = 1

Kind = Literal[
    "person_in_zone", "line_crossed", "loitering", "after_hours", "crowding", "vehicle_in_zone",
    "item_taken", "item_returned", "shelf_swept", "shelf_low", "unpaid_exit", "concealment",
    "object_left", "object_removed",
    "tamper_covered", "tamper_moved", "tamper_defocused", "tamper_frozen", "tamper_dark", "camera_lost",
    "input", "armed", "disarmed", "panic", "health",
]  # fmt: skip
Priority = Literal["info", "notice", "warning", "alarm"]
State = Literal["start", "update", "end"]
ArmedState = Literal["disarmed", "home", "away", "night"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)
STATES: Final[tuple[State, ...]] = get_args(State)
ARMED_STATES: Final[tuple[ArmedState, ...]] = get_args(ArmedState)


@dataclass(frozen=True, slots=True)
class EventObject:
    """A thing that took part, as it was seen at that moment."""

    track: int
    label: str
    score: float
    """0..1."""
    box: Box
    """x1, y1, x2, y2 in fractions of the picture."""


@dataclass(frozen=True, slots=True)
class RuleRef:
    """The rule that spoke, and in which version."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Names of the files that show it, relative to the state directory."""

    clip: str | None = None
    stills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the device's chain of evidence stood, so that whoever keeps events is a witness of it."""

    n: int
    """Number of the last link; 0 before the first."""
    digest: str
    """Its SHA-256, 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event as a rule decides it, before arming, identity and labels of time."""

    kind: Kind
    state: State
    happening: str
    """What start, updates and end of one happening share; unique within a run."""
    t_start: float
    """When it began, s on the run's clock."""
    t_end: float | None
    """When it ended, s; None while it lasts."""
    t_emitted: float
    """When it was decided, s."""
    confidence: float
    """0..1."""
    zone: str | None
    """Id of the zone, line or shelf."""
    rule: RuleRef
    reasons: tuple[str, ...]
    """The facts that led to it, in order, for a person to read."""
    candidate: bool = False
    """Below its rule's threshold: worth ``info`` at most."""
    priority: Priority = "notice"
    """What it is worth when its rule is not armed; ``alarm`` comes from arming alone."""
    most: Priority = "alarm"
    """What it is worth at most, armed or not."""
    rises: bool = True
    """Whether it is worth more once the guard is armed later, and may wait for an entry delay."""
    objects: tuple[EventObject, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    """Happenings that this one follows from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One message about one happening."""

    id: str
    """UUIDv7 of this message."""
    event_id: str
    """UUIDv7 that start, updates and end of one happening share."""
    seq: int | None
    """Per device, rising; None until the store has committed the row."""
    device: str
    camera: str | None
    kind: Kind
    priority: Priority
    state: State
    t_start: float
    t_end: float | None
    t_emitted: float
    time: str
    """RFC 3339 with offset, of ``t_emitted``."""
    clock_synced: bool
    boot_id: str
    confidence: float
    zone: str | None
    objects: tuple[EventObject, ...]
    rule: RuleRef
    reasons: tuple[str, ...]
    data: Mapping[str, Any]
    links: tuple[str, ...]
    """``event_id`` of the happenings that this one follows from."""
    evidence: Evidence = Evidence()
    chain: ChainHead | None = None
    late: bool = False
    v: int = VERSION


def encode(event: Event) -> str:
    """One line of JSON, keys in the order of the contract."""
    document = asdict(event)
    ordered = {"v": document.pop("v"), **document}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode(text: str) -> Event:
    """Read what ``encode`` wrote, or a later writer of version 1; unknown fields are passed over.

    Raises:
        ValueError: no JSON object, another version, a field is missing or of the wrong kind.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("v") != VERSION:
        raise ValueError("not an event of version 1")
    known = {f.name for f in fields(Event)}
    values = {key: value for key, value in document.items() if key in known}
    try:
        if values["kind"] not in KINDS or values["priority"] not in PRIORITIES or values["state"] not in STATES:
            raise ValueError(f"unknown kind, priority or state: {values['kind']}")
        values["objects"] = tuple(_object(item) for item in values["objects"])
        values["rule"] = RuleRef(name=values["rule"]["name"], version=values["rule"]["version"])
        values["reasons"], values["links"] = tuple(values["reasons"]), tuple(values["links"])
        evidence = values.get("evidence", {})
        values["evidence"] = Evidence(clip=evidence.get("clip"), stills=tuple(evidence.get("stills", ())))
        head = values.get("chain")
        values["chain"] = None if head is None else ChainHead(n=head["n"], digest=head["digest"])
        return Event(**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"an event lacks or misuses a field: {error}") from error


def _object(item: Mapping[str, Any]) -> EventObject:
    x1, y1, x2, y2 = item["box"]
    return EventObject(track=item["track"], label=item["label"], score=item["score"], box=(x1, y1, x2, y2))

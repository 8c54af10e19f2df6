"""What a configuration may say of a camera and of what is drawn on its picture. Does not read files."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_serializer, model_validator

from device.config.arming import HoursTable
from device.config.pi import PiTable
from device.config.streams import PictureTable, RecordTable
from device.config.table import XY, Corners, Id, Table
from device.core.address import shown
from device.core.event import ARMED_STATES, ArmedState, Kind, Priority
from device.core.geometry import Line


class MotionTable(Table):
    """When the detector is woken."""

    min_area_frac: float = Field(0.0012, gt=0.0, le=1.0, description="Part of the picture that must change.")
    hold_open_s: float = Field(2.0, ge=0.0, le=60.0, description="How long to go on looking after the last change.")


class ZoneTable(Table):
    """An area of the picture that means something."""

    id: Id = Field(description="Name of the zone.")
    kind: Literal["zone", "till", "staff", "ignore"] = Field(
        "zone", description="zone: watched; till: goods are paid for here; staff: staff only; ignore: nothing counts."
    )
    polygon: Corners = Field(description="Corners in fractions of width and height, origin top left.")


class LineTable(Table):
    """A line that people cross."""

    id: Id = Field(description="Name of the line.")
    kind: Literal["line", "exit"] = Field("line", description="exit: customers leave over it.")
    start: XY = Field(description="First point, fractions.")
    end: XY = Field(description="Second point. Out is crossing from the left of start->end to its right.")

    @model_validator(mode="after")
    def _two_points(self) -> Self:
        Line(self.start, self.end)
        return self


class SlotsTable(Table):
    """A shelf as a regular grid of slots."""

    rows: int = Field(ge=1, le=20, description="Rows of slots.")
    columns: int = Field(ge=1, le=50, description="Columns of slots.")


class ShelfTable(Table):
    """A shelf with goods."""

    id: Id = Field(description="Name of the shelf.")
    polygon: Corners = Field(description="Corners in fractions.")
    slots: Literal["auto"] | SlotsTable = Field("auto", description="auto, or a grid: {rows = 1, columns = 3}.")


class RuleTable(Table):
    """What makes an event; keys that are left out take the kind's own default."""

    kind: Kind = Field(description="The kind of event that the rule makes.")
    name: Id | None = Field(None, description="Name in events; made of kind and place where left out.")
    zone: Id | None = Field(None, description="The zone that the rule watches.")
    line: Id | None = Field(None, description="The line that the rule watches.")
    shelf: Id | None = Field(None, description="The shelf that the rule watches.")
    labels: tuple[str, ...] | None = Field(None, min_length=1, description="Classes that the rule is about.")
    direction: Literal["in", "out", "both"] = Field("both", description="For lines: which way counts.")
    hours: tuple[HoursTable, ...] = Field((), description="For after_hours: when it is open.")
    after_s: float | None = Field(None, ge=0.0, le=86400.0, description="How long it must last before it counts.")
    count: int | None = Field(None, ge=1, le=1000, description="How many items or people it takes.")
    cooldown_s: float | None = Field(None, ge=0.0, le=86400.0, description="Silence after an end.")
    min_confidence: float | None = Field(None, ge=0.0, le=1.0, description="Below it, it is no event.")
    armed_in: tuple[ArmedState, ...] | None = Field(None, description="States in which it is worth `priority`.")
    priority: Priority = Field("alarm", description="What it is worth while armed.")


class TamperTable(Table):
    """What is held for tampering with the camera; each of the four can also be a rule, with its own `armed_in`."""

    covered: bool = Field(True, description="Tell that the picture was covered.")
    covered_s: float = Field(3.0, ge=0.5, le=3600.0, description="How long it must be covered.")
    covered_frac: float = Field(0.8, ge=0.3, le=1.0, description="Part of the scene that must have lost its contrast.")
    moved: bool = Field(True, description="Tell that the camera was turned; false for one that turns by itself.")
    moved_s: float = Field(3.0, ge=0.5, le=3600.0, description="How long the view must be another.")
    moved_frac: float = Field(0.75, ge=0.3, le=1.0, description="Part of the scene that must look otherwise.")
    defocused: bool = Field(True, description="Tell that the picture was blurred.")
    defocused_s: float = Field(5.0, ge=0.5, le=3600.0, description="How long it must be blurred.")
    detail_frac: float = Field(0.35, gt=0.0, le=0.8, description="Detail against the usual below which it is blurred.")
    dark: bool = Field(True, description="Tell that the picture is black.")
    dark_s: float = Field(3.0, ge=0.5, le=3600.0, description="How long it must be black.")
    dark_frac: float = Field(0.9, ge=0.5, le=1.0, description="Part of the picture that must be black.")


class PrivateTable(Table):
    """An area that is blackened only while the guard is in certain states, beside `masks`."""

    polygon: Corners = Field(description="Corners in fractions.")
    armed_in: tuple[ArmedState, ...] = Field(
        min_length=1, description="States in which nothing sees the area: `disarmed`, `home`, `away`, `night`."
    )


class RatesTable(Table):
    """Pictures a second by armed state; a state that is left out has those of `picture`."""

    disarmed: float | None = Field(None, ge=0.5, le=120.0, description="While disarmed.")
    home: float | None = Field(None, ge=0.5, le=120.0, description="While armed at home.")
    away: float | None = Field(None, ge=0.5, le=120.0, description="While armed away.")
    night: float | None = Field(None, ge=0.5, le=120.0, description="While armed for the night.")

    def by_state(self) -> dict[ArmedState, float]:
        """The rates that are given."""
        given = {state: getattr(self, state) for state in ARMED_STATES}
        return {state: rate for state, rate in given.items() if rate is not None}


class CameraTable(Table):
    """One camera and what is drawn on its picture."""

    id: Id = Field(description="Name of the camera.")
    source: str = Field(
        min_length=1,
        description="picamera2, v4l2:/dev/video0, rtsp://host/path (add ?transport=udp), rtsps:, http: and https: "
        "likewise, file:clip.mp4 (add ?loop=1), synthetic:scene.toml.",
    )
    source_small: str | None = Field(
        None,
        description="A second, smaller stream of the same camera, to look at; `source` is recorded.",
    )
    username: str | None = Field(None, min_length=1, description="User at a camera in the network.")
    password_file: Path | None = Field(None, description="File whose first line is that user's password.")
    masks: tuple[Corners, ...] = Field((), description="Polygons that are blackened before anything sees the picture.")
    private: tuple[PrivateTable, ...] = Field((), description="Areas that are blackened in some armed states only.")
    fps_while: RatesTable = Field(
        default=RatesTable(), description="Pictures a second by armed state; left out: those of `picture`."
    )
    pixelate_people: bool = Field(
        False,
        description="Show people as coarse blocks in every picture that leaves by MQTT or by a notification.",
    )
    notice_frozen: bool = Field(
        True,
        description="Take the same picture for seconds as a fault; false for a camera that sends a still scene without "
        "noise. Never for file: and synthetic:.",
    )
    picture: PictureTable = Field(default=PictureTable(), description="Size, rate and turn of the pictures.")
    record: RecordTable = Field(default=RecordTable(), description="How the packets of the recording are made.")
    pi: PiTable = Field(default=PiTable(), description="What only the Pi's own camera can do.")
    motion: MotionTable = Field(default=MotionTable(), description="When the detector is woken.")
    tamper: TamperTable = Field(default=TamperTable(), description="When the camera itself is tampered with.")
    zones: tuple[ZoneTable, ...] = Field((), description="Areas.")
    lines: tuple[LineTable, ...] = Field((), description="Lines.")
    shelves: tuple[ShelfTable, ...] = Field((), description="Shelves.")
    staff_hours: tuple[HoursTable, ...] = Field(
        (), description="When everybody at the shelves is staff, as before opening: takings are no event then."
    )
    rules: tuple[RuleTable, ...] | None = Field(None, description="Left out: the sensible ones for what is drawn.")

    @model_validator(mode="after")
    def _streams_fit(self) -> Self:
        in_network = "://" in self.source
        if self.source_small is not None and not (in_network and "://" in self.source_small):
            raise ValueError("source_small goes with a camera in the network: both are addresses, as rtsp://...")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        if self.username is not None and not in_network:
            raise ValueError("username goes with a camera in the network, as rtsp://...")
        return self

    @field_serializer("source", "source_small", when_used="json")
    def _without_secrets(self, line: str | None) -> str | None:
        return None if line is None else shown(line)

    @model_validator(mode="after")
    def _names_meet(self) -> Self:
        places = {
            "zone": [zone.id for zone in self.zones],
            "line": [line.id for line in self.lines],
            "shelf": [shelf.id for shelf in self.shelves],
        }
        every = [name for names in places.values() for name in names]
        if twice := sorted({name for name in every if every.count(name) > 1}):
            raise ValueError(f"the id {twice[0]!r} is used twice")
        for number, rule in enumerate(self.rules or ()):
            for place, names in places.items():
                wanted = getattr(rule, place)
                if wanted is not None and wanted not in names:
                    known = ", ".join(names) or "none is drawn"
                    raise ValueError(f"rule {number + 1} ({rule.kind}) names the {place} {wanted!r}; known: {known}")
        return self

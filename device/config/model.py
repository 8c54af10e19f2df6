"""What a configuration may say: keys, units, ranges, defaults. Does not read files."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from device.core.event import ArmedState, Kind, Priority
from device.core.geometry import Line, Point, polygon_fault
from device.errors import UsageError

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""Fit for a file name and for an MQTT topic."""
Id = Annotated[str, Field(pattern=ID_PATTERN)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
XY = tuple[Fraction, Fraction]
Pin = Annotated[int, Field(ge=0, le=27)]


def _simple(points: tuple[Point, ...]) -> tuple[Point, ...]:
    fault = polygon_fault(points)
    if fault:
        raise ValueError(fault)
    return points


Corners = Annotated[tuple[XY, ...], AfterValidator(_simple)]


class Table(BaseModel):
    """A closed table: an unknown key is an error, a value cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeviceTable(Table):
    """Who this device is."""

    id: Id = Field(description="Name of this device: in every event and in every MQTT topic.")
    state_dir: Path = Field(description="Folder for events, clips and keys; must be writable.")


class DetectorTable(Table):
    """What looks at the pictures."""

    model: str = Field("general-416", description="A name in models/ or of an installed bundle, or a path.")
    threads: int = Field(2, ge=1, le=8, description="CPU threads for one picture.")
    max_per_s: float = Field(5.0, gt=0.0, le=60.0, description="Looks per second and camera at most.")
    runtime: Literal["auto", "ai-edge-litert", "tflite-runtime"] = Field(
        "auto", description="Which interpreter to use; auto takes the newest that is installed."
    )


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
    labels: tuple[str, ...] = Field(("person",), min_length=1, description="Classes that the rule is about.")
    direction: Literal["in", "out", "both"] = Field("both", description="For lines: which way counts.")
    after_s: float | None = Field(None, ge=0.0, le=86400.0, description="How long it must last before it counts.")
    cooldown_s: float | None = Field(None, ge=0.0, le=86400.0, description="Silence after an end.")
    min_confidence: float | None = Field(None, ge=0.0, le=1.0, description="Below it, it is no event.")
    armed_in: tuple[ArmedState, ...] | None = Field(None, description="States in which it is worth `priority`.")
    priority: Priority = Field("alarm", description="What it is worth while armed.")


class CameraTable(Table):
    """One camera and what is drawn on its picture."""

    id: Id = Field(description="Name of the camera.")
    source: str = Field(min_length=1, description="file:clip.mp4 (add ?loop=1), synthetic:scene.toml, and later kinds.")
    masks: tuple[Corners, ...] = Field((), description="Polygons that are blackened before anything sees the picture.")
    motion: MotionTable = Field(default=MotionTable(), description="When the detector is woken.")
    zones: tuple[ZoneTable, ...] = Field((), description="Areas.")
    lines: tuple[LineTable, ...] = Field((), description="Lines.")
    shelves: tuple[ShelfTable, ...] = Field((), description="Shelves.")
    rules: tuple[RuleTable, ...] | None = Field(None, description="Left out: the sensible ones for what is drawn.")

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


class MqttTable(Table):
    """The broker."""

    host: str = Field("127.0.0.1", min_length=1, description="Name or address of the broker.")
    port: int = Field(1883, ge=1, le=65535, description="Port of the broker.")
    username: str | None = Field(None, description="User at the broker.")
    password_file: Path | None = Field(None, description="File whose first line is the password.")

    @model_validator(mode="after")
    def _password_has_user(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file without username")
        return self


class OutputTable(Table):
    """One output pin."""

    id: Id = Field(description="Name of the output.")
    pin: Pin = Field(description="GPIO number (BCM), not the number on the header.")
    active_high: bool = Field(True, description="False where the relay switches on a low pin.")
    max_on_s: float = Field(180.0, gt=0.0, le=3600.0, description="Longest time on, whatever happens.")


class PinsTable(Table):
    """Sirens and lights on the pins of the board."""

    factory: Literal["auto", "lgpio", "mock"] = Field("auto", description="auto: real pins on a Pi, else mock.")
    outputs: tuple[OutputTable, ...] = Field((), description="Driven on while an alarm lasts.")


class ArmingTable(Table):
    """When an event is an alarm."""

    state: ArmedState = Field("away", description="The state to start in when none was saved.")


class WebTable(Table):
    """The local page."""

    listen: str = Field("127.0.0.1:8080", pattern=r"^[^\s]+:[0-9]{1,5}$", description="Address and port to serve on.")


class Config(Table):
    """The whole file."""

    device: DeviceTable = Field(description="Who this device is.")
    detector: DetectorTable = Field(default=DetectorTable(), description="What looks at the pictures.")
    cameras: tuple[CameraTable, ...] = Field(min_length=1, description="At least one.")
    mqtt: MqttTable | None = Field(None, description="Left out: no broker is told.")
    pins: PinsTable = Field(default=PinsTable(), description="Sirens and lights.")
    arming: ArmingTable = Field(default=ArmingTable(), description="When an event is an alarm.")
    web: WebTable = Field(default=WebTable(), description="The local page.")

    @field_validator("cameras")
    @classmethod
    def _cameras_differ(cls, cameras: tuple[CameraTable, ...]) -> tuple[CameraTable, ...]:
        names = [camera.id for camera in cameras]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two cameras have the id {twice[0]!r}")
        return cameras

    def camera(self, wanted: str | None) -> CameraTable:
        """The camera of that id, or the first.

        Raises:
            UsageError: there is none of that id.
        """
        if wanted is None:
            return self.cameras[0]
        for camera in self.cameras:
            if camera.id == wanted:
                return camera
        raise UsageError(f"no camera {wanted!r}; there are: {', '.join(c.id for c in self.cameras)}")

    def effective(self) -> dict[str, Any]:
        """Every key with the value in force, fit for JSON."""
        return self.model_dump(mode="json")

"""The whole configuration file: its tables, units, ranges, defaults. Does not read files."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from device.config.arming import ArmingTable
from device.config.cameras import CameraTable
from device.config.notify import NotifyTable
from device.config.pins import PinsTable
from device.config.recording import RecordingTable
from device.config.retention import RetentionTable
from device.config.staff import StaffTable
from device.config.table import Id, Table
from device.config.web import WebTable
from device.errors import UsageError


class DeviceTable(Table):
    """Who this device is."""

    id: Id = Field(description="Name of this device: in every event and in every MQTT topic.")
    state_dir: Path = Field(description="Folder for events, clips and keys; must be writable.")


class DetectorTable(Table):
    """What looks at the pictures."""

    model: str = Field("general-416", description="A name in models/ or of an installed bundle, or a path.")
    threads: int = Field(2, ge=1, le=8, description="CPU threads for one picture.")
    max_per_s: float = Field(5.0, gt=0.0, le=60.0, description="Looks per second and camera at most.")
    pose_model: str = Field("pose-256", description="For rules that look at hands: a pose network, named as `model`.")
    bag_model: str = Field(
        "general-256", description="For the same rules: a small detector that knows bags, named as `model`."
    )
    runtime: Literal["auto", "ai-edge-litert", "tflite-runtime"] = Field(
        "auto", description="Which interpreter to use; auto takes the newest that is installed."
    )
    trusted_keys: tuple[Path, ...] = Field(
        (), description="Public keys (.pub files) whose signed model bundles are believed."
    )


class MqttTable(Table):
    """The broker."""

    host: str = Field("127.0.0.1", min_length=1, description="Name or address of the broker.")
    port: int = Field(1883, ge=1, le=65535, description="Port of the broker.")
    username: str | None = Field(None, description="User at the broker.")
    password_file: Path | None = Field(None, description="File whose first line is the password.")
    tls: bool = Field(False, description="Speak TLS and believe the system's authorities; `ca_file` implies it.")
    ca_file: Path | None = Field(None, description="Certificate authority of the broker, PEM: no other is believed.")
    cert_file: Path | None = Field(None, description="This device's own certificate, PEM.")
    key_file: Path | None = Field(None, description="The key of `cert_file`, PEM.")
    resend_s: float = Field(
        10.0,
        ge=0.0,
        le=3600.0,
        description="After a reconnect, what the broker took in these last seconds is sent again: it may be lost.",
    )
    outbox_max_mib: int = Field(
        64,
        ge=1,
        le=65536,
        description="What waits for the broker takes no more than this: beyond it the least important and oldest goes.",
    )
    discovery: bool = Field(True, description="Have Home Assistant find this device by itself.")
    discovery_prefix: str = Field(
        "homeassistant", pattern=r"^[^\s#+]+$", description="Where Home Assistant looks for devices."
    )

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file without username")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        if self.cert_file is not None and not self.uses_tls:
            raise ValueError("cert_file without tls or ca_file")
        return self

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.tls or self.ca_file is not None


class Config(Table):
    """The whole file."""

    device: DeviceTable = Field(description="Who this device is.")
    detector: DetectorTable = Field(default=DetectorTable(), description="What looks at the pictures.")
    cameras: tuple[CameraTable, ...] = Field(min_length=1, description="At least one.")
    staff: StaffTable | None = Field(None, description="Left out: clothes are not looked at.")
    mqtt: MqttTable | None = Field(None, description="Left out: no broker is told.")
    pins: PinsTable = Field(default=PinsTable(), description="Sirens and lights.")
    arming: ArmingTable = Field(default=ArmingTable(), description="When an event is an alarm.")
    retention: RetentionTable = Field(default=RetentionTable(), description="How long recordings are kept.")
    recording: RecordingTable = Field(default=RecordingTable(), description="Clips and stills.")
    notify: tuple[NotifyTable, ...] = Field((), max_length=8, description="Messages to people.")
    web: WebTable = Field(default=WebTable(), description="The local page and its API.")

    @field_validator("cameras")
    @classmethod
    def _cameras_differ(cls, cameras: tuple[CameraTable, ...]) -> tuple[CameraTable, ...]:
        names = [camera.id for camera in cameras]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two cameras have the id {twice[0]!r}")
        return cameras

    @field_validator("notify")
    @classmethod
    def _ways_differ(cls, notify: tuple[NotifyTable, ...]) -> tuple[NotifyTable, ...]:
        names = [way.id for way in notify]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two ways have the id {twice[0]!r}")
        return notify

    @field_validator("arming")
    @classmethod
    def _entry_is_there(cls, arming: ArmingTable, info: ValidationInfo) -> ArmingTable:
        if "cameras" in info.data and "pins" in info.data:
            there = _places(info.data["cameras"], info.data["pins"])
            for place in arming.entry:
                if place not in there:
                    known = ", ".join(sorted(name for name in there if "/" not in name)) or "none"
                    raise ValueError(f"entry: there is no zone, line, shelf or input {place!r}; known: {known}")
        return arming

    def places(self) -> frozenset[str]:
        """What may be bypassed, and where one may come in: by id, or by ``camera/id`` for one camera alone."""
        return _places(self.cameras, self.pins)

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


def _places(cameras: tuple[CameraTable, ...], pins: PinsTable) -> frozenset[str]:
    names = {
        camera.id: [it.id for it in camera.zones] + [it.id for it in camera.lines] + [it.id for it in camera.shelves]
        for camera in cameras
    }
    drawn = {(camera, place) for camera, places in names.items() for place in places}
    inputs = {it.id for it in pins.inputs}
    return frozenset({place for _, place in drawn} | {f"{camera}/{place}" for camera, place in drawn} | inputs)

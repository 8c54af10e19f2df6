"""One camera with its stages and with what watches over it. Runs none of them."""

from dataclasses import dataclass, field
from typing import Protocol

from device.core.camera_health import CameraMeter
from device.core.camera_watch import CameraWatch
from device.core.event import ArmedState
from device.core.frozen_watch import FrozenWatch
from device.pipeline import Pipeline
from device.ports import Camera


class LiveCamera(Camera, Protocol):
    """A camera that is started again when it fails."""

    def use_state(self, armed: ArmedState) -> None:
        """Blacken what nobody may see in this armed state; no picture without it is handed out any more."""

    @property
    def reason(self) -> str | None:
        """Why it gives no pictures; None while it does."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One camera and its stages."""

    camera: LiveCamera
    pipeline: Pipeline
    watch: CameraWatch
    frozen: FrozenWatch | None = None
    """None where the same picture again is no fault."""
    meter: CameraMeter = field(default_factory=CameraMeter)

"""From a camera's table in the configuration to what its process is asked for. Opens nothing."""

from device.capture.mode import Mode
from device.capture.request import CameraRequest
from device.config.cameras import CameraTable


def request_of(table: CameraTable, *, mode: Mode = Mode.LIVE, source: str | None = None) -> CameraRequest:
    """What to ask of the camera of this table; ``source``: another in its place, as for a replay."""
    return CameraRequest(source=source or table.source, mode=mode, masks=table.masks)

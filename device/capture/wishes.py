"""From a camera's table in the configuration to what its process is asked for. Opens nothing."""

from device.capture.mode import Mode
from device.capture.request import CameraRequest, PictureWish, PiWish, Polygon
from device.config.cameras import CameraTable
from device.core.event import ARMED_STATES, ArmedState


def request_of(
    table: CameraTable, *, armed: ArmedState, mode: Mode = Mode.LIVE, source: str | None = None
) -> CameraRequest:
    """What to ask of the camera of this table.

    Args:
        table: from the configuration.
        armed: the state whose private areas are blackened from the first picture on.
        mode: what counts, the present or every picture.
        source: another one in place of its own, as for a replay.
    """
    return CameraRequest(
        source=source or table.source,
        mode=mode,
        masks=table.masks,
        extra_masks=private_masks(table),
        extra_in_force=armed,
        picture=PictureWish(pi=PiWish(**dict(table.pi))),
    )


def private_masks(table: CameraTable) -> dict[str, tuple[Polygon, ...]]:
    """By armed state what is blackened in it, beside the steady masks; each state is there."""
    return {state: tuple(area.polygon for area in table.private if state in area.armed_in) for state in ARMED_STATES}

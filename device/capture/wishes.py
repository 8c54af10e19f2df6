"""From a camera's table in the configuration to what its process is asked for. Opens nothing."""

from device.capture.mode import Mode
from device.capture.request import CameraRequest, PictureWish, PiWish, Polygon, RecordWish
from device.config.cameras import CameraTable
from device.core.address import with_user
from device.core.event import ARMED_STATES, ArmedState
from device.errors import CameraError
from device.secret_file import secret_path


def request_of(
    table: CameraTable, *, armed: ArmedState, mode: Mode = Mode.LIVE, source: str | None = None
) -> CameraRequest:
    """What to ask of the camera of this table.

    A recording in place of the camera is played as it is, neither turned nor thinned.

    Args:
        table: from the configuration.
        armed: the state whose private areas are blackened from the first picture on.
        mode: what counts, the present or every picture.
        source: a recording in place of its own, as for a replay.

    Raises:
        CameraError: the file with its password cannot be read.
    """
    if source is not None:
        picture, main, small = PictureWish(), source, None
    else:
        pi = PiWish(**dict(table.pi))
        picture = PictureWish(**dict(table.picture), pi=pi)
        main, small = (
            _with_password(table, table.source),
            table.source_small and _with_password(table, table.source_small),
        )
    return CameraRequest(
        source=main,
        source_small=small,
        mode=mode,
        masks=table.masks,
        extra_masks=private_masks(table),
        extra_in_force=armed,
        picture=picture,
        record=RecordWish(**dict(table.record)),
    )


def _with_password(table: CameraTable, line: str) -> str:
    if table.username is None or table.password_file is None:
        return line
    try:
        password = secret_path(table.password_file).read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as fault:
        why = getattr(fault, "strerror", None) or "it holds no text"
        raise CameraError(f"camera {table.id}: password_file {table.password_file}: {why}") from fault
    return with_user(line, table.username, password)


def private_masks(table: CameraTable) -> dict[str, tuple[Polygon, ...]]:
    """By armed state what is blackened in it, beside the steady masks; each state is there."""
    return {state: tuple(area.polygon for area in table.private if state in area.armed_in) for state in ARMED_STATES}

"""What a request to the API may say: closed, typed, ranged. Does none of it."""

from typing import Annotated

from pydantic import Field

from device.config.cameras import LineTable, ShelfTable, ZoneTable
from device.config.table import Corners, Table
from device.core.arming.command import Action
from device.core.event import ArmedState
from device.core.search import Verdict

Pin = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]


class CommandBody(Table):
    """Something asked of the guard."""

    action: Action
    state: ArmedState | None = None
    pin: Pin | None = Field(None, repr=False)
    place: Annotated[str, Field(max_length=130)] | None = None
    for_s: Annotated[float, Field(gt=0.0, le=3600.0)] | None = None


class VerdictBody(Table):
    """What somebody says of an event."""

    verdict: Verdict | None


class LockBody(Table):
    """Whether evidence is kept whatever happens."""

    locked: bool


class ClockBody(Table):
    """What time it is."""

    unix_s: Annotated[float, Field(ge=0.0, le=1e11)]


class DrawingBody(Table):
    """All that is drawn on one camera's picture."""

    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Of the file that it was made from."""
    zones: Annotated[tuple[ZoneTable, ...], Field(max_length=64)] = ()
    lines: Annotated[tuple[LineTable, ...], Field(max_length=64)] = ()
    shelves: Annotated[tuple[ShelfTable, ...], Field(max_length=64)] = ()
    masks: Annotated[tuple[Corners, ...], Field(max_length=64)] = ()

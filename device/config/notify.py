"""What a configuration may say of messages to people. Does not read files."""

from pathlib import Path

from pydantic import Field

from device.config.table import Id, Table
from device.core.event import ARMED_STATES, ArmedState, Priority


class NotifyTable(Table):
    """Messages to people, by any service that apprise knows."""

    id: Id = Field(description="Name of this way.")
    urls_file: Path = Field(
        description="File with an apprise URL a line, as `tgram://TOKEN/CHAT`; it holds secrets, so it is the owner's "
        "alone. Lines that begin with `#` are passed over."
    )
    priorities: tuple[Priority, ...] = Field(("alarm",), min_length=1, description="Which events are worth a message.")
    armed_in: tuple[ArmedState, ...] = Field(
        ARMED_STATES, min_length=1, description="States in which messages are sent."
    )
    still: bool = Field(
        True, description="Send a picture along, with people as coarse blocks where `pixelate_people` says so."
    )
    gap_s: float = Field(
        60.0,
        ge=0.0,
        le=86400.0,
        description="After a message, what follows is held back for so long and told in one; a higher priority is not.",
    )

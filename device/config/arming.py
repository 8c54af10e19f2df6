"""What a configuration may say of arming. Arms nothing."""

from pydantic import Field

from device.config.table import Table
from device.core.event import ArmedState


class ArmingTable(Table):
    """When an event is an alarm."""

    state: ArmedState = Field("away", description="The state to start in when none was saved.")

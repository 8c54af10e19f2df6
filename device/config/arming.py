"""What a configuration may say of arming. Arms nothing."""

from datetime import date, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from device.config.table import Table
from device.core.arming.schedule import Day
from device.core.event import ArmedState

TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _is_date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date, as 2026-12-25 is") from error
    return text


def _is_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(f"{text!r} is no time zone that this system knows, as Europe/Zurich is") from error
    return text


class ScheduleTable(Table):
    """One change of the armed state, on each of some days."""

    days: tuple[Day, ...] = Field(
        min_length=1,
        description="mon, tue, wed, thu, fri, sat, sun; holiday for the days in `holidays`, where the others rest.",
    )
    at: str = Field(pattern=TIME, description="Wall time, such as 19:30.")
    state: ArmedState = Field(description="What it arms to; disarmed disarms.")

    @property
    def time(self) -> time:
        """The same as a value."""
        return time.fromisoformat(self.at)


class HoursTable(Table):
    """When it is open, on each of some days."""

    days: tuple[Day, ...] = Field(
        min_length=1, description="mon, tue, wed, thu, fri, sat, sun; holiday for the days in `arming.holidays`."
    )
    opens: str = Field(pattern=TIME, description="Wall time in the zone of `arming.timezone`, such as 09:00.")
    closes: str = Field(pattern=TIME, description="Wall time; no later than `opens` means on the next day.")


class ArmingTable(Table):
    """When an event is an alarm, and who may change that."""

    state: ArmedState = Field("away", description="The state to start in when none was saved.")
    entry_delay_s: float = Field(
        0.0, ge=0.0, le=600.0, description="Time to disarm after an intrusion on the way in; 0: an alarm at once."
    )
    exit_delay_s: float = Field(0.0, ge=0.0, le=600.0, description="Time to leave after arming to away or night.")
    alarm_s: float = Field(
        180.0,
        ge=1.0,
        le=3600.0,
        description="How long the panel is `triggered` without a new alarm; then it is armed again.",
    )
    entry: tuple[str, ...] = Field(
        (),
        description="Zones, lines, shelves and inputs on the way in, whose alarms wait; none named: all. "
        "`camera/zone` names one camera's.",
    )
    schedule: tuple[ScheduleTable, ...] = Field((), description="When the state changes by itself.")
    holidays: tuple[Annotated[str, AfterValidator(_is_date)], ...] = Field(
        (), description="Dates such as 2026-12-25, on which the schedule's `holiday` counts."
    )
    timezone: Annotated[str, AfterValidator(_is_zone)] | None = Field(
        None, description="Zone of the schedule, such as Europe/Zurich; without, the system's."
    )
    pins_file: Path | None = Field(
        None,
        description="File of hashed PINs, written by `shopwarden pin set`; without, `panel-pins` in the state folder.",
    )

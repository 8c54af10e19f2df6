"""Makes the panel's parts out of its tables. Decides nothing about alarms."""

from datetime import date, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from device.config.model import Config
from device.config.pins import InputTable, OutputTable
from device.config.rules import rule_name, rule_tables
from device.core.arming.hours import Calendar
from device.core.arming.schedule import Entry, Schedule
from device.core.arming.sensors import SENSOR_ARMED_IN, SensorSettings
from device.core.arming.standing import PanelSettings, rule_place
from device.core.output import OutputSettings
from device.errors import ConfigError

_SYSTEM_ZONE: Final = Path("/etc/localtime")


def panel_settings(config: Config) -> PanelSettings:
    """How the panel behaves."""
    arming = config.arming
    return PanelSettings(
        entry_delay_s=arming.entry_delay_s,
        exit_delay_s=arming.exit_delay_s,
        alarm_s=arming.alarm_s,
        entry=frozenset(arming.entry),
        places=bypassable(config),
    )


def bypassable(config: Config) -> frozenset[str]:
    """Everything that may be bypassed: places, inputs and rules."""
    rules = {rule_place(camera.id, rule_name(table)) for camera in config.cameras for table in rule_tables(camera)}
    return config.places() | rules


def schedule_of(config: Config) -> Schedule:
    """When the state changes by itself.

    Raises:
        ConfigError: the system's own time zone cannot be read.
    """
    entries = tuple(Entry(frozenset(it.days), it.time, it.state) for it in config.arming.schedule)
    calendar = calendar_of(config)
    return Schedule(entries, calendar.holidays, calendar.zone)


def calendar_of(config: Config) -> Calendar:
    """What weekdays and wall times mean here.

    Raises:
        ConfigError: the system's own time zone cannot be read.
    """
    arming = config.arming
    holidays = frozenset(date.fromisoformat(text) for text in arming.holidays)
    return Calendar(holidays, ZoneInfo(arming.timezone) if arming.timezone else _system_zone())


def pins_file(config: Config) -> Path:
    """Where the hashed PINs are."""
    return config.arming.pins_file or config.device.state_dir / "panel-pins"


def sensor_settings(table: InputTable) -> SensorSettings:
    """One input."""
    return SensorSettings(
        id=table.id,
        kind=table.kind,
        armed_in=SENSOR_ARMED_IN[table.kind] if table.armed_in is None else frozenset(table.armed_in),
        key_state=table.arms_to,
        key_follows=table.key == "turn",
    )


def output_settings(table: OutputTable) -> OutputSettings:
    """One output."""
    return OutputSettings(
        kind=table.kind,
        pattern=table.pattern,
        pulse_s=table.pulse_s,
        max_on_s=table.max_on_s,
        cooldown_s=table.cooldown_s,
    )


def _system_zone() -> tzinfo:
    try:
        with _SYSTEM_ZONE.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except FileNotFoundError:
        # Nobody has chosen one: so systemd says, and so do we.
        return ZoneInfo("UTC")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{_SYSTEM_ZONE}: is no time zone ({error}): name one in arming.timezone") from error

"""What pages and API say of events, panel and figures: plain values for JSON and templates. Asks nobody."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from device.config.model import Config
from device.core.arming.standing import Standing
from device.core.event import Event

PANEL_WORDS: Final = {
    "disarmed": "Disarmed",
    "armed_home": "Armed, at home",
    "armed_away": "Armed, away",
    "armed_night": "Armed, night",
    "arming": "Arming: leave now",
    "pending": "Entry delay: disarm now",
    "triggered": "ALARM",
}
PANEL_TITLES: Final = {
    **PANEL_WORDS,
    "arming": "Arming",
    "pending": "Entry delay",
    "triggered": "Alarm set off",
}
"""Of the panel's own events; the page's scripts have the same."""


def panel(standing: Standing, config: Config, now: float) -> dict[str, Any]:
    """How the panel stands."""
    delays = {"arming": config.arming.exit_delay_s, "pending": config.arming.entry_delay_s}
    delay_s = delays.get(standing.phase)
    return {
        "panel": standing.panel,
        "text": PANEL_WORDS[standing.panel],
        "armed": standing.armed,
        "phase": standing.phase,
        "left_s": None if delay_s is None else max(0.0, round(standing.since + delay_s - now, 1)),
        "bypassed": sorted(standing.bypassed),
    }


def event(happened: Event, zone: ZoneInfo | None) -> dict[str, Any]:
    """One event for a list."""
    moment = local(happened.time, zone)
    return {
        "event_id": happened.event_id,
        "seq": happened.seq,
        "kind": happened.kind,
        "title": _title(happened),
        "priority": happened.priority,
        "state": happened.state,
        "camera": happened.camera,
        "zone": happened.zone,
        "place": " · ".join(part for part in (happened.camera, happened.zone) if part),
        "time": happened.time,
        "day": moment.strftime("%a %d %b"),
        "date": moment.strftime("%A %d %B %Y"),
        "clock": moment.strftime("%H:%M:%S"),
        "clock_synced": happened.clock_synced,
        "confidence": happened.confidence,
        "reasons": list(happened.reasons),
        "test": bool(happened.data.get("test")),
        "has_clip": happened.evidence.clip is not None,
    }


def _title(happened: Event) -> str:
    if happened.kind == "armed":
        return PANEL_TITLES.get(str(happened.data.get("panel")), "Armed")
    return happened.kind.replace("_", " ").capitalize()


def whole(happened: Event) -> dict[str, Any]:
    """An event as the contract has it."""
    return asdict(happened)


def local(text: str, zone: ZoneInfo | None) -> datetime:
    """A label of time where people live."""
    return datetime.fromisoformat(text).astimezone(zone)


def day_span(day: date, zone: ZoneInfo | None) -> tuple[float, float]:
    """From when to when a day goes there, Unix time; 23 and 25 hours are days too."""

    def begins(which: date) -> float:
        midnight = datetime(which.year, which.month, which.day, tzinfo=zone)
        return (midnight if zone else midnight.astimezone()).timestamp()

    return begins(day), begins(day + timedelta(days=1))


def today(wall: float, zone: ZoneInfo | None) -> date:
    """The day there."""
    return datetime.fromtimestamp(wall, tz=UTC).astimezone(zone).date()

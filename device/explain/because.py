"""Why an event was told: its figures against the keys that they had to reach. Reads no picture."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from device.config.cameras import RuleTable
from device.core.event import Event, Kind
from device.core.rules.scene import RuleSettings


def because(event: Event, table: RuleTable, settings: RuleSettings, after: str = "after_s") -> str:
    """One sentence with values, bounds and keys; ``after`` is the key that says how long it must last."""
    least = settings.min_confidence
    if event.confidence < least:
        return f"as info only, because it is sure by {event.confidence:.2f}; asked are {least:g} (`min_confidence`)"
    facts = _FACTS.get(event.kind, _no_facts)(event, table, settings)
    sure = f"it is sure by {event.confidence:.2f}, asked are {least:g} (`min_confidence`)"
    return f"told, because {'; '.join((*facts, sure))}".replace("`after_s`", f"`{after}`")


def _no_facts(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del event, table, settings
    return []


def _stay(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del table
    return [f"it lasted {event.data['dwell_s']:.1f} s, asked are {settings.after_s:g} (`after_s`)"]


def _crowd(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    count = f"{len(event.objects)} were there at once, asked are {settings.count} (`count`)"
    return [count, *_stay(event, table, settings)]


def _crossing(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del settings
    return [f"somebody crossed in direction {event.data['direction']}, asked is {table.direction} (`direction`)"]


def _moved(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del table, settings
    what, slot = "left" if event.kind == "item_taken" else "came to", event.data["slot"]
    return [f"{event.data['items']} item {what} the shelf{'' if slot is None else f', slot {slot}'}"]


def _swept(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del table
    took_s = (event.t_end or event.t_start) - event.t_start
    return [
        f"{event.data['items']} items left, asked are {settings.count} (`count`)",
        f"that took {took_s:.1f} s, asked are at most {settings.after_s:g} (`after_s`)",
    ]


def _low(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del table, settings
    left, slots = event.data["left"], event.data["slots"]
    return [f"{left} of {slots} items are left, few are a quarter of its `slots`"]


def _unpaid(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del table
    return [
        f"{event.data['items']} items went out, neither put back nor paid for: that takes {settings.after_s:g} s at a "
        "till (`after_s`)"
    ]


def _thing(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del event, table
    return [f"nobody was near it for {settings.after_s:g} s (`after_s`)"]


def _tampered(event: Event, table: RuleTable, settings: RuleSettings) -> list[str]:
    del table
    return [f"it lasted {event.t_emitted - event.t_start:.1f} s, asked are {settings.after_s:g} (`after_s`)"]


_FACTS: Final = MappingProxyType[Kind, Callable[[Event, RuleTable, RuleSettings], list[str]]](
    {
        **dict.fromkeys(("person_in_zone", "loitering", "vehicle_in_zone", "after_hours"), _stay),
        "crowding": _crowd,
        "line_crossed": _crossing,
        **dict.fromkeys(("item_taken", "item_returned"), _moved),
        "shelf_swept": _swept,
        "shelf_low": _low,
        "unpaid_exit": _unpaid,
        **dict.fromkeys(("object_left", "object_removed"), _thing),
        **dict.fromkeys(("tamper_covered", "tamper_moved", "tamper_defocused", "tamper_dark"), _tampered),
    }
)

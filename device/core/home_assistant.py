"""How this device introduces itself to Home Assistant, by its discovery of MQTT devices. Talks to nobody.

The form: one retained message with all entities at ``PREFIX/device/ID/config``, in the words of
https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from device.core.event import KINDS

Component = dict[str, Any]

_KINDS: Final = list(KINDS)
# Late events happened hours ago: nobody's lights may go on for them now. A start is one happening, updates are not.
_EVENT: Final = (
    "{% if not value_json.late and value_json.state == 'start' %}"
    "{{ {'event_type': value_json.kind, 'camera': value_json.camera, 'zone': value_json.zone, "
    "'priority': value_json.priority, 'confidence': value_json.confidence, 'reasons': value_json.reasons, "
    "'event_id': value_json.event_id, 'time': value_json.time} | tojson }}{% endif %}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What there is to find."""

    device: str
    version: str
    cameras: tuple[str, ...]
    zones: tuple[str, ...]
    """By ``camera/zone``."""
    rules: tuple[str, ...]
    """By ``camera/rule``."""
    figures: Mapping[str, tuple[str, str]]
    """Diagnostics by their key in the state ``diagnostics``: what each means and its unit."""
    sirens: bool


def topics(device: str) -> str:
    """What all topics of a device begin with."""
    return f"shopwarden/{device}"


def config_topic(prefix: str, device: str) -> str:
    """Where the device introduces itself."""
    return f"{prefix}/device/shopwarden_{_word(device)}/config"


def introduction(it: Introduction) -> dict[str, Any]:
    """The payload: the device, where it comes from, and its entities by their names."""
    base = topics(it.device)
    parts: dict[str, Component] = {"panel": _panel(base), "event": _event(base)}
    if it.sirens:
        parts["siren"] = _siren(base)
    for camera in it.cameras:
        parts[f"camera_{_word(camera)}"] = _camera(base, camera)
        parts[f"snapshot_{_word(camera)}"] = _snapshot_button(base, camera)
    for zone in it.zones:
        parts[f"zone_{_word(zone)}"] = _zone(base, zone)
    for rule in it.rules:
        parts[f"rule_{_word(rule)}"] = _rule(base, rule)
    for key, (text, unit) in it.figures.items():
        parts[f"figure_{_word(key)}"] = _figure(base, key, text, unit)
    identity = f"shopwarden_{_word(it.device)}"
    for name, part in parts.items():
        part["unique_id"] = f"{identity}_{name}"
    return {
        "device": {
            "identifiers": [identity],
            "name": it.device,
            "manufacturer": "Shopwarden",
            "model": "Guard",
            "sw_version": it.version,
        },
        "origin": {"name": "shopwarden", "sw_version": it.version},
        "availability_topic": f"{base}/availability",
        "qos": 1,
        "components": parts,
    }


def encoded(payload: Mapping[str, Any]) -> str:
    """As it goes out; the same things give the same text."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def removals(before: str, now: Mapping[str, Any]) -> dict[str, Any] | None:
    """What to say first where an earlier introduction named entities that are gone; None where it named none.

    Args:
        before: the payload that the broker still holds; whatever is none says nothing.
        now: the new one.
    """
    try:
        parts = json.loads(before)["components"]
        gone = {name: {"platform": part["platform"]} for name, part in parts.items() if name not in now["components"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return {**now, "components": {**now["components"], **gone}} if gone else None


def _panel(base: str) -> Component:
    return {
        "platform": "alarm_control_panel",
        "name": "Alarm",
        "state_topic": f"{base}/state",
        "value_template": "{{ value_json.panel }}",
        "json_attributes_topic": f"{base}/state",
        "command_topic": f"{base}/command/panel",
        "command_template": '{"action": "{{ action }}", "pin": "{{ code }}"}',
        "code": "REMOTE_CODE",
        "code_arm_required": False,
        "code_disarm_required": True,
        "code_trigger_required": False,
        "supported_features": ["arm_home", "arm_away", "arm_night", "trigger"],
    }


def _event(base: str) -> Component:
    return {
        "platform": "event",
        "name": "Event",
        "state_topic": f"{base}/event",
        "event_types": _KINDS,
        "value_template": _EVENT,
    }


def _siren(base: str) -> Component:
    return {
        "platform": "siren",
        "name": "Siren",
        "command_topic": f"{base}/command/siren",
        "command_template": "{{ value }}",
        "state_topic": f"{base}/state",
        "state_value_template": "{{ value_json.siren }}",
        "support_duration": False,
        "support_volume_set": False,
    }


def _camera(base: str, camera: str) -> Component:
    return {
        "platform": "image",
        "name": camera,
        "image_topic": f"{base}/{camera}/snapshot",
        "content_type": "image/jpeg",
    }


def _snapshot_button(base: str, camera: str) -> Component:
    return {
        "platform": "button",
        "name": f"Picture of {camera}",
        "command_topic": f"{base}/command/snapshot",
        "payload_press": json.dumps({"camera": camera}),
        "entity_category": "diagnostic",
    }


def _zone(base: str, zone: str) -> Component:
    return {
        "platform": "binary_sensor",
        "name": zone.replace("/", " "),
        "device_class": "occupancy",
        "state_topic": f"{base}/state",
        "value_template": f"{{{{ value_json.zones[{json.dumps(zone)}] }}}}",
    }


def _rule(base: str, rule: str) -> Component:
    return {
        "platform": "switch",
        "name": f"Rule {rule.replace('/', ' ')}",
        "entity_category": "config",
        "command_topic": f"{base}/command/rule",
        "command_template": f'{{"rule": {json.dumps(rule)}, "on": "{{{{ value }}}}"}}',
        "state_topic": f"{base}/state",
        "value_template": f"{{{{ value_json.rules[{json.dumps(rule)}] }}}}",
        "payload_on": "ON",
        "payload_off": "OFF",
    }


def _figure(base: str, key: str, text: str, unit: str) -> Component:
    part = {
        "platform": "sensor",
        "name": text,
        "entity_category": "diagnostic",
        "state_topic": f"{base}/diagnostics",
        "value_template": f"{{{{ value_json.get({json.dumps(key)}) }}}}",
    }
    return {**part, "unit_of_measurement": unit, "state_class": "measurement"} if unit else part


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)

"""Commands as they come from a broker, understood. Obeys none."""

import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from device.core.event import ArmedState

Verb = Literal["arm", "disarm", "bypass", "mute", "siren", "rule", "snapshot", "panel"]
VERBS: Final[tuple[Verb, ...]] = get_args(Verb)
MAX_BYTES: Final = 1024
_ON: Final = {"on": True, "off": False, True: True, False: False}
_PANEL: Final[dict[str, tuple[Verb, ArmedState | None]]] = {
    "ARM_HOME": ("arm", "home"),
    "ARM_AWAY": ("arm", "away"),
    "ARM_NIGHT": ("arm", "night"),
    "DISARM": ("disarm", None),
    "TRIGGER": ("siren", None),
}
"""What Home Assistant's panel says."""
_PLAIN: Final = {"arm": "state", "disarm": "pin", "siren": "on", "snapshot": "camera", "bypass": "place"}
"""The key that a payload of one word is taken for, where that is safe to type."""
_KEYS: Final[dict[Verb, frozenset[str]]] = {
    "arm": frozenset({"state", "pin"}),
    "disarm": frozenset({"pin"}),
    "bypass": frozenset({"place", "on", "pin"}),
    "mute": frozenset({"for_s", "on", "pin"}),
    "siren": frozenset({"on", "pin"}),
    "rule": frozenset({"rule", "on", "pin"}),
    "snapshot": frozenset({"camera"}),
    "panel": frozenset({"action", "pin"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command."""

    verb: Verb
    pin: str | None = field(default=None, repr=False)
    state: ArmedState | None = None
    name: str | None = None
    """The place, rule or camera that it is about."""
    on: bool = True
    for_s: float | None = None


def understand(verb: str, payload: bytes) -> Asked:
    """Read a command: JSON, or one word.

    Args:
        verb: the topic's last word.
        payload: as it came.

    Raises:
        ValueError: it cannot be understood; the text says why and names no PIN.
    """
    if verb not in VERBS:
        raise ValueError(f"there is no command {verb[:40]!r}; there are: {', '.join(VERBS)}")
    known: Verb = verb
    values = _values(known, payload)
    if unknown := sorted(set(values) - _KEYS[known]):
        raise ValueError(f"{verb}: unknown key {unknown[0][:40]!r}; known: {', '.join(sorted(_KEYS[known]))}")
    return _panel(values) if known == "panel" else _asked(known, values)


def _values(verb: Verb, payload: bytes) -> dict[str, Any]:
    if len(payload) > MAX_BYTES:
        raise ValueError(f"{verb}: more than {MAX_BYTES} bytes")
    try:
        text = payload.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"{verb}: no UTF-8") from error
    if not text:
        return {}
    if not text.startswith("{"):
        if verb not in _PLAIN:
            raise ValueError(f"{verb}: write it as JSON, with {', '.join(sorted(_KEYS[verb]))}")
        return {_PLAIN[verb]: text}
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{verb}: no JSON") from error
    return values if isinstance(values, dict) else {}


def _asked(verb: Verb, values: dict[str, Any]) -> Asked:
    state = values.get("state")
    if verb == "arm" and state not in ("home", "away", "night"):
        raise ValueError("arm: state must be home, away or night")
    name = _text(verb, values, {"bypass": "place", "rule": "rule", "snapshot": "camera"}.get(verb))
    return Asked(
        verb=verb, pin=_pin(verb, values), state=state, name=name, on=_on(verb, values), for_s=_for_s(verb, values)
    )


def _panel(values: dict[str, Any]) -> Asked:
    action = values.get("action")
    if not isinstance(action, str) or action not in _PANEL:
        raise ValueError(f"panel: action must be one of {', '.join(_PANEL)}")
    verb, state = _PANEL[action]
    return Asked(verb=verb, pin=_pin("panel", values), state=state)


def _text(verb: Verb, values: dict[str, Any], key: str | None) -> str | None:
    if key is None:
        return None
    value = values.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{verb}: it needs {key!r}")
    return value


def _pin(verb: Verb, values: dict[str, Any]) -> str | None:
    pin = values.get("pin")
    # What a template makes of an empty field.
    if pin in (None, "", "None"):
        return None
    if not isinstance(pin, str | int) or isinstance(pin, bool):
        raise ValueError(f"{verb}: pin must be a text of digits")
    return str(pin)


def _on(verb: Verb, values: dict[str, Any]) -> bool:
    value = values.get("on", True)
    key = value.lower() if isinstance(value, str) else value
    if not isinstance(key, str | bool) or key not in _ON:
        raise ValueError(f"{verb}: on must be true or false")
    return _ON[key]


def _for_s(verb: Verb, values: dict[str, Any]) -> float | None:
    value = values.get("for_s")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{verb}: for_s must be a number of seconds")
    return float(value)

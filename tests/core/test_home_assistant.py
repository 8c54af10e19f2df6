"""The device introduces itself."""

import json
from dataclasses import replace

import jinja2

from device.core.event import encode
from device.core.home_assistant import Introduction, encoded, introduction, removals
from tests.events import make_event

ALL = Introduction(
    device="shop-1", version="1.0", cameras=("aisle",), zones=("aisle/counter", "aisle/back room"),
    rules=("aisle/loitering-counter",), figures={"uptime_seconds": ("running for", "s"), "panel": ("panel", "")},
    sirens=True,
)  # fmt: skip
TEMPLATES = jinja2.Environment(autoescape=False)  # noqa: S701 - as Home Assistant renders: values, no page


def rendered(template: str, text: str) -> str:
    """What Home Assistant makes of a message."""
    return TEMPLATES.from_string(template).render(value=text, value_json=json.loads(text))


def test_every_entity_has_what_its_kind_needs() -> None:
    """A platform, a name, an identity of its own, and topics of this device alone."""
    payload = introduction(ALL)
    parts = payload["components"]
    assert {part["platform"] for part in parts.values()} == {
        "alarm_control_panel", "siren", "binary_sensor", "event", "image", "button", "switch", "sensor"
    }  # fmt: skip
    assert len({part["unique_id"] for part in parts.values()}) == len(parts)
    for part in parts.values():
        assert part["name"]
        topics = [value for key, value in part.items() if key.endswith("_topic")]
        assert topics
        assert all(topic.startswith("shopwarden/shop-1/") for topic in topics)
    assert json.loads(encoded(payload)) == payload


def test_without_a_siren_none_is_shown() -> None:
    """What is not wired cannot be switched."""
    assert "siren" not in introduction(replace(ALL, sirens=False))["components"]


def test_an_event_reaches_automations_once_and_in_time() -> None:
    """A start does, with its kind; an update, an end and whatever comes late are passed over."""
    template = introduction(ALL)["components"]["event"]["value_template"]
    event = make_event()
    told = json.loads(rendered(template, encode(event)))
    assert told["event_type"] == event.kind
    assert told["reasons"] == list(event.reasons)
    assert told["event_type"] in introduction(ALL)["components"]["event"]["event_types"]
    for passed_over in (replace(event, late=True), replace(event, state="end"), replace(event, state="update")):
        assert rendered(template, encode(passed_over)) == ""


def test_states_are_read_from_one_topic() -> None:
    """Zones and rules by their names, whatever stands in them."""
    parts = introduction(ALL)["components"]
    state = json.dumps(
        {"panel": "armed_away", "siren": "ON", "zones": {"aisle/counter": "ON", "aisle/back room": "OFF"},
         "rules": {"aisle/loitering-counter": "OFF"}}
    )  # fmt: skip
    assert rendered(parts["panel"]["value_template"], state) == "armed_away"
    assert rendered(parts["zone_aisle_counter"]["value_template"], state) == "ON"
    assert rendered(parts["zone_aisle_back_room"]["value_template"], state) == "OFF"
    assert rendered(parts["rule_aisle_loitering-counter"]["value_template"], state) == "OFF"
    assert rendered(parts["figure_uptime_seconds"]["value_template"], '{"uptime_seconds": 5}') == "5"
    assert rendered(parts["figure_uptime_seconds"]["value_template"], "{}") == "None"


def test_commands_are_json() -> None:
    """As templates make them of what is pressed and typed."""
    parts = introduction(ALL)["components"]
    typed = TEMPLATES.from_string(parts["panel"]["command_template"]).render(action="ARM_AWAY", code="1234")
    assert json.loads(typed) == {"action": "ARM_AWAY", "pin": "1234"}
    pressed = TEMPLATES.from_string(parts["rule_aisle_loitering-counter"]["command_template"]).render(value="OFF")
    assert json.loads(pressed) == {"rule": "aisle/loitering-counter", "on": "OFF"}


def test_what_is_gone_is_taken_back() -> None:
    """By its platform alone, beside all that is still there; what was never ours says nothing."""
    before, now = introduction(ALL), introduction(replace(ALL, zones=("aisle/counter",)))
    gone = removals(encoded(before), now)
    assert gone is not None
    assert gone["components"]["zone_aisle_back_room"] == {"platform": "binary_sensor"}
    assert {**now["components"], "zone_aisle_back_room": {"platform": "binary_sensor"}} == gone["components"]
    assert removals(encoded(now), now) is None
    for foreign in ("", "[]", "{}", '{"components": 3}', '{"components": {"a": 1}}', "\ufffd"):
        assert removals(foreign, now) is None

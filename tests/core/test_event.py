"""The event's codec and its published schema."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker

from device.core.event import KINDS, PRIORITIES, STATES, Event, decode, encode
from tests.events import events, make_event

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/event.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def on_the_wire(**changes: Any) -> dict[str, Any]:
    """The JSON object of a committed event, changed."""
    return dict(json.loads(encode(make_event(seq=1))), **changes)


@given(events())
def test_an_event_survives_the_wire(event: Event) -> None:
    """Decoding what was encoded gives the same event, and encoding that gives the same bytes."""
    text = encode(event)
    assert decode(text) == event
    assert encode(decode(text)) == text
    assert "\n" not in text


@given(events())
def test_every_event_keeps_to_the_schema(event: Event) -> None:
    """Whatever the codec writes, the schema allows."""
    VALIDATOR.validate(json.loads(encode(event)))


def test_the_schema_is_sound_and_names_what_the_codec_knows() -> None:
    """Fields, their order, kinds, priorities and states are the same in both."""
    Draft202012Validator.check_schema(SCHEMA)
    names = list(SCHEMA["properties"])
    assert names == SCHEMA["required"] == list(on_the_wire())
    assert set(names) == {field.name for field in fields(Event)}
    for name, values in (("kind", KINDS), ("priority", PRIORITIES), ("state", STATES)):
        assert SCHEMA["properties"][name]["enum"] == list(values)
    assert all("description" in field for field in SCHEMA["properties"].values())


def test_fields_of_a_later_writer_are_passed_over() -> None:
    """An unknown field breaks neither the schema nor the reader."""
    document = on_the_wire(colour="red")
    VALIDATOR.validate(document)
    assert decode(json.dumps(document)) == decode(
        json.dumps(on_the_wire(id=document["id"], event_id=document["event_id"]))
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": None}, {"seq": 0}, {"v": 2}, {"id": "6f1f9f4e-2b2c-4d6e-9a55-000000000000"}, {"confidence": 1.01},
        {"kind": "theft"}, {"priority": "high"}, {"state": "over"}, {"t_start": -1}, {"time": "2000-01-01T12:00:00"},
        {"boot_id": "x"}, {"objects": [{"track": 1, "label": "person", "score": 0.5, "box": [0, 0, 1]}]},
        {"objects": [{"track": 1, "label": "person", "score": 0.5, "box": [0, 0, 1, 416]}]}, {"rule": {"name": "x"}},
        {"reasons": "because"}, {"links": ["x"]}, {"evidence": {}}, {"late": 1}, {"camera": ""},
    ],
)  # fmt: skip
def test_the_schema_refuses(changes: dict[str, Any]) -> None:
    """Each range, enumeration and unit has teeth."""
    assert VALIDATOR.is_valid(on_the_wire())
    assert not VALIDATOR.is_valid(on_the_wire(**changes))


def test_an_event_without_its_number_is_not_for_the_wire() -> None:
    """Before the row is committed there is no seq, and the schema says so."""
    assert not VALIDATOR.is_valid(json.loads(encode(make_event(seq=None))))


@pytest.mark.parametrize("lost", [name for name in SCHEMA["required"] if name not in ("evidence", "chain", "late")])
def test_a_lost_field_is_an_error(lost: str) -> None:
    """The reader raises ValueError, never another error, where a field is missing."""
    document = on_the_wire()
    del document[lost]
    with pytest.raises(ValueError, match=r"version 1|lacks"):
        decode(json.dumps(document))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(v=2), lambda d: d.update(kind="theft"), lambda d: d.update(objects=[1]),
        lambda d: d.update(rule=None), lambda d: d.update(reasons=None), lambda d: d.update(evidence=3),
        lambda d: d.update(objects=[{"track": 1, "label": "x", "score": 1, "box": [1, 2]}]),
    ],
)  # fmt: skip
def test_a_spoilt_field_is_an_error(spoil: Callable[[dict[str, Any]], None]) -> None:
    """The reader raises ValueError, never another error, where a field is of the wrong kind."""
    document = on_the_wire()
    spoil(document)
    with pytest.raises(ValueError, match=r"version 1|unknown|misuses|unpack"):
        decode(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"v": 1'])
def test_what_is_no_event_is_an_error(text: str) -> None:
    """Anything but a JSON object of version 1 is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def test_a_number_that_json_lacks_is_refused() -> None:
    """NaN never reaches the wire."""
    with pytest.raises(ValueError, match="JSON"):
        encode(replace(make_event(), confidence=float("nan")))

"""Commands as they come by a broker."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.remote.asked import MAX_BYTES, VERBS, Asked, understand


@pytest.mark.parametrize(
    ("verb", "payload", "asked"),
    [
        ("arm", '{"state": "away"}', Asked(verb="arm", state="away")),
        ("arm", "night", Asked(verb="arm", state="night")),
        ("arm", '{"state": "home", "pin": 1234}', Asked(verb="arm", state="home", pin="1234")),
        ("disarm", '{"pin": "0042"}', Asked(verb="disarm", pin="0042")),
        ("disarm", "0042", Asked(verb="disarm", pin="0042")),
        ("disarm", "", Asked(verb="disarm")),
        ("bypass", '{"place": "door", "pin": "1"}', Asked(verb="bypass", name="door", pin="1")),
        ("bypass", '{"place": "door", "on": false}', Asked(verb="bypass", name="door", on=False)),
        ("mute", '{"for_s": 60, "pin": "1"}', Asked(verb="mute", for_s=60.0, pin="1")),
        ("siren", "ON", Asked(verb="siren")),
        ("siren", "OFF", Asked(verb="siren", on=False)),
        ("rule", '{"rule": "aisle/loitering", "on": "OFF"}', Asked(verb="rule", name="aisle/loitering", on=False)),
        ("snapshot", "aisle", Asked(verb="snapshot", name="aisle")),
        ("panel", '{"action": "ARM_AWAY", "pin": "None"}', Asked(verb="arm", state="away")),
        ("panel", '{"action": "DISARM", "pin": "1234"}', Asked(verb="disarm", pin="1234")),
        ("panel", '{"action": "TRIGGER", "pin": ""}', Asked(verb="siren")),
    ],
)
def test_what_is_meant(verb: str, payload: str, asked: Asked) -> None:
    """As JSON, as one word, and as Home Assistant says it."""
    assert understand(verb, payload.encode()) == asked


@pytest.mark.parametrize(
    ("verb", "payload", "said"),
    [
        ("explode", b"", "no command 'explode'"),
        ("arm", b"", "state must be home, away or night"),
        ("arm", b'{"state": "disarmed"}', "state must be"),
        ("arm", b'{"stand": "away"}', "unknown key 'stand'"),
        ("mute", b"60", "write it as JSON"),
        ("mute", b'{"for_s": "x"}', "for_s must be a number"),
        ("bypass", b'{"pin": "1"}', "it needs 'place'"),
        ("siren", b'{"on": "perhaps"}', "on must be true or false"),
        ("siren", b'{"on": [1]}', "on must be true or false"),
        ("disarm", b'{"pin": [1234]}', "pin must be a text of digits"),
        ("disarm", b"{" * 500, "no JSON"),
        ("arm", b"\xff", "no UTF-8"),
        ("arm", b"x" * (MAX_BYTES + 1), "more than"),
        ("panel", b'{"action": "SELF_DESTRUCT"}', "action must be one of"),
    ],
)
def test_what_cannot_be_understood_says_why(verb: str, payload: bytes, said: str) -> None:
    """In one line, for whoever sent it."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        understand(verb, payload)


def test_no_pin_is_ever_shown() -> None:
    """Neither by the command nor by the fault that it made."""
    assert "4711" not in repr(understand("disarm", b"4711"))
    with pytest.raises(ValueError, match="unknown key") as told:
        understand("disarm", b'{"pin": "4711", "x": 1}')
    assert "4711" not in str(told.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from([*VERBS, "", "x/y"]), st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_else_comes_of_any_payload(verb: str, payload: bytes) -> None:
    """A command, or a ValueError."""
    try:
        assert understand(verb, payload).verb in VERBS
    except ValueError:
        return

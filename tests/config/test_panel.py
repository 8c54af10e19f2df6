"""Tables of arming and pins: what is wrong is named with line and key."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.config import parse_config
from device.config.panel import output_settings, panel_settings, pins_file, schedule_of, sensor_settings
from device.core.event import ARMED_STATES
from device.errors import ConfigError

HEAD = """[device]
id = "shop-1"
state_dir = "state"
[[cameras]]
id = "aisle"
source = "synthetic:"
[[cameras.zones]]
id = "counter"
polygon = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]
"""
OUTPUT = '[[pins.outputs]]\nid = "siren"\npin = 17\n'
INPUT = '[[pins.inputs]]\nid = "front"\npin = 16\nkind = "door"\n'
SCHEDULE = '[[arming.schedule]]\ndays = ["mon"]\nat = "19:30"\nstate = "away"\n'


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("[arming]\nentry_delay_s = -1.0\n", "test:11: arming.entry_delay_s: "),
        ("[arming]\nexit_delay = 3.0\n", "test:11: arming.exit_delay: unknown key; did you mean 'exit_delay_s'?"),
        ('[arming]\nentry = ["contour"]\n', "test:10: arming: entry: there is no zone, line, shelf or input 'contour'"),
        ('[arming]\ntimezone = "Europe/Zurch"\n', "test:11: arming.timezone: 'Europe/Zurch' is no time zone"),
        ('[arming]\ntimezone = "../../etc/passwd"\n', "test:11: arming.timezone: '../../etc/passwd' is no time zone"),
        ('[arming]\nholidays = ["2026-12-32"]\n', "test:11: arming.holidays[1]: '2026-12-32' is no date"),
        (SCHEDULE.replace("19:30", "24:00"), "test:12: arming.schedule[1].at: "),
        (SCHEDULE.replace('"mon"', '"mo"'), "test:11: arming.schedule[1].days[1]: 'mo' is not known"),
        (SCHEDULE.replace('["mon"]', "[]"), "test:11: arming.schedule[1].days: "),
        (OUTPUT + "pattern = [1.0]\n", "test:13: pins.outputs[1].pattern: a pattern is seconds on, off"),
        (OUTPUT + "pattern = [1.0, 1.0]\npulse_s = 1.0\n", "test:10: pins.outputs[1]: either a pattern or pulse_s"),
        (OUTPUT + 'kind = "horn"\n', "test:13: pins.outputs[1].kind: 'horn' is not known"),
        (OUTPUT + OUTPUT, "pins: two of them have the id 'siren'"),
        (OUTPUT + INPUT.replace("16", "17"), "pins: two of them have the pin 17"),
        (INPUT.replace("door", "dor"), "test:13: pins.inputs[1].kind: 'dor' is not known; did you mean 'door'?"),
        (INPUT + "debounce_s = 0.0\n", "test:14: pins.inputs[1].debounce_s: "),
    ],
)
def test_what_is_wrong(more: str, complaint: str) -> None:
    """One line, with its number, the key, and the nearest right one."""
    with pytest.raises(ConfigError) as told:
        parse_config(HEAD + more, "test")
    assert complaint in str(told.value)


def test_what_the_panel_gets() -> None:
    """Places by id, with their camera, and inputs; delays and the schedule as they were written."""
    more = '[arming]\nentry = ["aisle/counter", "front"]\nentry_delay_s = 20.0\ntimezone = "Europe/Zurich"\n'
    config = parse_config(HEAD + INPUT + more + SCHEDULE, "test")
    settings = panel_settings(config)
    places = {place for place in settings.places if not place.startswith("rule:")}
    assert places == {"counter", "aisle/counter", "front"}
    rules = {place for place in settings.places if place.startswith("rule:") and "tamper" not in place}
    assert rules == {"rule:aisle/person_in_zone-counter"}
    assert "rule:aisle/tamper_dark" in settings.places
    assert (settings.entry, settings.entry_delay_s) == (frozenset({"aisle/counter", "front"}), 20.0)
    closing = datetime(2026, 11, 23, 19, 30, tzinfo=ZoneInfo("Europe/Zurich"))
    following = schedule_of(config).next_after(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
    assert following is not None
    assert following.wall == closing.timestamp()


@pytest.mark.parametrize(
    ("kind", "pulled", "active_high"),
    [("panic", "up", False), ("key", "up", False), ("door", "up", True), ("case", "up", True), ("pir", "down", True)],
)
def test_how_inputs_are_wired_where_nothing_is_said(kind: str, pulled: str, active_high: bool) -> None:
    """By kind; what is said counts."""
    (table,) = parse_config(HEAD + INPUT.replace("door", kind), "test").pins.inputs
    assert (table.pulled, table.is_active_high) == (pulled, active_high)
    said = INPUT.replace("door", kind) + 'pull = "none"\nactive_high = false\narmed_in = []\n'
    (table,) = parse_config(HEAD + said, "test").pins.inputs
    assert (table.pulled, table.is_active_high, sensor_settings(table).armed_in) == ("none", False, frozenset())


def test_when_inputs_are_an_alarm() -> None:
    """A panic button always, a door where somebody could come in."""
    for kind, states in (("panic", set(ARMED_STATES)), ("door", set(ARMED_STATES) - {"disarmed"})):
        (table,) = parse_config(HEAD + INPUT.replace("door", kind), "test").pins.inputs
        assert sensor_settings(table).armed_in == states


def test_what_an_output_gets() -> None:
    """Kind, pattern and times."""
    text = OUTPUT + 'kind = "relay"\npulse_s = 2.0\nmax_on_s = 60.0\ncooldown_s = 5.0\n'
    settings = output_settings(parse_config(HEAD + text, "test").pins.outputs[0])
    assert (settings.kind, settings.pulse_s, settings.max_on_s, settings.cooldown_s) == ("relay", 2.0, 60.0, 5.0)


def test_where_pins_are_kept() -> None:
    """In the state folder, or where it is said."""
    assert pins_file(parse_config(HEAD, "test")) == Path("state/panel-pins")
    said = parse_config(HEAD + '[arming]\npins_file = "/etc/shopwarden/pins"\n', "test")
    assert pins_file(said) == Path("/etc/shopwarden/pins")

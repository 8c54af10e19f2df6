"""Every fault in a configuration is one line: file, line, key, and the nearest thing that would be right."""

from pathlib import Path

import pytest

from device.config import load_config, parse_config
from device.errors import ConfigError

HEAD = """[device]
id = "shop-1"
state_dir = "/var/lib/shopwarden"

[[cameras]]
id = "aisle"
source = "synthetic:"
"""
HEAD_LINES = HEAD.count("\n")


def faults_of(text: str) -> list[str]:
    """The lines that a configuration is refused with."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "shop.toml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("rest", "line", "says"),
    [
        pytest.param('[detector]\nmdel = "x"', 2, "detector.mdel: unknown key; did you mean 'model'?", id="typo"),
        pytest.param("[camera]\n", 1, "camera: unknown key; did you mean 'cameras'?", id="table"),
        pytest.param("[zzz]\n", 1, "zzz: unknown key; known: device, detector, cameras", id="no near key"),
        pytest.param('[detector]\nModel = "x"', 2, "detector.Model: unknown key; did you mean 'model'?", id="capital"),
        pytest.param("[Mqtt]\n", 1, "Mqtt: unknown key; did you mean 'mqtt'?", id="capital table"),
        pytest.param('"" = 1', 0, 'cameras[1].: unknown key; known: id, source', id="empty key"),
        pytest.param(
            '[[cameras.zones]]\nid = "a"\nkind = "zne"\npolygon = [[0, 0], [1, 0], [1, 1]]',
            3, "cameras[1].zones[1].kind: 'zne' is not known; did you mean 'zone'?", id="literal",
        ),
        pytest.param(
            '[[cameras.zones]]\nid = "a"\npolygon = [[0, 0], [1, 0]]',
            3, "cameras[1].zones[1].polygon: a polygon needs at least 3 points, this one has 2", id="two points",
        ),
        pytest.param(
            '[[cameras.zones]]\nid = "a"\npolygon = [\n  [0.1, 0.1], [0.9, 0.9],\n  [0.9, 0.1], [0.1, 0.9],\n]',
            3, "cameras[1].zones[1].polygon: edge 1 crosses edge 3", id="crosses itself",
        ),
        pytest.param(
            '[[cameras.zones]]\nid = "a"\npolygon = [[0, 0], [1, 0], [1, 1.5]]',
            3, "cameras[1].zones[1].polygon[3][2]: input should be less than or equal to 1, not 1.5", id="outside",
        ),
        pytest.param(
            '[[cameras.zones]]\nid = "a"\n[[cameras.zones]]\nid = "b"\npolygon = [[0, 0], [1, 0], [1, 1]]',
            1, "cameras[1].zones[1].polygon: is missing", id="missing in the first of two",
        ),
        pytest.param(
            '[[cameras.lines]]\nid = "d"\nstart = [0.5, 0.5]\nend = [0.5, 0.5]',
            1, "cameras[1].lines[1]: a line needs two different points", id="line of one point",
        ),
        pytest.param(
            '[[cameras.rules]]\nkind = "loiterin"', 2,
            "cameras[1].rules[1].kind: 'loiterin' is not known; did you mean 'loitering'?", id="kind",
        ),
        pytest.param(
            '[[cameras.rules]]\nkind = "loitering"\nafter_s = -1.0', 3,
            "cameras[1].rules[1].after_s: input should be greater than or equal to 0, not -1.0", id="range",
        ),
        pytest.param(
            '[[cameras.rules]]\nkind = "loitering"\nafter_s = nan', 3, "cameras[1].rules[1].after_s: ", id="no number"
        ),
        pytest.param(
            '[[cameras.rules]]\nkind = "loitering"\nafter_s = "x"', 3,
            "cameras[1].rules[1].after_s: input should be a valid number, not 'x'", id="type",
        ),
        pytest.param(
            '[[cameras.rules]]\nkind = "person_in_zone"\nzone = "yrad"', -2,
            "cameras[1]: rule 1 (person_in_zone) names the zone 'yrad'; known: none is drawn", id="no such zone",
        ),
        pytest.param(
            '[[cameras.shelves]]\nid = "s"\npolygon = [[0, 0], [1, 0], [1, 1]]\nslots = {rows = 0, columns = 3}', 4,
            "cameras[1].shelves[1].slots.rows: input should be greater than or equal to 1, not 0", id="inline table",
        ),
        pytest.param("[mqtt]\nport = 0", 2, "mqtt.port: input should be greater than or equal to 1, not 0", id="port"),
        pytest.param('[mqtt]\nport = "1883"', 2, "mqtt.port: input should be a valid integer, not '1883'", id="text"),
        pytest.param("[mqtt]\nport = true", 2, "mqtt.port: input should be a valid integer, not True", id="truth"),
        pytest.param('[mqtt]\npassword_file = "p"', 1, "mqtt: password_file without username", id="no user"),
        pytest.param(
            "[mqtt]\nusername = 1979-05-27", 2, "mqtt.username: input should be a valid string", id="date"
        ),
        pytest.param(
            '[[cameras]]\nid = "aisle"\nsource = "synthetic:"', -2, "cameras: two cameras have the id 'aisle'",
            id="two of one name",
        ),
    ],
)  # fmt: skip
def test_a_fault_names_its_place(rest: str, line: int, says: str) -> None:
    """The message starts with file and line, then the key, then what is wrong with it."""
    faults = faults_of(HEAD + rest)

    assert len(faults) == 1
    place, _, message = faults[0].partition(": ")
    assert message.startswith(says)
    if line:
        assert place == f"shop.toml:{HEAD_LINES + line}"


def test_faults_come_in_the_order_of_the_file() -> None:
    """All faults are told at once, top to bottom."""
    faults = faults_of(HEAD + '[mqtt]\nport = 0\nhots = "x"\n[arming]\nstate = "off"')

    assert [fault.split(":")[1] for fault in faults] == [str(HEAD_LINES + n) for n in (2, 3, 5)]


def test_a_wrong_item_is_not_told_as_a_short_list() -> None:
    """One wrong camera gives one line, about what is wrong in it."""
    faults = faults_of('[device]\nid = "a"\nstate_dir = "/s"\n[[cameras]]\nid = "b"\nsurce = "synthetic:"')

    assert [fault.partition(": ")[2] for fault in faults] == [
        "cameras[1].source: is missing",
        "cameras[1].surce: unknown key; did you mean 'source'?",
    ]


def test_what_stands_nowhere_has_no_line() -> None:
    """A table that is left out is named without a line number."""
    assert faults_of('[device]\nid = "a"\nstate_dir = "/s"') == ["shop.toml: cameras: is missing"]


def test_the_same_id_twice_in_a_camera() -> None:
    """Zones and lines share their names, as events give only one."""
    text = (
        '[[cameras.zones]]\nid = "x"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'
        '[[cameras.lines]]\nid = "x"\nstart = [0, 0]\nend = [1, 1]'
    )

    assert faults_of(HEAD + text) == [f"shop.toml:{HEAD_LINES - 2}: cameras[1]: the id 'x' is used twice"]


def test_text_that_is_no_toml() -> None:
    """The reader's own words about the place are passed on."""
    faults = faults_of("[device\nid = 1")

    assert len(faults) == 1
    assert faults[0].startswith("shop.toml: is not TOML: ")
    assert "line 1" in faults[0]


def test_a_missing_file(tmp_path: Path) -> None:
    """It says where examples are."""
    with pytest.raises(ConfigError, match=r"none\.toml: there is no such file; docs/examples/"):
        load_config(tmp_path / "none.toml")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    """The system's own reason is told."""
    with pytest.raises(ConfigError, match="cannot be read: "):
        load_config(tmp_path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused by name."""
    path = tmp_path / "shop.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match=r"shop\.toml: cannot be read: "):
        load_config(path)


@pytest.mark.parametrize(
    ("rules", "line", "says"),
    [
        ('kind = "person_in_zone"', 5, "rule person_in_zone needs the key `zone`"),
        ('kind = "line_crossed"\nzone = "yard"', 5, "rule line_crossed-yard needs the key `line`"),
        (
            'after_s = 3.0\nkind = "camera_lost"',
            6,
            "this version has no rule of kind 'camera_lost'; it has: person_in_zone",
        ),
        ('kind = "loitering"\n[[cameras.rules]]\nkind = "loitering"', 6, "two rules are named 'loitering'"),
    ],
)
def test_rules_that_cannot_be_built(rules: str, line: int, says: str) -> None:
    """What only shows when the rules are made is told by line, camera and rule."""
    zone = '[[cameras.zones]]\nid = "yard"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'
    (fault,) = faults_of(f"{HEAD}{zone}[[cameras.rules]]\n{rules}")

    assert fault.startswith(f"shop.toml:{HEAD_LINES + line}: camera aisle: ")
    assert says in fault

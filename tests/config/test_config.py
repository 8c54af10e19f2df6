"""What a right configuration says, and what it amounts to where it says nothing."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from device.config import Config, load_config, parse_config
from device.errors import UsageError

COMPLETE = """
[device]
id = "shop-1"
state_dir = "/var/lib/shopwarden"

[detector]
model = "general-416"

[[cameras]]
id = "aisle"
source = "picamera2"
masks = [[[0.0, 0.0], [0.2, 0.0], [0.2, 0.3]]]

  [[cameras.zones]]
  id = "counter"
  kind = "zone"
  polygon = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9], [0.1, 0.9]]

  [[cameras.lines]]
  id = "door"
  kind = "exit"
  start = [0.2, 0.9]
  end = [0.8, 0.9]

  [[cameras.shelves]]
  id = "whisky"
  polygon = [[0.5, 0.1], [0.9, 0.1], [0.9, 0.5], [0.5, 0.5]]
  slots = {rows = 1, columns = 3}

  [[cameras.rules]]
  kind = "loitering"
  zone = "counter"
  after_s = 30

[[cameras]]
id = "yard"
source = "synthetic:"

[mqtt]
host = "127.0.0.1"
port = 1883
username = "cam"
password_file = "/etc/shopwarden/mqtt.password"

[pins]
outputs = [{id = "siren", pin = 17}]

[arming]
state = "night"

[web]
listen = "127.0.0.1:8080"
"""
SMALLEST = '[device]\nid = "a"\nstate_dir = "/s"\n[[cameras]]\nid = "c"\nsource = "synthetic:"'


def test_a_complete_file() -> None:
    """Every table of the contract is read, and whole numbers do for seconds."""
    config = parse_config(COMPLETE, "shop.toml")

    aisle = config.cameras[0]
    assert config.device.state_dir == Path("/var/lib/shopwarden")
    assert aisle.zones[0].polygon[2] == (0.5, 0.9)
    assert aisle.shelves[0].slots != "auto"
    assert aisle.rules is not None
    assert aisle.rules[0].after_s == 30.0
    assert config.pins.outputs[0].pin == 17
    assert config.arming.state == "night"


def test_the_smallest_file() -> None:
    """A device and a camera are enough; the rest has defaults, and no broker is told."""
    config = parse_config(SMALLEST, "shop.toml")

    assert config.mqtt is None
    assert config.cameras[0].rules is None
    assert config.arming.state == "away"
    assert config.detector.model == "general-416"


def test_effective_is_read_back_the_same() -> None:
    """What check-config prints holds every value in force."""
    config = parse_config(COMPLETE, "shop.toml")

    again = Config.model_validate_json(json.dumps(config.effective()))

    assert again == config


def test_a_configuration_cannot_be_changed() -> None:
    """Once read it stays as it is."""
    config = parse_config(SMALLEST, "shop.toml")

    with pytest.raises(ValidationError, match="frozen"):
        setattr(config.device, "id", "other")  # noqa: B010 - mypy would see it


def test_a_camera_by_name() -> None:
    """None takes the first; a name that is not there is told with those that are."""
    config = parse_config(COMPLETE, "shop.toml")

    assert config.camera(None).id == "aisle"
    assert config.camera("yard").id == "yard"
    with pytest.raises(UsageError, match="no camera 'yrad'; there are: aisle, yard"):
        config.camera("yrad")


def test_a_file_on_disk(tmp_path: Path) -> None:
    """The text is read as UTF-8."""
    path = tmp_path / "shop.toml"
    path.write_text(f"# Überwachung\n{SMALLEST}", encoding="utf-8")

    assert load_config(path).device.id == "a"

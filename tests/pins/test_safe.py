"""Outputs are off after every exit, also when nothing else works."""

from pathlib import Path
from typing import Any

import pytest

from device.errors import ConfigError, ShopwardenError
from device.pins import safe
from device.pins.board import mock_pins
from device.pins.safe import make_safe

BROKEN = """
nonsense = 1
[pins]
factory = "mock"
[[pins.outputs]]
id = "siren"
pin = 17
[[pins.outputs]]
id = "relay"
pin = 22
active_high = false
colour = "red"
[[pins.outputs]]
id = "lost"
[[pins.inputs]]
id = "door"
pin = 16
"""


class Kept:
    """Mock pins that can be looked at afterwards."""

    def __init__(self) -> None:
        self.factory = mock_pins()
        self.levels = {number: self.factory.pin(number) for number in (16, 17, 22)}

    def open(self, _wanted: str) -> Any:
        """As the configuration asks."""
        return self.factory


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """What is driven."""
    kept = Kept()
    monkeypatch.setattr(safe, "open_factory", kept.open)
    return kept


def test_every_output_is_driven_off(tmp_path: Path, pins: Kept) -> None:
    """Each to the level that its relay takes for off, though the rest of the file is wrong; inputs are left alone."""
    (tmp_path / "shop.toml").write_text(BROKEN, encoding="utf-8")
    for pin in pins.levels.values():
        pin.clear_states()

    assert make_safe(tmp_path / "shop.toml") == ["siren (GPIO 17) is off", "relay (GPIO 22) is off"]
    driven = {number: [state.state for state in pin.states] for number, pin in pins.levels.items()}
    assert (driven[17][-1], driven[22][1]) == (False, True)
    assert len(driven[16]) == 1


def test_one_pin_that_refuses_keeps_no_other_from_its_turn(tmp_path: Path, pins: Kept) -> None:
    """The failure is named, and the others are off."""
    text = BROKEN.replace("pin = 17", "pin = 99")
    (tmp_path / "shop.toml").write_text(text, encoding="utf-8")
    pins.levels[22].clear_states()

    with pytest.raises(ShopwardenError, match="siren: gpio: pin 99"):
        make_safe(tmp_path / "shop.toml")
    assert pins.levels[22].states[1].state is True


@pytest.mark.parametrize("text", ["", "pins = 3", "[pins]\noutputs = 1", "[pins]\noutputs = [1]\nfactory = 2"])
def test_nothing_to_do(tmp_path: Path, text: str) -> None:
    """A file without outputs is no fault."""
    (tmp_path / "shop.toml").write_text(text, encoding="utf-8")
    assert make_safe(tmp_path / "shop.toml") == []


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Nothing is guessed."""
    (tmp_path / "bad.toml").write_text("[pins", encoding="utf-8")
    for name in ("bad.toml", "nowhere.toml"):
        with pytest.raises(ConfigError, match="no pin was touched"):
            make_safe(tmp_path / name)

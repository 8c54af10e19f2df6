"""What the board says of itself, as the guard reads it."""

import pytest

from device.board import board_load, is_throttled


@pytest.mark.parametrize(
    ("flags", "now"),
    [("0", False), ("50000", False), ("50005", True), ("8", True), ("0x2", True), ("", False), ("what?", False)],
)
def test_throttled_is_what_happens_now(flags: str, now: bool) -> None:
    """Not what happened some time since the start; what cannot be read is not told."""
    assert is_throttled(flags) is now


def test_it_is_read_on_any_machine() -> None:
    """Also where there is no such sensor."""
    load = board_load()
    assert load.temperature_c is None or -50.0 < load.temperature_c < 150.0
    assert load.throttled in {True, False}

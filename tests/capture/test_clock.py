from datetime import UTC, datetime
from pathlib import Path

import pytest

from device import clock as clock_module
from device.clock import SimulatedClock, SystemClock


def test_the_system_clock_moves_on_while_waiting() -> None:
    """Waiting takes at least as long as asked; nothing or less takes no time."""
    clock = SystemClock()
    before = clock.monotonic()
    clock.wait(0.01)
    clock.wait(-5.0)
    assert clock.monotonic() - before >= 0.01
    assert clock.wall() > datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    assert clock.synced() in {True, False}


@pytest.mark.parametrize(
    ("state", "flag", "expected"), [(0, False, True), (5, False, False), (5, True, True), (-1, False, False)]
)
def test_wall_time_is_believed_by_kernel_or_flag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: int, flag: bool, expected: bool
) -> None:
    """The kernel's state counts, or the mark of this boot's time service; errors mean no."""
    mark = tmp_path / "synchronized"
    if flag:
        mark.touch()
    monkeypatch.setattr(clock_module, "_FLAGS", (tmp_path / "none", mark))
    monkeypatch.setattr(clock_module, "_kernel_clock_state", lambda: lambda: state)
    assert SystemClock().synced() is expected


def test_what_was_synced_once_stays_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hours without network do not make labels unbelievable."""
    states = [5, 0, 5, 5]
    monkeypatch.setattr(clock_module, "_FLAGS", (tmp_path / "none",))
    monkeypatch.setattr(clock_module, "_kernel_clock_state", lambda: lambda: states.pop(0))
    clock = SystemClock()
    assert [clock.synced() for _ in range(4)] == [False, True, True, True]


def test_the_simulated_clock_moves_only_when_told() -> None:
    """Both times move together; wall time alone can step."""
    clock = SimulatedClock(monotonic=10.0, wall=1000.0)
    clock.wait(2.5)
    clock.wait(-1.0)
    clock.advance(0.5)
    assert (clock.monotonic(), clock.wall(), clock.synced()) == (13.0, 1003.0, True)
    clock.set_wall(50.0, synced=False)
    assert (clock.monotonic(), clock.wall(), clock.synced()) == (13.0, 50.0, False)
    with pytest.raises(ValueError, match="cannot move"):
        clock.advance(-1.0)

"""How the guard asks for the time to be set."""

from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.clock_setter import EARLIEST_S, LATEST_S, REQUEST, ClockSetter
from device.errors import StoreError, UsageError

NOW = 1_790_000_000.4


class Rooted(SimulatedClock):
    """A clock beside which root's service looks for requests whenever somebody waits."""

    def __init__(self, folder: Path, *, works: bool = True) -> None:
        super().__init__(synced=False)
        self._request, self._works = folder / REQUEST, works

    def wait(self, seconds: float) -> None:
        """Time passes, and root looks."""
        super().wait(seconds)
        if self._works and self._request.exists():
            self.set_wall(float(self._request.read_text(encoding="ascii")))
            self._request.unlink()


def test_it_waits_until_it_is_so(tmp_path: Path) -> None:
    """And asks no second time."""
    clock = Rooted(tmp_path)
    setter = ClockSetter.of_service(clock, {"RUNTIME_DIRECTORY": str(tmp_path)})
    assert setter is not None
    setter.set(NOW)
    assert clock.wall() == pytest.approx(NOW, abs=1.0)
    with pytest.raises(UsageError, match="set already"):
        setter.set(NOW)


def test_where_nobody_sets_it(tmp_path: Path) -> None:
    """The error names the unit, and the request does not stay for later."""
    with pytest.raises(StoreError, match=r"shopwarden-clock\.path"):
        ClockSetter(Rooted(tmp_path, works=False), tmp_path).set(NOW)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="cannot be written"):
        ClockSetter(Rooted(tmp_path), tmp_path / "none").set(NOW)
    assert ClockSetter.of_service(Rooted(tmp_path), {}) is None


@pytest.mark.parametrize("unix_s", [0.0, EARLIEST_S - 1.0, LATEST_S, float("nan"), float("inf")])
def test_what_is_no_time_is_refused(tmp_path: Path, unix_s: float) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match="no time"):
        ClockSetter(Rooted(tmp_path), tmp_path).set(unix_s)
    assert list(tmp_path.iterdir()) == []

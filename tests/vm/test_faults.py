"""The table of faults, away from the virtual machine: a camera that stays away is no success."""

import signal

import pytest

from tests.vm import faults


@pytest.mark.parametrize(("cycles", "status"), [(2, 0), (3, 1)])
def test_each_camera_has_to_come_back_each_time(cycles: int, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice of two is well, twice of three is not."""

    def twice(line: str, fault: signal.Signals, cycles: int) -> faults.Row:
        return faults.Row(line, fault, cycles, (1.0, 2.0), (30.0, 9, 3), (30.0, 9, 3))

    monkeypatch.setattr(faults, "row", twice)
    assert faults.main([str(cycles), "synthetic:"]) == status


def test_a_camera_that_never_gives_a_picture_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And is not waited for without end."""
    monkeypatch.setattr(faults, "PATIENCE_S", 0.3)
    monkeypatch.setattr(faults, "STEADY_S", 0.1)
    assert faults.main(["1", "file:gone"]) == 1
    assert "| file:gone | SIGKILL | 1 | 0 | nan, nan, nan |" in capsys.readouterr().out

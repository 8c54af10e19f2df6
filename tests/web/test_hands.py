"""Threads that nobody waits for."""

import subprocess
import sys
import threading

import pytest

from device.web.hands import Hands
from tests.pins.waiting import soon


def test_work_is_done_and_its_errors_belong_to_whoever_asked() -> None:
    """By no more threads than there may be."""
    hands, gate = Hands(2, "test-hands"), threading.Event()
    waiting = [hands.submit(gate.wait, 20.0) for _ in range(5)]
    late = hands.submit(int, "7")
    assert sum(thread.name == "test-hands" for thread in threading.enumerate()) == 2
    left_out = hands.submit(gate.clear)
    assert left_out.cancel()
    gate.set()
    assert all(it.result(20.0) for it in waiting)
    assert late.result(20.0) == 7
    with pytest.raises(ZeroDivisionError):
        hands.submit(lambda: 1 // 0).result(20.0)
    assert gate.is_set()
    hands.shutdown()
    assert soon(lambda: all(thread.name != "test-hands" for thread in threading.enumerate()))


def test_what_hangs_keeps_nobody_from_ending() -> None:
    """The process ends all the same."""
    code = "import threading; from device.web.hands import Hands; Hands(1, 'x').submit(threading.Event().wait)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60.0, check=False).returncode == 0

"""What systemd hears, over a real socket."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from device.watchdog import Limit, Watchdog, is_progress


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A name as systemd gives it, in the file system or outside it."""
    return str(tmp_path / "notify") if request.param == "path" else f"@shopwarden-test-{os.getpid()}"


@pytest.fixture
def systemd(address: str) -> Iterator[socket.socket]:
    """The other end."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as server:
        server.bind("\0" + address[1:] if address.startswith("@") else address)
        server.setblocking(False)
        yield server


def heard(systemd: socket.socket) -> list[str]:
    """Everything said so far."""
    said = []
    while True:
        try:
            said.append(systemd.recv(4096).decode())
        except BlockingIOError:
            return said


def watchdog_of(address: str, **more: str) -> Watchdog:
    """As the service makes it."""
    return Watchdog.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000", **more})


def test_a_life(address: str, systemd: socket.socket) -> None:
    """Ready, status and end are said as the protocol wants them, each a datagram."""
    watchdog = watchdog_of(address)
    watchdog.ready(0.0, "guards\n2 cameras")
    watchdog.status("armed")
    watchdog.stopping()
    watchdog.close()
    watchdog.close()
    watchdog.status("nobody hears this")
    assert heard(systemd) == ["READY=1\nSTATUS=guards 2 cameras\nWATCHDOG=1", "STATUS=armed", "STOPPING=1"]


def test_it_pings_three_times_a_limit_while_there_is_progress(address: str, systemd: socket.socket) -> None:
    """Ticks in between say nothing."""
    with closing(watchdog_of(address)) as watchdog:
        watchdog.ready(100.0, "guards")
        heard(systemd)
        for second in range(101, 131):
            watchdog.progress(second, frame=True, inference=True)
            watchdog.tick(second)
        assert heard(systemd) == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    ("frame", "inference", "why_not", "counts"),
    [
        (True, True, None, True),
        (True, False, "nothing moves", True),
        (True, False, None, False),
        (False, True, None, False),
        (False, False, "nothing moves", False),
    ],
)
def test_only_what_proves_something_counts(frame: bool, inference: bool, why_not: str | None, counts: bool) -> None:
    """A frame and an inference, or a frame and a gate that says why not."""
    assert is_progress(frame=frame, inference=inference, why_not=why_not) == counts


def test_a_hung_part_ends_the_pings(address: str, systemd: socket.socket) -> None:
    """One camera's pipeline that stands still is enough, however busy the other is; an excuse counts as progress."""
    with closing(watchdog_of(address)) as watchdog:
        watchdog.ready(0.0, "guards", ["aisle", "door"])
        heard(systemd)
        for second in range(1, 60):
            watchdog.progress(second, frame=True, inference=True, part="aisle")
            watchdog.progress(second, frame=True, inference=False, part="door")
            watchdog.tick(second)
        assert heard(systemd) == ["WATCHDOG=1"]
        watchdog.excuse(60.0, "door")
        watchdog.tick(60.0)
        assert heard(systemd) == ["WATCHDOG=1"]


def test_a_limit_for_another_process_is_not_ours(address: str, systemd: socket.socket) -> None:
    """WATCHDOG_PID names who is watched."""
    for pid, pings in ((str(os.getpid()), 1), ("1", 0)):
        with closing(watchdog_of(address, WATCHDOG_PID=pid)) as watchdog:
            watchdog.ready(0.0, "guards")
            heard(systemd)
            watchdog.progress(15.0, frame=True, inference=True)
            watchdog.tick(15.0)
            assert heard(systemd) == ["WATCHDOG=1"] * pings


@pytest.mark.parametrize("usec", ["", "0", "-5", "soon"])
def test_without_a_limit_it_never_pings(address: str, systemd: socket.socket, usec: str) -> None:
    """A unit without WatchdogSec gets its READY and no more."""
    with closing(watchdog_of(address, WATCHDOG_USEC=usec)) as watchdog:
        watchdog.ready(0.0, "guards")
        heard(systemd)
        watchdog.progress(1e6, frame=True, inference=True)
        watchdog.tick(1e6)
        assert heard(systemd) == []


def test_without_systemd_nothing_happens() -> None:
    """On a laptop every call is a no-op."""
    with closing(Watchdog.from_environment({})) as watchdog:
        watchdog.ready(0.0, "guards")
        watchdog.tick(99.0)
        watchdog.stopping()


def test_a_systemd_that_is_gone_is_told_once_and_hurts_nobody(tmp_path: Path) -> None:
    """A lost socket is a warning, then silence."""
    with capture_logs() as logs, closing(watchdog_of(str(tmp_path / "gone"))) as watchdog:
        for _ in range(3):
            watchdog.status("guards")
    assert [entry["log_level"] for entry in logs] == ["warning", "debug", "debug"]


@given(st.floats(1.0, 600.0), st.floats(0.0, 60.0))
def test_a_healthy_service_is_never_killed(limit_s: float, start: float) -> None:
    """Ticked four times a limit's third, with progress at each, it pings at least twice a limit."""
    limit, last_ping, step = Limit(limit_s), start, limit_s / 12
    for number in range(1, 100):
        now = start + number * step
        if limit.due(now, now, last_ping):
            last_ping = now
        assert now - last_ping < limit_s / 2


@given(st.floats(1.0, 600.0), st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_a_hang_is_never_pinged(limit_s: float, since_progress: float, since_ping: float) -> None:
    """Where progress is older than a third of the limit no ping is due."""
    due = Limit(limit_s).due(1e7, 1e7 - since_progress, 1e7 - since_ping)
    assert not due or since_progress <= limit_s / 3 + 1e-6

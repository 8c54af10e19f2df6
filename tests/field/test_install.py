"""The installation on a fresh Debian with a real systemd, from the first run to the last trace. Tests run in order."""

import re
import threading

import pytest

from tests.field.machine import Machine
from tests.sinks.broker import free_port

pytestmark = [pytest.mark.root, pytest.mark.field, pytest.mark.timeout(600)]

UNIT = "shopwarden.service"
SNAPSHOT = (
    "find /etc /opt /usr/local /var/lib/shopwarden -xdev -not -name '*.pyc' -not -path '*/shopwarden.db*' "
    "-not -path '*/shopwarden/tracks/*' -type f "
    "-printf '%p %m %u %s %T@\\n' | LC_ALL=C sort | sha256sum"
)
"""Every file that an installation may touch, with its time, but for what the guard itself writes all the time."""


def snapshot(machine: Machine) -> str:
    """The sum of all such files."""
    return machine.run("sh", "-c", SNAPSHOT).text


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    """It says what it would do."""
    before = snapshot(machine)
    done = machine.install("--answers", "/answers", "--unattended", "--dry-run")
    assert done.status == 0, done.text
    assert "would: start it" in done.text
    assert snapshot(machine) == before


def test_the_first_run_ends_with_a_guard(machine: Machine) -> None:
    """It guards before the installer ends, and people are told what comes next."""
    done = machine.install("--answers", "/answers", "--unattended")
    assert done.status == 0, done.text
    assert "it guards: guards camera-1" in done.text
    assert machine.shown(UNIT, "ActiveState", "UnitFileState") == {"ActiveState": "active", "UnitFileState": "enabled"}


def test_timers_wait_for_their_time(machine: Machine) -> None:
    """Each is enabled, and what it starts does its work beside the running guard."""
    for name in ("check", "retention", "selftest"):
        timer = f"shopwarden-{name}.timer"
        assert machine.shown(timer, "ActiveState", "UnitFileState") == {
            "ActiveState": "active",
            "UnitFileState": "enabled",
        }
        service = f"shopwarden-{name}.service"
        done = machine.run("systemctl", "start", service)
        log = machine.run("journalctl", "-q", "-u", service, "-o", "cat").text
        assert done.status == 0, log
        assert {"check": "sound", "retention": "the running guard sees to it", "selftest": "ok       model"}[
            name
        ] in log
    assert machine.run("systemd-analyze", "verify", "--man=no", "/etc/systemd/system/shopwarden.service").text == ""
    assert machine.run("systemctl", "reload", UNIT).status == 0
    assert machine.shown(UNIT, "ActiveState") == {"ActiveState": "active"}


def test_root_sets_the_clock_that_the_guard_asks_for(machine: Machine) -> None:
    """Once a start. A container may not move this machine's clock, so ``date`` only notes how it was called."""
    stub = (
        "printf '#!/bin/sh\\necho \"$*\" >>/run/date-called\\n' >/usr/local/sbin/date; chmod 755 /usr/local/sbin/date"
    )
    assert machine.run("sh", "-c", stub).status == 0
    network = machine.run("test", "-e", "/run/systemd/timesync/synchronized").status == 0
    asked = machine.run("runuser", "-u", "shopwarden", "--", "sh", "-c", "echo 1790000000 >/run/shopwarden/set-clock")
    assert asked.status == 0, asked.text
    poll, seen = threading.Event(), ""
    for _ in range(100):
        seen = machine.run("journalctl", "-q", "-u", "shopwarden-clock.service", "-o", "cat").text
        if "was set by an admin" in seen or "ignored" in seen:
            break
        poll.wait(0.2)
    assert ("set already" if network else "was set by an admin") in seen
    assert machine.run("test", "-e", "/run/shopwarden/set-clock").status == 1
    assert machine.run("cat", "/run/date-called").text.strip() == ("" if network else "-u -s @1790000000")
    assert machine.shown("shopwarden-clock.path", "ActiveState") == {"ActiveState": "active"}
    assert machine.run("rm", "-f", "/usr/local/sbin/date", "/run/date-called").status == 0


def test_the_second_changes_nothing(machine: Machine) -> None:
    """Not a file, not a time of one, and the guard is not interrupted."""
    before, running = snapshot(machine), machine.shown(UNIT, "MainPID", "NRestarts")
    done = machine.install("--answers", "/answers", "--unattended")
    assert done.status == 0, done.text
    assert "nothing had to be changed" in done.text
    assert snapshot(machine) == before
    assert machine.shown(UNIT, "MainPID", "NRestarts") == running


def test_the_sandbox_is_tight(machine: Machine) -> None:
    """By systemd's own measure, at most 2.5."""
    found = machine.run("systemd-analyze", "security", "--no-pager", UNIT).text
    score = re.search(r"exposure level for shopwarden\.service: ([0-9.]+)", found)
    assert score is not None, found
    assert float(score[1]) <= 2.5


def test_it_is_announced_where_others_reach_it(machine: Machine) -> None:
    """By mDNS with its name and port; no more, once its page is for this machine alone."""
    place, config = "/etc/avahi/services/shopwarden.service", "/etc/shopwarden/shopwarden.toml"
    before, port = machine.read(config), free_port()
    machine.run("mkdir", "-p", "/etc/avahi/services")
    for listen, announced in ((f"0.0.0.0:{port}", True), (f"127.0.0.1:{port}", False)):
        text = f'{before}\n[web]\nlisten = "{listen}"\n'
        assert machine.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", text, config).status == 0
        done = machine.install("--answers", "/answers", "--unattended")
        assert done.status == 0, done.text
        assert (machine.run("test", "-e", place).status == 0) is announced
        if announced:
            text = machine.read(place)
            assert "<name>Shopwarden shop-7</name>" in text
            assert text.count(f"<port>{port}</port>") == 2
            assert "@" not in text


def test_a_killed_guard_is_back(machine: Machine) -> None:
    """SIGKILL: restarted, and the pins were driven safe in between."""
    before = machine.shown(UNIT, "MainPID", "NRestarts")
    assert machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT).status == 0
    machine.wait_for(UNIT, ("activating", "inactive", "failed", "deactivating"), 20)
    machine.wait_for(UNIT)
    after = machine.shown(UNIT, "MainPID", "NRestarts")
    assert after["MainPID"] != before["MainPID"]
    assert int(after["NRestarts"]) == int(before["NRestarts"]) + 1


def test_a_hung_guard_is_back(machine: Machine) -> None:
    """SIGSTOP: the watchdog ends it."""
    machine.write("/run/systemd/system/shopwarden.service.d/fast.conf", "[Service]\nWatchdogSec=4\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", UNIT)
    before = machine.shown(UNIT, "MainPID")
    assert machine.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", UNIT).status == 0
    machine.wait_for(UNIT, ("activating", "inactive", "failed", "deactivating"), 30)
    machine.wait_for(UNIT)
    assert machine.shown(UNIT, "MainPID") != before
    assert "watchdog" in machine.run("journalctl", "-q", "-u", UNIT, "-o", "cat").text.lower()
    machine.run("rm", "-r", "/run/systemd/system/shopwarden.service.d")
    machine.run("systemctl", "daemon-reload")


def test_it_leaves_nothing(machine: Machine) -> None:
    """Uninstalled with all it knew: no file, no unit, no user; the journal of the installation alone stays."""
    done = machine.install("--uninstall", "--purge")
    assert done.status == 0, done.text
    found = "find /etc /home /opt /srv /usr /var -xdev -iname '*shopwarden*' -not -path '/var/log/*'"
    assert machine.run("sh", "-c", found).text == ""
    assert machine.run("id", "shopwarden").status != 0
    assert machine.shown(UNIT, "LoadState") == {"LoadState": "not-found"}

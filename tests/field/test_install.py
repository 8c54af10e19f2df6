"""The installation on a fresh Debian with a real systemd, from the first run to the last trace. Tests run in order."""

import json
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


LISTEN = """
import json
import subprocess
from pathlib import Path
import paho.mqtt.client as mqtt

def heard(client, _data, message):
    # The guard may have something of its own to tell meanwhile.
    if json.loads(message.payload)["data"].get("test"):
        print(message.payload.decode(), flush=True)
        client.disconnect()

def ask(*_):
    call = ["shopwarden", "test-event", "person_in_zone", "--config", "/etc/shopwarden/shopwarden.toml"]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.username_pw_set("shop-7", Path("/etc/shopwarden/secrets/mqtt.password").read_text().strip())
client.tls_set("/etc/mosquitto/shopwarden/ca.crt")
client.on_message, client.on_subscribe = heard, ask
client.connect("127.0.0.1", 8883)
client.subscribe("shopwarden/shop-7/event", qos=1)
client.loop_forever()
"""
EFFECTS = {
    # What the guard needs.
    "write its configuration": "done",
    "write its state": "done",
    "write its run folder": "done",
    "open an internet socket": "done",
    "open a netlink socket": "done",
    "open /dev/null": "done",
    "credentials": ["secrets_mqtt.password"],
    "a credential is read": True,
    # All else.
    "write /usr": "EROFS",
    "write /etc": "EROFS",
    "write another's state": "EROFS",
    "look into /root": "EACCES",
    "read the secrets' folder": "EACCES",
    "see what others put into /tmp": "ENOENT",
    "see other processes": "ENOENT",
    "write a kernel setting": "EROFS",
    "make a control group": "EROFS",
    "read the kernel's log": "EPERM",
    "load a module": "EPERM",
    "look at modules": "EACCES",
    "set the clock": "EPERM",
    "set the host's name": "EPERM",
    "change the personality": "EPERM",
    "make a namespace": "EPERM",
    "run in real time": "EPERM",
    "set the user id bit": "EPERM",
    "change its root": "EPERM",
    "raise its limits": "not allowed to raise maximum limit",
    "open a packet socket": "EAFNOSUPPORT",
    "open a socket of the kernel's cryptography": "EAFNOSUPPORT",
    "open a device of others": "EPERM",
    "capabilities": ["", "", "", ""],
    "no new privileges": "1",
    "seccomp": "2",
    "umask": "0027",
}
"""What comes of each try in the sandbox."""


def snapshot(machine: Machine) -> str:
    """The sum of all such files."""
    return machine.run("sh", "-c", SNAPSHOT).text


LISTING = (
    # What the system itself writes down of packages that came and went is none of ours.
    "{ find /etc /opt /usr /srv /home /root /var/lib /var/spool -xdev -not -path '/var/lib/apt/*' "
    "-not -path '/var/lib/dpkg/*' -not -path '/var/lib/systemd/*' -not -path '*/__pycache__*' -not -name '*-'; "
    "dpkg-query -W -f '${Package}\\n'; sed 's/:.*//' /etc/passwd /etc/group; } | LC_ALL=C sort"
)
"""What there is on a machine: files, packages, users and groups."""


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    """It says what it would do."""
    assert machine.run("sh", "-c", f"({LISTING}) >/run/before").status == 0
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


def test_an_event_reaches_who_listens(machine: Machine) -> None:
    """By the broker on this machine, over TLS, under the name and the password that the device was given."""
    heard = machine.run("/opt/shopwarden/current/bin/python", "-c", LISTEN, timeout_s=120)
    assert heard.status == 0, heard.text
    event = json.loads(heard.text.splitlines()[-1])
    assert (event["device"], event["kind"], event["data"]["test"]) == ("shop-7", "person_in_zone", True)


def test_the_report_can_be_signed(machine: Machine) -> None:
    """One page as HTML and as PDF, with each try on it, while nobody guards; then it guards again."""
    assert machine.run("systemctl", "stop", UNIT).status == 0
    command = ("shopwarden", "selftest", "--config", "/etc/shopwarden/shopwarden.toml", "--report", "/run")
    done = machine.run(*command, timeout_s=120)
    assert done.status == 0, done.text
    assert machine.run("systemctl", "start", UNIT).status == 0
    page = machine.read("/run/selftest.html")
    assert [word for word in ("camera-1", "general-416", "data:image", "signature") if word not in page] == []
    assert machine.run("head", "-c", "5", "/run/selftest.pdf").text == "%PDF-"


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


def test_each_line_of_the_sandbox_has_its_effect(machine: Machine) -> None:
    """Tried from inside: a copy of the unit runs a program that does what is forbidden, and what is left open."""
    text = machine.read("/etc/systemd/system/shopwarden.service")
    # The same sandbox around another program that runs once, beside the guard.
    text = re.sub(
        r"(?m)^(ExecStartPre|ExecStartPost|ExecStopPost|ExecReload|WatchdogSec|Restart|RestartSec|OnFailure)=.*\n",
        "",
        text,
    )
    text = re.sub(r"(?m)^Type=.*", "Type=oneshot", text)
    text = re.sub(r"(?m)^ExecStart=.*", "ExecStart=/usr/bin/python3 /mnt/project/tests/field/probe.py", text)
    text = text.replace("RuntimeDirectoryPreserve=restart", "RuntimeDirectoryPreserve=yes")
    machine.write("/run/systemd/system/probe.service", text)
    machine.run("sh", "-c", "touch /tmp/put-by-others; mkdir -p /usr/lib/modules/x; systemctl daemon-reload")
    done = machine.run("systemctl", "start", "probe.service")
    said = machine.run("journalctl", "-q", "-u", "probe.service", "-o", "cat").text
    assert done.status == 0, said
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    # Of the kernel's own making where systemd knows it, else of a filter's.
    assert found.pop("write what it executes") in {"EACCES", "EPERM"}
    assert found.pop("user") == int(machine.run("id", "-u", "shopwarden").text)
    assert found == EFFECTS
    machine.run(
        "sh",
        "-c",
        "rm -r /run/systemd/system/probe.service /usr/lib/modules/x; rmdir /usr/lib/modules; systemctl daemon-reload",
    )


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
    machine.run("rmdir", "/etc/avahi/services", "/etc/avahi")


def test_a_killed_guard_is_back(machine: Machine) -> None:
    """SIGKILL: restarted, and the pins were driven safe in between."""
    before = machine.shown(UNIT, "MainPID", "NRestarts")
    assert machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT).status == 0
    machine.wait_for(UNIT, ("activating", "inactive", "failed", "deactivating"), 20)
    machine.wait_for(UNIT)
    after = machine.shown(UNIT, "MainPID", "NRestarts")
    assert after["MainPID"] != before["MainPID"]
    assert int(after["NRestarts"]) == int(before["NRestarts"]) + 1
    safe = machine.run("systemctl", "show", UNIT, "--property=ExecStopPost").text.splitlines()[0]
    assert "pins-safe" in safe
    assert "status=0" in safe


def test_a_full_disk_does_not_end_it(machine: Machine) -> None:
    """It starts on a disk without a byte left, guards, and keeps its store once there is room again."""
    small = """
        systemctl stop shopwarden
        mount -t tmpfs -o size=48m,mode=750,uid=$(id -u shopwarden),gid=$(id -g shopwarden) small /var/lib/shopwarden
        systemctl start shopwarden
        systemctl stop shopwarden
        dd if=/dev/zero of=/var/lib/shopwarden/filler bs=64k
        dd if=/dev/zero of=/var/lib/shopwarden/last bs=1
    """
    done = machine.run("sh", "-c", small, timeout_s=120)
    assert "No space left" in done.text
    machine.run("systemctl", "start", "--no-block", UNIT)
    machine.wait_for(UNIT)
    said = machine.run("journalctl", "-q", "-b", "-n", "200", "-u", UNIT, "-o", "cat").text
    assert "disk" in said
    assert machine.run("sh", "-c", "rm /var/lib/shopwarden/filler /var/lib/shopwarden/last").status == 0
    assert machine.run("systemctl", "restart", UNIT).status == 0
    check = machine.run("systemctl", "start", "shopwarden-check.service")
    assert check.status == 0, machine.run("journalctl", "-q", "-n", "20", "-u", "shopwarden-check.service").text
    back = "systemctl stop shopwarden && umount /var/lib/shopwarden && systemctl start shopwarden"
    assert machine.run("sh", "-c", back, timeout_s=120).status == 0


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
    before = machine.read("/run/before").split("\n")
    after = machine.run("sh", "-c", LISTING).text.split("\n")
    assert sorted(set(after) - set(before)) == []
    assert sorted(set(before) - set(after)) == []
    assert machine.run("id", "shopwarden").status != 0
    assert machine.shown(UNIT, "LoadState") == {"LoadState": "not-found"}

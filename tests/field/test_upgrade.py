"""A new release beside the one in use: taken into use, or given up with everything as it was. Tests run in order."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.field.conftest import ANSWERS, root_of
from tests.field.machine import Machine

pytestmark = [pytest.mark.root, pytest.mark.field, pytest.mark.timeout(600)]

PROJECT = Path(__file__).parents[2]
UNIT = "shopwarden.service"
LISTING = "find /etc /opt /usr/local -xdev -not -name '*-'; sed 's/:.*//' /etc/passwd /etc/group"
"""What there is, but for the copies that the system keeps of its lists of users."""
CURRENT = "readlink -f /opt/shopwarden/current"


def variant(folder: Path, version: str, *, broken: bool = False) -> Path:
    """A copy of the project under another version; broken, its self-test fails."""
    for name in ("device", "training", "models", "constraints", "systemd"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, folder / name)
    (folder / "device" / "__init__.py").write_text(f'"""The guard."""\n\n__version__ = "{version}"\n')
    if broken:
        # Sound enough to be installed, and no guard: as a release for another board would be.
        (folder / "device" / "selftest" / "checks.py").write_text(
            '"""Broken."""\n\nraise RuntimeError("no such board")\n'
        )
    return folder


@pytest.fixture(scope="module", params=["trixie", pytest.param("bookworm", marks=pytest.mark.slow)])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A guard, with a good and a broken release at hand."""
    folder = tmp_path_factory.mktemp("releases")
    binds = {
        variant(folder / "good", "0.2.0"): "/mnt/good",
        variant(folder / "bad", "0.3.0", broken=True): "/mnt/bad",
    }
    found = Machine(root_of(request.param), binds=binds)
    found.boot()
    try:
        # With a broker, whose password the self-test needs.
        found.write("/answers", ANSWERS.replace("mqtt = none", "mqtt = local"))
        done = found.install("--answers", "/answers", "--unattended")
        assert done.status == 0, done.text
        yield found
    finally:
        found.halt()


def upgrade(machine: Machine, place: str) -> tuple[int, str]:
    """Run the installer of another release."""
    script = f"{place}/systemd/install.sh"
    done = machine.run("bash", script, "--upgrade", "--answers", "/answers", "--unattended", timeout_s=600)
    return done.status, done.text


def test_a_release_whose_self_test_fails_is_given_up(machine: Machine) -> None:
    """The one before guards on, with its store, its units and its files as they were."""
    before = machine.run("sh", "-c", CURRENT).text
    status, text = upgrade(machine, "/mnt/bad")
    assert status == 1, text
    assert "stays in use" in text
    assert "the machine is as it was" in text
    assert machine.run("sh", "-c", CURRENT).text == before
    assert machine.wait_for(UNIT) == "active"
    assert "0.3.0" not in machine.run("ls", "/opt/shopwarden/releases").text


def test_a_good_release_is_taken_into_use(machine: Machine) -> None:
    """Its self-test reaches the broker by the device's password; the guard runs from it, the one before is kept."""
    status, text = upgrade(machine, "/mnt/good")
    assert status == 0, text
    assert re.search(r"ok +broker", text), text
    assert machine.run("shopwarden", "--version").text.strip() == "shopwarden 0.2.0"
    assert machine.wait_for(UNIT) == "active"
    releases = machine.run("ls", "/opt/shopwarden/releases").text.split()
    assert len(releases) == 2
    assert machine.run("sh", "-c", CURRENT).text.strip().rpartition("/")[2] in releases


def test_a_broken_configuration_is_waited_for(machine: Machine) -> None:
    """Restarted with longer and longer pauses, people told at the third failure, and back once it is mended."""
    config = "/etc/shopwarden/shopwarden.toml"
    good = machine.read(config)
    machine.write("/etc/shopwarden/on-failure.d/lamp", '#!/bin/sh\necho "$1" >/run/lamp\n')
    assert machine.run("chmod", "755", "/etc/shopwarden/on-failure.d/lamp").status == 0
    machine.write(config, good + "[nonsense]\n")
    machine.run("systemctl", "restart", "--no-block", UNIT)
    machine.run("sh", "-c", "until grep -qs . /run/motd.d/shopwarden; do sleep 0.2; done", timeout_s=60)
    assert "shopwarden.service has failed" in machine.read("/run/motd.d/shopwarden")
    machine.run("sh", "-c", "until grep -qs . /run/lamp; do sleep 0.2; done", timeout_s=60)
    assert "Shopwarden needs somebody: shopwarden.service" in machine.read("/run/lamp")
    said = machine.run("journalctl", "-q", "-o", "cat", "-u", UNIT).text
    assert "nonsense" in said
    assert "failed 2 times in a row: waiting 3 s" in said
    machine.write(config, good)
    assert machine.wait_for(UNIT, timeout_s=90) == "active"
    assert machine.run("test", "-e", "/run/motd.d/shopwarden").status == 1


def test_what_fails_in_the_middle_is_taken_back(machine: Machine) -> None:
    """A configuration that is wrong is the last step but one: all before it is undone on a machine without a guard."""
    assert machine.install("--uninstall", "--purge").status == 0
    # Another's broker, which is to guard its own messages afterwards as it did before.
    theirs = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install mosquitto"
    assert machine.run("sh", "-c", theirs).status == 0
    assert machine.wait_for("mosquitto.service") == "active"
    before = machine.run("sh", "-c", LISTING).text
    machine.write("/wrong.toml", "[nonsense]\n")
    machine.write("/answers", ANSWERS.replace("mqtt = none", "mqtt = local") + "config = /wrong.toml\n")
    done = machine.install("--answers", "/answers", "--unattended")
    assert done.status == 1, done.text
    assert 'step "configuration" failed' in done.text
    assert "What to do: " in done.text
    assert "could not take back" not in done.text
    assert machine.shown("mosquitto.service", "ActiveState") == {"ActiveState": "active"}
    assert sorted(set(machine.run("sh", "-c", LISTING).text.split()) ^ set(before.split())) == []
    assert machine.run("id", "shopwarden").status != 0

"""The announcement, found by a real Avahi as others in the network would."""

from collections.abc import Iterator

import pytest

from tests.field.conftest import ANSWERS, root_of
from tests.field.machine import Machine
from tests.sinks.broker import free_port

pytestmark = [pytest.mark.root, pytest.mark.field, pytest.mark.slow, pytest.mark.timeout(900)]

PEER = """
export DEBIAN_FRONTEND=noninteractive
apt-get update -q && apt-get install -y -q --no-install-recommends avahi-daemon avahi-utils
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A Debian that speaks mDNS before the guard comes."""
    found = Machine(root_of("trixie"))
    found.boot()
    try:
        done = found.run("sh", "-c", PEER, timeout_s=300)
        assert done.status == 0, done.text
        found.wait_for("avahi-daemon.service")
        found.write("/answers", ANSWERS)
        yield found
    finally:
        found.halt()


def test_it_is_found(machine: Machine) -> None:
    """By its kind of service: its name, its port and who it is; and not any more once it is gone."""
    port = free_port()
    page = '[device]\nid = "shop-7"\nstate_dir = "/var/lib/shopwarden"\n[[cameras]]\nid = "a"\nsource = "synthetic:"\n'
    machine.write("/page.toml", f'{page}[web]\nlisten = "0.0.0.0:{port}"\n')
    machine.write("/answers", ANSWERS + "config = /page.toml\n")
    done = machine.install("--answers", "/answers", "--unattended")
    assert done.status == 0, done.text
    look = "for n in $(seq 30); do avahi-browse -rptk _shopwarden._tcp | grep '^=' && exit 0; sleep 1; done; exit 1"
    seen = machine.run("sh", "-c", look, timeout_s=200)
    assert seen.status == 0, seen.text + machine.run("journalctl", "-q", "-u", "avahi-daemon", "-n", "30").text
    fields = seen.text.splitlines()[0].split(";")
    assert fields[3] == r"Shopwarden\032shop-7"
    assert fields[8] == str(port)
    assert '"device=shop-7"' in fields[9]
    assert machine.install("--uninstall", "--purge").status == 0
    gone = "for n in $(seq 30); do avahi-browse -rptk _shopwarden._tcp | grep -q '^=' || exit 0; sleep 1; done; exit 1"
    assert machine.run("sh", "-c", gone, timeout_s=200).status == 0

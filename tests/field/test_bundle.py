"""A bundle, and a machine that has no network at all."""

import hashlib
import importlib.util
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.field.conftest import root_of
from tests.field.machine import Machine

pytestmark = [
    pytest.mark.root,
    pytest.mark.field,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(importlib.util.find_spec("uv") is None, reason="uv is not installed"),
]

PROJECT = Path(__file__).parents[2]
ANSWERS = "device_id = shop-9\ncamera = synthetic:\nmqtt = local\nwatchdog = yes\nbundle_key = {key}\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A bundle for this kind of machine, and the fingerprint of the key that signed it."""
    folder = tmp_path_factory.mktemp("bundle")
    key, out = folder / "key.pem", folder / "bundle.tar"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True)
    maker = PROJECT / "systemd" / "make_bundle.py"
    targets = "trixie-amd64,bookworm-amd64"
    subprocess.run([sys.executable, str(maker), "--key", str(key), "--out", str(out), "--targets", targets], check=True)
    public = ["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"]
    return out, hashlib.sha256(subprocess.run(public, capture_output=True, check=True).stdout).hexdigest()


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def machine(request: pytest.FixtureRequest, bundle: tuple[Path, str]) -> Iterator[Machine]:
    """A Debian without a network, with the bundle at hand."""
    found = Machine(root_of(request.param), network=False, binds={bundle[0].parent: "/mnt/bundle"})
    found.boot()
    try:
        found.write("/srv/answers", ANSWERS.format(key=bundle[1]))
        yield found
    finally:
        found.halt()


def test_a_bundle_of_another_key_is_refused(machine: Machine) -> None:
    """Before anything is changed."""
    machine.write("/srv/others", ANSWERS.format(key="0" * 64))
    done = machine.install("--offline", "/mnt/bundle/bundle.tar", "--answers", "/srv/others", "--unattended")
    assert done.status == 1
    assert "is signed by" in done.text
    assert machine.run("test", "-e", "/opt/shopwarden").status == 1


@pytest.mark.parametrize("victim", ["VERSION", "SHA256SUMS", "SHA256SUMS.sig"])
def test_a_changed_byte_is_found(machine: Machine, bundle: tuple[Path, str], victim: str) -> None:
    """Wherever it is."""
    folder = bundle[0].parent / f"changed-{victim}"
    if not folder.exists():
        folder.mkdir()
        with tarfile.open(bundle[0]) as archive:
            archive.extractall(folder, filter="data")
        data = bytearray((folder / victim).read_bytes())
        data[0] ^= 1
        (folder / victim).write_bytes(data)
    done = machine.install("--offline", f"/mnt/bundle/{folder.name}", "--answers", "/srv/answers", "--unattended")
    assert done.status == 1
    assert 'step "the bundle" failed' in done.text
    assert machine.run("test", "-e", "/opt/shopwarden").status == 1


def test_a_file_that_nobody_signed_is_found(machine: Machine, bundle: tuple[Path, str]) -> None:
    """However harmless it looks: it could be installed with the others."""
    folder = bundle[0].parent / "more"
    if not folder.exists():
        folder.mkdir()
        with tarfile.open(bundle[0]) as archive:
            archive.extractall(folder, filter="data")
        (folder / "wheels" / "more-1.0-py3-none-any.whl").touch()
    done = machine.install("--offline", "/mnt/bundle/more", "--answers", "/srv/answers", "--unattended")
    assert done.status == 1
    assert "holds wheels/more-1.0-py3-none-any.whl, which nobody signed" in done.text


def test_unattended_somebody_has_said_whose_signature_counts(machine: Machine) -> None:
    """Nobody is there to be asked."""
    machine.write("/srv/nobody", ANSWERS.format(key=""))
    done = machine.install("--offline", "/mnt/bundle/bundle.tar", "--answers", "/srv/nobody", "--unattended")
    assert done.status == 1
    assert "nobody said whose signature counts" in done.text


def test_it_guards_without_any_network(machine: Machine) -> None:
    """With its own broker over TLS, whose messages reach who listens with the right certificate."""
    assert machine.run("ip", "route").text.strip() == ""
    done = machine.install(
        "--offline", "/mnt/bundle/bundle.tar", "--answers", "/srv/answers", "--unattended", timeout_s=900
    )
    assert done.status == 0, done.text
    assert "it guards: guards camera-1" in done.text
    listen = (
        "from pathlib import Path; import paho.mqtt.subscribe as s; "
        "word = Path('/etc/shopwarden/secrets/mqtt.password').read_text().strip(); "
        "print(s.simple('shopwarden/shop-9/state', hostname='127.0.0.1', port=8883, "
        "auth={'username': 'shop-9', 'password': word}, "
        "tls={'ca_certs': '/etc/mosquitto/shopwarden/ca.crt'}).payload.decode())"
    )
    heard = machine.run("/opt/shopwarden/current/bin/python", "-c", listen, timeout_s=60)
    assert '"panel"' in heard.text, heard.text

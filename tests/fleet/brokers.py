"""Two brokers with the shipped configuration of a shop and of a centre, on loopback by TLS. Holds no test."""

import re
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.sinks.broker import free_port

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "docs" / "examples" / "fleet"
DEVICE, SHOP, READER, WORD = "harbour-aisle", "HARBOUR", "reader", "correct horse battery"
DEBIAN: Final = """# As Debian's own.
user root
pid_file {folder}/pid
persistence true
persistence_location {folder}/data/
log_dest file {folder}/log
include_dir {folder}/conf.d
"""


def make_authority(folder: Path) -> None:
    """An authority, and a certificate of ``localhost`` that it signed."""
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(*new, "-x509", "-days", "30", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt")
    openssl(*new, "-subj", "/CN=localhost", "-keyout", "broker.key", "-out", "broker.csr")
    (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signed = (
        "x509",
        "-req",
        "-days",
        "30",
        "-in",
        "broker.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
    )
    openssl(*signed, "-extfile", "san", "-out", "broker.crt")


def put_passwords(path: Path, users: list[str]) -> None:
    """Every user with the same word, hashed."""
    path.write_text("".join(f"{user}:{WORD}\n" for user in users))
    subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True, capture_output=True)
    path.chmod(0o600)


@dataclass
class Broker:
    """A mosquitto on Debian's own configuration with drop-ins; what it holds outlives it."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca(self) -> Path:
        """Who signed its certificate."""
        return self.folder / "tls" / "ca.crt"

    def prepare(self) -> None:
        """Folders, certificates and Debian's part."""
        for name in ("data", "conf.d"):
            (self.folder / name).mkdir(parents=True)
        make_authority(self.folder / "tls")
        (self.folder / "mosquitto.conf").write_text(DEBIAN.format(folder=self.folder))

    def start(self) -> None:
        """Run it, and wait until it answers."""
        self.process = subprocess.Popen(["mosquitto", "-c", str(self.folder / "mosquitto.conf")])
        poll = threading.Event()
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            poll.wait(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def end(self, *, kill: bool = False) -> None:
        """Stop it as systemd does, or as a power cut does."""
        if self.process is not None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
            self.process.wait(20)
            self.process = None


def central(folder: Path) -> Broker:
    """The centre as it is shipped."""
    made = Broker(folder)
    made.prepare()
    text = (EXAMPLES / "central.conf").read_text()
    text = text.replace("/etc/mosquitto/central", str(folder / "tls")).replace(
        "listener 8883", f"listener {made.port} 127.0.0.1"
    )
    (folder / "conf.d" / "central.conf").write_text(text)
    for name in ("crt", "key"):
        shutil.copy(folder / "tls" / f"broker.{name}", folder / "tls" / f"central.{name}")
    shutil.copy(EXAMPLES / "central.acl", folder / "tls" / "acl")
    (folder / "tls" / "acl").chmod(0o600)
    put_passwords(folder / "tls" / "passwords", [SHOP, READER])
    return made


def shop(folder: Path, devices: list[str], to: Broker | None = None) -> Broker:
    """A shop's broker as the installer makes it, with the shipped bridge to a centre."""
    made = Broker(folder)
    made.prepare()
    tls = folder / "tls"
    text = (ROOT / "systemd" / "mosquitto.conf").read_text().replace("@CERTIFICATES@", str(tls))
    (folder / "conf.d" / "shopwarden.conf").write_text(text.replace("listener 8883", f"listener {made.port} 127.0.0.1"))
    block, _, rest = (ROOT / "systemd" / "mosquitto.acl").read_text().partition("\n\n")
    (tls / "acl").write_text("\n\n".join([*(block.replace("@DEVICE@", device) for device in devices), rest]))
    (tls / "acl").chmod(0o600)
    put_passwords(tls / "passwords", [*devices, "home"])
    if to is not None:
        bridge = (EXAMPLES / "shop-bridge.conf").read_text()
        bridge = bridge.replace("central.example.org:8883", f"localhost:{to.port}").replace("CHANGE-ME", WORD)
        bridge = bridge.replace("/etc/mosquitto/bridge/central-ca.crt", str(to.ca))
        # So that tests need not wait half a minute.
        bridge = re.sub(r"restart_timeout .*", "restart_timeout 1 2", bridge)
        (folder / "conf.d" / "bridge.conf").write_text(bridge)
    return made

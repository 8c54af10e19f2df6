"""What the installer refuses before it changes anything, and what it only warns of; on machines that are pretended."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[2] / "systemd" / "install.sh"
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@dataclass
class Pretended:
    """A machine as the installer would see it: its answers to commands, and a few files."""

    folder: Path
    commands: dict[str, str] = field(
        default_factory=lambda: {
            "id": "echo 0",
            "dpkg": "echo arm64",
            "python3": "echo 3.11",
            "systemctl": "echo systemd 252",
            "df": "printf 'Avail\\n9000\\n'",
            "date": "echo 2026",
            "ip": "echo default via 198.51.100.1",
            "vcgencmd": "echo throttled=0x0",
            "dpkg-query": "printf 'install ok installed'",
        }
    )
    os_release: str | None = 'ID=debian\nVERSION_CODENAME="bookworm"\n'
    files: dict[str, str] = field(
        default_factory=lambda: {
            "run/systemd/system/x": "",
            "proc/device-tree/model": "Raspberry Pi 4 Model B\0",
            "dev/rtc0": "",
            "dev/media0": "",
        }
    )

    missing: str = ""
    """A command that it lacks."""

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the installer on it without changing anything."""
        stubs, root = self.folder / "bin", self.folder / "root"
        stubs.mkdir()
        for name, script in self.commands.items():
            (stubs / name).write_text(f"#!/bin/sh\n{script}\n")
            (stubs / name).chmod(0o755)
        path = os.environ["PATH"]
        if self.missing:
            path = str(self.folder / "others")
            put_others(Path(path), besides=self.missing)
        for name, text in {"etc/os-release": self.os_release, **self.files}.items():
            if text is None:
                continue
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return subprocess.run(
            ["bash", INSTALL, "--dry-run", "--unattended", *options],
            env={**os.environ, "PATH": f"{stubs}:{path}", "SHOPWARDEN_LOOK_AT": str(root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def put_others(folder: Path, *, besides: str) -> None:
    """Every command of this machine but one."""
    folder.mkdir()
    for place in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        for found in Path(place).iterdir():
            link = folder / found.name
            if not re.fullmatch(besides + r"[0-9.]*", found.name) and not link.is_symlink():
                link.symlink_to(found)


@pytest.fixture
def pi(tmp_path: Path) -> Pretended:
    """A Raspberry Pi 4 with Bookworm and all that is needed."""
    return Pretended(tmp_path)


def test_a_raspberry_pi_passes(pi: Pretended) -> None:
    """No word of warning, and what would be done is said."""
    done = pi.install()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Debian bookworm, arm64, Python 3.11" in done.stdout
    assert "would: start it" in done.stdout


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        ("id", "echo 1000", "it must run as root"),
        ("dpkg", "echo riscv64", "no detector runs on riscv64"),
        ("python3", "echo 3.9", "python3 is 3.9"),
        ("df", "printf 'Avail\\n200\\n'", "200 MiB left"),
        ("date", "echo 1970", "the clock says"),
        ("ip", "true", "no way to the internet"),
    ],
)
def test_what_a_command_tells_is_refused(pi: Pretended, command: str, answer: str, said: str) -> None:
    """With the step, the reason and what to do, and status 1."""
    pi.commands[command] = answer
    done = pi.install()
    assert done.returncode == 1
    assert 'step "look at this machine" failed' in done.stderr
    assert said in done.stderr
    assert "What to do: " in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ID=debian\nVERSION_CODENAME=buster\n", "Debian 'buster' is not supported"),
        ("ID=fedora\n", "this is fedora, not Debian"),
        ("", "this is an unknown system"),
        ('ID="$(touch /hacked)"\n', "not Debian"),
    ],
)
def test_another_system_is_refused(pi: Pretended, text: str, said: str) -> None:
    """By its own word, which is read and never run."""
    pi.os_release = text
    done = pi.install()
    assert done.returncode == 1
    assert said in done.stderr


def test_what_says_nothing_of_itself_is_refused(pi: Pretended) -> None:
    """A system without the file that every Debian has."""
    pi.os_release = None
    done = pi.install()
    assert done.returncode == 1
    assert "etc/os-release is not there, so this is no Debian" in done.stderr
    assert "What to do: " in done.stderr


def test_without_python_it_is_refused(pi: Pretended) -> None:
    """With the command that brings it."""
    del pi.commands["python3"]
    pi.missing = "python3"
    done = pi.install()
    assert done.returncode == 1
    assert "python3 is missing" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_32_bit_trixie_is_refused(pi: Pretended) -> None:
    """There is no interpreter for it."""
    pi.commands["dpkg"], pi.os_release = "echo armhf", "ID=raspbian\nVERSION_CODENAME=trixie\n"
    done = pi.install()
    assert done.returncode == 1
    assert "32-bit needs Bookworm" in done.stderr


def test_32_bit_bookworm_takes_numpy_and_opencv_from_the_system(pi: Pretended) -> None:
    """No wheels of these exist."""
    pi.commands |= {"dpkg": "echo armhf", "dpkg-query": "true"}
    pi.os_release = "ID=raspbian\nVERSION_CODENAME=bookworm\n"
    done = pi.install()
    assert done.returncode == 0, done.stderr
    assert "python3-numpy python3-opencv" in done.stdout


def test_without_systemd_it_is_refused(pi: Pretended) -> None:
    """As in a container that runs none."""
    del pi.files["run/systemd/system/x"]
    done = pi.install()
    assert done.returncode == 1
    assert "systemd does not run here" in done.stderr


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("proc/device-tree/model", "no Raspberry Pi"),
        ("dev/rtc0", "no clock module"),
        ("dev/media0", "no camera answers"),
    ],
)
def test_what_may_be_missing_is_a_warning(pi: Pretended, gone: str, said: str) -> None:
    """The installation goes on."""
    del pi.files[gone]
    done = pi.install()
    assert done.returncode == 0, done.stderr
    assert said in done.stderr


def test_a_weak_power_supply_is_a_warning(pi: Pretended) -> None:
    """In the board's own words."""
    pi.commands["vcgencmd"] = "echo throttled=0x50005"
    done = pi.install()
    assert done.returncode == 0
    assert "throttled=0x50005" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("device_id = Shop 1\n", "line 1: device_id = 'Shop 1' is not allowed"),
        ("\ndevice = shop-1\n", "line 2: there is no answer 'device'"),
        ("siren_pin = 17; reboot\n", "siren_pin = '17; reboot' is not allowed"),
        ("just words\n", "line 1: no 'name = value'"),
        ('camera = rtsp://x"y\n', "camera = "),
    ],
)
def test_wrong_answers_are_refused(pi: Pretended, tmp_path: Path, text: str, said: str) -> None:
    """With the file and the line; nothing in it is run."""
    (tmp_path / "answers").write_text(text)
    done = pi.install("--answers", str(tmp_path / "answers"))
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize("options", [("--purge",), ("--never",), ("--answers",), ("--offline",)])
def test_a_wrong_call_is_told(pi: Pretended, options: tuple[str, ...]) -> None:
    """With status 2 and the usage."""
    done = pi.install(*options)
    assert done.returncode == 2
    assert "Usage: install.sh" in done.stderr


def test_a_file_that_is_no_bundle(pi: Pretended, tmp_path: Path) -> None:
    """Refused before anything is changed."""
    (tmp_path / "bundle.tar").write_bytes(b"PK" * 100)
    done = pi.install("--offline", str(tmp_path / "bundle.tar"))
    assert done.returncode == 1
    assert "damaged or no bundle" in done.stderr


FLEET = """# serial            answers
10000000A1B2C3D4    device_id=shop-3  siren_pin=17   # at the door
10000000a1b2c3d5    device_id=shop-4
"""


def fleet(pi: Pretended, text: str, serial: str = "10000000a1b2c3d4\0") -> subprocess.CompletedProcess[str]:
    """Install a device of this serial number by a list and answers that all share."""
    (pi.folder / "devices").write_text(text)
    (pi.folder / "answers").write_text("device_id = shop-1\nmqtt = none\n")
    pi.files["proc/device-tree/serial-number"] = serial
    return pi.install("--answers", str(pi.folder / "answers"), "--fleet", str(pi.folder / "devices"))


def test_a_device_finds_itself_in_the_list(pi: Pretended) -> None:
    """By its serial number; its line counts more than the answers of all."""
    done = fleet(pi, FLEET)
    assert "line 2 of the list is this device: 10000000a1b2c3d4" in done.stdout, done.stderr
    assert "device shop-3, camera picamera2, broker none, siren 17" in done.stdout


@pytest.mark.parametrize(
    ("text", "serial", "told"),
    [
        (FLEET, "10000000deadbeef", "10000000deadbeef, is not in"),
        (
            FLEET + "10000000a1b2c3d4 device_id=shop-5\n",
            "10000000a1b2c3d4",
            "line 4: 10000000a1b2c3d4 stands there twice",
        ),
        (FLEET + "1 device_id=shop-3\n", "10000000a1b2c3d4", "line 4: another device is shop-3 already"),
        (FLEET + "1 devise_id=shop-5\n", "10000000a1b2c3d4", "line 4: there is no answer 'devise_id=shop-5'"),
        (FLEET + "1 shop-5\n", "10000000a1b2c3d4", "line 4: there is no answer 'shop-5'"),
        (FLEET + "1 mqtt=maybe\n", "10000000a1b2c3d4", "mqtt = 'maybe' is not allowed"),
    ],
)
def test_a_list_that_is_wrong(pi: Pretended, text: str, serial: str, told: str) -> None:
    """It is refused on every device, not on the one whose line is wrong alone."""
    done = fleet(pi, text, serial)
    assert done.returncode == 1
    assert told in done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    """Each line of each unit and timer; only the programs are not on this machine."""
    for unit in (INSTALL.parent / "units").iterdir():
        # What is not installed here is replaced by what is.
        text = re.sub(r"(?m)^(Exec\w+=[-+]*)/(?:opt|usr/local)\S+", r"\1/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:/usr/lib/systemd/system"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    """In any script of the installation."""
    scripts = [
        INSTALL,
        INSTALL.with_name("back-off"),
        *(INSTALL.with_name(name) for name in ("tell-failure", "set-clock")),
    ]
    done = subprocess.run(["shellcheck", "-x", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""

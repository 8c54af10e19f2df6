"""A Debian of its own with its own systemd, for tests of the installation: booted in seconds, cut off in an instant."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from device.clock import SystemClock

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_UP_S: Final = 60.0
_DOWN_S: Final = 30.0
_PROJECT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command in the machine came to."""

    status: int
    text: str
    """Standard output and error, as they came."""


@dataclass(slots=True)
class Machine:
    """systemd-nspawn on a root; with ``fresh`` nothing that is written outlives it."""

    root: Path
    fresh: bool = True
    binds: Mapping[Path, str] = field(default_factory=dict)
    """Folders of this machine, read-only, by where they are seen inside."""
    network: bool = True
    """Whether it shares this machine's network; without, it has a loopback alone."""
    _nspawn: subprocess.Popen[bytes] | None = None
    _leader: int = 0
    _clock: SystemClock = field(default_factory=SystemClock)

    def boot(self) -> None:
        """Start it and wait until systemd is up."""
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--boot"]
        # What the unit's own sandbox needs of the container: without these some of its lines have no effect.
        command += ["--capability=CAP_NET_ADMIN,CAP_BPF,CAP_PERFMON", "--system-call-filter=bpf"]
        command += [f"--directory={self.root}", *(["--volatile=overlay"] if self.fresh else [])]
        command += [
            f"--bind-ro={outside}:{inside}" for outside, inside in {_PROJECT: "/mnt/project", **self.binds}.items()
        ]
        command += [] if self.network else ["--private-network"]
        self._nspawn = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            start_new_session=True,
        )
        until = self._clock.monotonic() + _UP_S
        while self._clock.monotonic() < until:
            self._clock.wait(0.1)
            if not self._leader:
                self._leader = self._find_leader(self._nspawn.pid)
            elif self.run("systemctl", "is-system-running").text.strip() in {"running", "degraded"}:
                return
        raise RuntimeError(f"the machine did not come up: {self.root}")

    def run(self, *command: str, timeout_s: float = 300.0) -> Done:
        """Run a command inside, as root."""
        outside = {name: value for name, value in os.environ.items() if name in {"PIP_CERT", "PIP_DEFAULT_TIMEOUT"}}
        inside = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", **outside}
        words = [f"{name}={value}" for name, value in inside.items()]
        found = subprocess.run(
            ["nsenter", "-t", str(self._leader), "-a", "-r", "-w", "env", "-i", *words, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
        return Done(found.returncode, found.stdout.decode(errors="replace"))

    def install(self, *options: str, timeout_s: float = 600.0) -> Done:
        """Run the installer of the project."""
        return self.run("bash", "/mnt/project/systemd/install.sh", *options, timeout_s=timeout_s)

    def write(self, path: str, text: str) -> None:
        """A file inside."""
        script = 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"'
        if (done := self.run("sh", "-c", script, "sh", path, text)).status:
            raise RuntimeError(done.text)

    def read(self, path: str) -> str:
        """A file inside."""
        done = self.run("cat", path)
        if done.status:
            raise FileNotFoundError(done.text)
        return done.text

    def shown(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd says of a unit."""
        lines = self.run("systemctl", "show", unit, *(f"--property={name}" for name in properties)).text.splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def wait_for(self, unit: str, state: Sequence[str] = ("active",), timeout_s: float = 90.0) -> str:
        """Wait until a unit is in one of these states; the one that it is in."""
        until = self._clock.monotonic() + timeout_s
        while (now := self.shown(unit, "ActiveState").get("ActiveState", "")) not in state:
            if self._clock.monotonic() > until:
                log = self.run("journalctl", "-q", "-n", "30", "-o", "cat", "-u", unit).text
                raise TimeoutError(f"{unit} is {now}, not {'/'.join(state)}:\n{log}")
            self._clock.wait(0.2)
        return now

    def power_cut(self) -> None:
        """Pull the plug: no process inside gets another instruction."""
        if self._leader:
            os.kill(self._leader, signal.SIGKILL)
        self._ended()

    def halt(self) -> None:
        """An orderly end; does nothing where it does not run."""
        if self._nspawn is None:
            return
        self._nspawn.terminate()
        try:
            self._nspawn.wait(_DOWN_S)
        except subprocess.TimeoutExpired:
            self.power_cut()
        self._ended()

    def _ended(self) -> None:
        if self._nspawn is not None:
            self._nspawn.wait(_DOWN_S)
        self._nspawn, self._leader = None, 0

    @staticmethod
    def _find_leader(nspawn: int) -> int:
        """The container's first process, seen from here."""
        for task in Path(f"/proc/{nspawn}/task").glob("*/children"):
            for child in task.read_text(encoding="ascii").split():
                if Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip() == "systemd":
                    return int(child)
        return 0

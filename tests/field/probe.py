"""Run in place of the guard, in the sandbox of its unit: tries what each line forbids. Judges nothing.

It prints a JSON object. Each value is what came of a try: ``done``, or the name of the error.
"""

import ctypes
import errno
import json
import mmap
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
SYSCALLS = {"x86_64": {"syslog": 103, "init_module": 175, "clock_settime": 227, "personality": 135, "unshare": 272}}
CLONE_NEWUSER, ADDR_NO_RANDOMIZE = 0x10000000, 0x0040000


def came_of(attempt: Callable[[], object]) -> str:
    """What comes of a try."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "OSError")
    except ValueError as error:
        return str(error)
    return "done"


def call(name: str, *arguments: object) -> None:
    """A system call by its number."""
    number = SYSCALLS[os.uname().machine][name]
    if LIBC.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def written(path: str) -> None:
    """A file made and taken away again."""
    Path(path).write_text("x", encoding="ascii")
    Path(path).unlink()


def set_user_id() -> None:
    """A file that others would run as its owner."""
    path = Path("/var/lib/shopwarden/probe")
    path.write_text("x", encoding="ascii")
    try:
        path.chmod(0o4755)
    finally:
        path.unlink()


def listed(path: str) -> list[Path]:
    """What lies in a folder."""
    return list(Path(path).iterdir())


def opened(path: str) -> None:
    """A device, opened."""
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def family(number: int) -> None:
    """A socket of a family."""
    socket.socket(number, socket.SOCK_RAW if number == socket.AF_PACKET else socket.SOCK_DGRAM).close()


def main() -> None:
    """Try all."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    secrets = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nowhere"))
    tries: dict[str, Callable[[], object]] = {
        "write /usr": lambda: written("/usr/probe"),
        "write /etc": lambda: written("/etc/probe"),
        "write its configuration": lambda: written("/etc/shopwarden/probe"),
        "write its state": lambda: written("/var/lib/shopwarden/probe"),
        "write its run folder": lambda: written("/run/shopwarden/probe"),
        "write another's state": lambda: written("/var/lib/probe"),
        "look into /root": lambda: listed("/root"),
        "read the secrets' folder": lambda: listed("/etc/shopwarden/secrets"),
        "see what others put into /tmp": lambda: Path("/tmp/put-by-others").stat(),  # noqa: S108 - looked at alone
        "see other processes": lambda: Path("/proc/1").stat(),
        "write a kernel setting": lambda: Path("/proc/sys/kernel/domainname").write_text("x", encoding="ascii"),
        "make a control group": lambda: Path("/sys/fs/cgroup/probe").mkdir(),
        "read the kernel's log": lambda: call("syslog", 3, None, 0),
        "load a module": lambda: call("init_module", None, 0, b""),
        "look at modules": lambda: listed("/usr/lib/modules"),
        "set the clock": lambda: call("clock_settime", 0, ctypes.byref(ctypes.c_longlong(0))),
        "set the host's name": lambda: socket.sethostname("probe"),
        "change the personality": lambda: call("personality", ADDR_NO_RANDOMIZE),
        "write what it executes": lambda: mmap.mmap(
            -1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        ).close(),
        "make a namespace": lambda: call("unshare", CLONE_NEWUSER),
        "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        "set the user id bit": set_user_id,
        "change its root": lambda: os.chroot("/usr"),
        "raise its limits": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 22, 1 << 22)),
        "open a packet socket": lambda: family(socket.AF_PACKET),
        "open a socket of the kernel's cryptography": lambda: family(socket.AF_ALG),
        "open an internet socket": lambda: family(socket.AF_INET),
        "open a netlink socket": lambda: family(socket.AF_NETLINK),
        "open /dev/null": lambda: opened("/dev/null"),
        "open a device of others": lambda: opened("/dev/net/tun"),
    }
    found: dict[str, object] = {name: came_of(attempt) for name, attempt in tries.items()}
    found |= {
        "user": os.getuid(),
        "capabilities": [status[name].strip("0 \n") for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")],
        "no new privileges": status["NoNewPrivs"],
        "seccomp": status["Seccomp"],
        "umask": status["Umask"],
        "credentials": sorted(path.name for path in secrets.glob("secrets_*")),
        "a credential is read": any(path.read_text() for path in secrets.glob("secrets_*")),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

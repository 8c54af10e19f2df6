"""An arm64 userland on this machine, by emulation: enough to install the program and to look at a picture."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ENTER: Final = """
set -eu
root=$1; shift
mount -t proc proc "$root/proc"
# The machine's own describes another processor, by which the interpreter would choose its kernels.
mount -t tmpfs none "$root/sys"
cpu=$root/sys/devices/system/cpu
mkdir -p "$cpu"
for name in possible present online; do echo 0-3 >"$cpu/$name"; done
echo 3 >"$cpu/kernel_max"
for core in 0 1 2 3; do
    mkdir -p "$cpu/cpu$core/topology"
    echo $core >"$cpu/cpu$core/topology/core_id"
    echo 0 >"$cpu/cpu$core/topology/physical_package_id"
    printf 'processor\\t: %d\\nFeatures\\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp ' $core
    printf 'asimdhp cpuid asimdrdm lrcpc dcpop asimddp\\nCPU implementer\\t: 0x41\\n'
    printf 'CPU architecture: 8\\nCPU variant\\t: 0x4\\n'
    printf 'CPU part\\t: 0xd0b\\nCPU revision\\t: 1\\n\\n'
done >"$root/sys/cpuinfo"
mount --bind "$root/sys/cpuinfo" "$root/proc/cpuinfo"
while [ "$1" != -- ]; do
    mkdir -p "$root/mnt/$2"
    mount --bind "$1" "$root/mnt/$2"
    shift 2
done
shift
exec env -i QEMU_CPU=cortex-a76 PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 OPENBLAS_NUM_THREADS=1 \\
    chroot "$root" "$@"
"""
"""A Pi 5's processor; all mounts are this process's own and go with it."""


@dataclass(frozen=True, slots=True)
class Userland:
    """Files of a Debian for arm64; its programs run by qemu-user."""

    root: Path

    def run(
        self, *command: str, binds: dict[Path, str], timeout_s: float = 900.0, network: bool = True
    ) -> tuple[int, str]:
        """Run a command in it, with folders of this machine below ``/mnt``; its status, and what it said."""
        bound = [word for outside, inside in binds.items() for word in (str(outside), inside)]
        done = subprocess.run(
            [
                "unshare",
                "-m",
                *([] if network else ["-n"]),
                "sh",
                "-c",
                _ENTER,
                "sh",
                str(self.root),
                *bound,
                "--",
                *command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
        return done.returncode, done.stdout

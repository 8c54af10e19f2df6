"""Kills and stops real cameras' processes again and again, in the virtual machine: a row of a table for each.

Usage: python -m tests.vm.faults CYCLES SOURCE...     all side by side; memory, files and threads are of them all

Exit status 1 where a camera did not come back, or never gave a picture.
"""

import contextlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from device.capture.back_off import HEALTHY_S
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest, PictureWish
from device.capture.restarting import RestartingCamera, Standing
from device.clock import SystemClock

PATIENCE_S = 120.0
STEADY_S = 3.0
STALL_S = 20.0  # under emulation picamera2 alone takes eight seconds to be imported
HEAD = (
    "| camera | fault | cycles | back | blind, s: median, p95, most | memory, MiB | files | threads |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclass(slots=True)
class Ward:
    """A camera that is started again, and the process that it runs in now."""

    line: str
    clock: SystemClock = field(default_factory=SystemClock)
    process: CameraProcess | None = None

    def start(self, _: Standing) -> CameraProcess:
        """A new process."""
        self.process = CameraProcess("ward", CameraRequest(self.line, picture=PictureWish(320, 240, 5.0)))
        return self.process

    def watch(self, camera: RestartingCamera, seconds: float) -> int:
        """Take every picture for so long; how many there were."""
        count, until = 0, self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            if (frame := camera.next(0.1)) is not None:
                camera.release(frame)
                count += 1
        return count

    def blind_s(self, camera: RestartingCamera) -> float | None:
        """Time without a picture from now on; None where none comes."""
        began = self.clock.monotonic()
        before = self.process
        while self.clock.monotonic() - began < PATIENCE_S:
            frame = camera.next(0.1)
            if frame is not None:
                camera.release(frame)
                if self.process is not before:
                    return self.clock.monotonic() - began
        return None


def held() -> tuple[float, int, int]:
    """Memory in MiB, open files and threads of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(status["VmRSS"].split()[0]) / 1024, len(list(Path("/proc/self/fd").iterdir())), int(status["Threads"])


@dataclass(frozen=True, slots=True)
class Row:
    """What so many faults of one camera did."""

    line: str
    fault: signal.Signals
    cycles: int
    blind_s: tuple[float, ...]
    """Of the times that it came back."""
    before: tuple[float, int, int]
    after: tuple[float, int, int]

    @property
    def is_good(self) -> bool:
        """Whether it came back each time."""
        return len(self.blind_s) == self.cycles > 0

    def __str__(self) -> str:
        """As a row of the table."""
        blind = self.blind_s or (float("nan"),)
        times = ", ".join(f"{value:.1f}" for value in (np.median(blind), np.quantile(blind, 0.95), max(blind)))
        kept = " | ".join(f"{one:.0f} to {two:.0f}" for one, two in zip(self.before, self.after, strict=True))
        return f"| {self.line} | {self.fault.name} | {self.cycles} | {len(self.blind_s)} | {times} | {kept} |"


def row(line: str, fault: signal.Signals, cycles: int) -> Row:
    """So many faults of one camera."""
    ward = Ward(line)
    blind: list[float] = []
    with contextlib.closing(
        RestartingCamera("ward", ward.start, clock=ward.clock, standing=Standing("away"), stall_s=STALL_S)
    ) as camera:
        came = ward.blind_s(camera) is not None
        ward.watch(camera, STEADY_S)
        before = held()
        for _ in range(cycles if came else 0):
            # Healthy for long enough that the first retry is what is measured.
            ward.watch(camera, HEALTHY_S + 1.0)
            if ward.process is not None:
                os.kill(ward.process.pid, fault)
            if (seconds := ward.blind_s(camera)) is not None:
                blind.append(seconds)
        ward.watch(camera, STEADY_S)
        return Row(line, fault, cycles, tuple(blind), before, held())


def main(arguments: list[str]) -> int:
    """A table on standard output; the exit status."""
    cycles, *lines = arguments
    sys.stdout.write(f"{HEAD}\n")
    good = bool(lines)
    with ThreadPoolExecutor() as side_by_side:
        for fault in (signal.SIGKILL, signal.SIGSTOP):
            for found in side_by_side.map(partial(row, fault=fault, cycles=int(cycles)), lines):
                sys.stdout.write(f"{found}\n")
                good = good and found.is_good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

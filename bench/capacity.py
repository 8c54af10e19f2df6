"""How many cameras one machine carries: a table in ``docs/measured/cameras.md``.

Every camera plays a street scene with people at 640x480 and 15 pictures a second, decoded in its own process, so that
each of them wants every look that it may have.
"""

import argparse
import contextlib
import os
import platform
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from bench.fault_table import commit, cpus, put_section
from device.app import build_detector, open_lanes
from device.board import board_load
from device.capture.bell import Bell
from device.care import Ease
from device.clock import SystemClock
from device.config import Config, parse_config
from device.core.detections import Detections
from device.core.frame import Frame
from device.core.look_rate import LookRate
from device.demo import shipped_clip
from device.lane import Lane
from device.log import setup
from device.pipeline import Step
from device.ports import Detector
from device.service import Service
from device.sinks.memory import MemorySink

REPORT = Path(__file__).resolve().parents[1] / "docs" / "measured" / "cameras.md"
FPS, SIZE = 15, (640, 480)
LOOKS_PER_S = 5.0
WARM_S, RUN_S = 14.0, 15.0
"""Long enough at first for the rate to settle."""
HEAD = """
[device]
id = "capacity"
state_dir = "."
[detector]
model = "{model}"
threads = 1
max_per_s = {looks}
"""
CAMERA = """
[[cameras]]
id = "{id}"
source = "file:{clip}?loop=1"
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row."""

    name: str
    cameras: int
    model: str = "general-416"
    slow_s: float = 0.0
    """By so much the detector is slowed down."""
    hangs: bool = False
    """Whether one camera's process is stopped again and again."""
    adaptive: bool = True


CASES = (
    *(Case(f"{count}", count) for count in (1, 2, 4, 6, 8)),
    Case("4, one stopped all the time", 4, hangs=True),
    Case("4, a look 100 ms slower", 4, slow_s=0.1),
    Case("4, a look 100 ms slower, rate not adapted", 4, slow_s=0.1, adaptive=False),
)


class SlowDetector:
    """A detector on a slower machine."""

    def __init__(self, inner: Detector, slow_s: float) -> None:
        self.card, self._inner, self._slow_s = inner.card, inner, slow_s
        self._clock = SystemClock()

    def detect(self, frame: Frame) -> Detections:
        """As the other, later."""
        self._clock.wait(self._slow_s)
        return self._inner.detect(frame)

    def close(self) -> None:
        """Close the other."""
        self._inner.close()


@dataclass(slots=True)
class Tally:
    """What one camera had while it was measured."""

    pictures: int = 0
    looks: int = 0
    ages_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """One row's figures."""

    case: Case
    tallies: list[Tally]
    seconds: float
    cpu_s: float
    rate_per_s: float

    def row(self) -> str:
        """As Markdown."""
        alive = [tally for tally in self.tallies if tally.pictures > self.seconds]
        looks = [tally.looks / self.seconds for tally in alive]
        fps = [tally.pictures / self.seconds for tally in alive]
        ages = sorted(age for tally in alive for age in tally.ages_s)
        jain = sum(looks) ** 2 / (len(looks) * sum(look**2 for look in looks))
        cells = [
            self.case.name,
            f"{self.rate_per_s:.1f}",
            f"{min(looks):.1f}-{max(looks):.1f}",
            f"{jain:.3f}",
            f"{min(fps):.1f}-{max(fps):.1f}",
            *(f"{1000 * ages[int(share * (len(ages) - 1))]:.0f}" for share in (0.5, 0.95, 1.0)),
            f"{self.cpu_s / self.seconds:.2f}",
        ]
        return f"| {' | '.join(cells)} |"


class Run:
    """One case from start to end."""

    def __init__(self, case: Case, clip: Path) -> None:
        self._case, self._clock, self._stop = case, SystemClock(), threading.Event()
        names = [f"camera-{number + 1}" for number in range(case.cameras)]
        text = HEAD.format(model=case.model, looks=LOOKS_PER_S)
        self._config: Config = parse_config(text + "".join(CAMERA.format(id=n, clip=clip) for n in names), "capacity")
        self._tallies = {name: Tally() for name in names}
        self._begun_s = self._end_s = 0.0

    def measure(self) -> Measured:
        """Run it."""
        rate, bell = LookRate(LOOKS_PER_S), Bell()
        with contextlib.ExitStack() as stack:
            inner = stack.enter_context(contextlib.closing(build_detector(self._config)))
            detector = SlowDetector(inner, self._case.slow_s) if self._case.slow_s else inner
            lanes = stack.enter_context(open_lanes(self._config, detector, self._clock, on_news=bell.ring))
            self._begun_s = self._clock.monotonic() + WARM_S
            self._end_s = self._begun_s + RUN_S
            service = Service(
                lanes,
                emit=MemorySink().handle,
                on_step=self._after,
                clock=self._clock,
                news=bell,
                ease=Ease(rate=rate, board=board_load) if self._case.adaptive else None,
            )
            if self._case.hangs:
                threading.Thread(target=self._hang, daemon=True).start()
            cpu = _cpu_s()
            threading.Timer(WARM_S, lambda: cpu.update(_cpu_s())).start()
            service.run(self._stop)
            spent = sum(_cpu_s().values()) - sum(cpu.values())
        return Measured(self._case, [*self._tallies.values()], RUN_S, spent, rate.per_s)

    def _after(self, lane: Lane, step: Step | None) -> None:
        now = self._clock.monotonic()
        if now >= self._end_s:
            self._stop.set()
        elif step is not None and now >= self._begun_s:
            tally = self._tallies[lane.camera.id]
            tally.pictures += 1
            tally.looks += step.detections is not None
            # From the picture to whatever it led to.
            tally.ages_s.append(now - step.frame.t)

    def _hang(self) -> None:
        """Stop the first camera's process whenever it has one."""
        while not self._stop.wait(0.5):
            for pid in _children():
                with contextlib.suppress(OSError):
                    if b"\0camera-1\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGSTOP)


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()]


def _cpu_s() -> dict[int, float]:
    """CPU time of this process and of each of its children, s."""
    ticks, spent = os.sysconf("SC_CLK_TCK"), dict[int, float]()
    for pid in (os.getpid(), *_children()):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            spent[pid] = (int(fields[11]) + int(fields[12])) / ticks
    return spent


def street(path: Path) -> Path:
    """The demonstration's clip at the size and rate of a usual camera."""
    with av.open(str(shipped_clip())) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=FPS, options={"preset": "fast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        kept = 0
        for frame in source.decode(video=0):
            if float(frame.time or 0.0) * FPS < kept:
                continue
            picture = frame.reformat(*SIZE, format="yuv420p")
            picture.pts, picture.time_base, kept = kept, Fraction(1, FPS), kept + 1
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return path


def markdown(rows: list[Measured]) -> str:
    """The table with what it was measured on."""
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, commit {commit()}"
    head = [
        f"{machine}, load {os.getloadavg()[0]:.1f} at the end.",
        f"`make capacity`: {RUN_S:.0f} s each after {WARM_S:.0f} s to settle; general-416 on one thread; on each",
        f"camera a street with 8 to 10 people, {SIZE[0]}x{SIZE[1]} H.264 at {FPS} a second; at most",
        f"{LOOKS_PER_S:g} looks a second each. *Delay* is from when a picture was due to the end of its last stage.",
        "CPU is of the service and its cameras' processes together, in cores.",
        "",
        "| cameras | rate in force | looks/s, min-max | Jain | fps, min-max | delay ms p50 | p95 | worst | CPU |",
        "|-|-|-|-|-|-|-|-|-|",
    ]
    return "\n".join([*head, *(row.row() for row in rows)]) + "\n"


def main(arguments: list[str]) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="make capacity", description=__doc__)
    parser.add_argument("--cameras", type=int, help="one row: so many cameras")
    parser.add_argument("--slow-detector-ms", type=float, default=0.0, help="with --cameras: each look takes longer")
    parser.add_argument("--report", action="store_true", help=f"write the table to {REPORT.name}")
    options = parser.parse_args(arguments)
    setup(sys.stderr)
    slow_s = options.slow_detector_ms / 1000
    cases = (Case(f"{options.cameras}", options.cameras, slow_s=slow_s),) if options.cameras else CASES
    with tempfile.TemporaryDirectory() as folder:
        clip = street(Path(folder) / "street.mp4")
        rows = []
        for case in cases:
            rows.append(Run(case, clip).measure())
            print(rows[-1].row(), flush=True)
    if options.report:
        put_section(REPORT, "Capacity", markdown(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

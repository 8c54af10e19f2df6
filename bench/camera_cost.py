"""What a source costs beside plain decoding: a section of ``docs/measured/cameras.md``.

Each plays 640x480 at 15 pictures a second in real time. The camera's process and the daemon's share (taking pictures
and giving them back, nothing else) are measured by the kernel's account of CPU time; plain decoding is a process that
does nothing but read and decode the same stream with PyAV, and shows nobody its pictures.
"""

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from bench.capacity import REPORT, street
from bench.fault_table import commit, cpus, put_section
from bench.processes import cpu_s, own_cpu_s
from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest, PictureWish, Polygon, RecordWish
from device.clock import SystemClock
from tests.capture.rtsp import is_here, serving

FPS = 15.0
WARM_S, RUN_S = 3.0, 20.0
CORNER: Polygon = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.3), (0.0, 0.3))
PLAIN = """
import resource, sys, time
import av
line, warm_s, run_s = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
def pictures():
    while True:
        if line.startswith("/dev/"):
            wish = {"video_size": "640x480", "framerate": "15"}
            container = av.open(line, format="v4l2", options=wish)
        else:
            container = av.open(line, options={"rtsp_transport": "tcp"} if "//" in line else {})
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        yield from container.decode(stream)
        container.close()
def cpu_s():
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime
count, began, zero, start = 0, 0.0, 0.0, time.monotonic()
for index, _ in enumerate(pictures()):
    if "//" not in line and not line.startswith("/dev/"):
        time.sleep(max(0.0, start + index / 15 - time.monotonic()))
    now = time.monotonic()
    if not began and now - start > warm_s:
        began, zero, count = now, cpu_s(), 0
    count += 1
    if began and now - began > run_s:
        print((cpu_s() - zero) / count)
        break
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One row; CPU in ms per picture."""

    what: str
    plain_ms: float | None
    child_ms: float
    daemon_ms: float
    fps: float
    dropped: int

    def row(self) -> str:
        """As a line of the table: per second at the nominal rate."""
        total = self.child_ms + self.daemon_ms
        plain = "-" if self.plain_ms is None else f"{self.plain_ms * FPS:.0f} ms"
        ratio = "-" if self.plain_ms is None else f"{total / self.plain_ms:.2f}"
        per_s = [f"{value * FPS:.0f} ms" for value in (self.child_ms, self.daemon_ms, total)]
        return f"| {self.what} | {plain} | {' | '.join(per_s)} | {ratio} | {self.fps:.1f} | {self.dropped} |"


def measured(what: str, request: CameraRequest, plain: str | None) -> Cost:
    """Run it and its plain counterpart, one after the other."""
    plain_ms = None if plain is None else _plain_ms(plain)
    clock, store = SystemClock(), PacketStore(10.0, 20_000_000)
    with contextlib.closing(CameraProcess("cost", request, packets=store)) as camera:
        began = 0.0
        start, pictures, child_zero, own_zero = clock.monotonic(), 0, 0.0, 0.0
        while not began or clock.monotonic() - began < RUN_S:
            frame = camera.next(10.0)
            if frame is None:
                sys.exit(f"{what}: no picture")
            camera.release(frame)
            pictures += 1
            if not began and clock.monotonic() - start > WARM_S:
                began, pictures = clock.monotonic(), 0
                child_zero, own_zero = cpu_s(camera.pid), own_cpu_s()
        spent_s = clock.monotonic() - began
        child_ms = (cpu_s(camera.pid) - child_zero) * 1000 / pictures
        daemon_ms = (own_cpu_s() - own_zero) * 1000 / pictures
    return Cost(what, plain_ms, child_ms, daemon_ms, pictures / spent_s, camera.dropped())


def usb(device: str) -> Cost:
    """A USB camera; plain is FFmpeg's own reader."""
    request = CameraRequest(f"v4l2:{device}", picture=PictureWish(640, 480, FPS))
    return measured(f"V4L2, {device}", request, device)


def rows(clip: Path, device: str) -> Iterator[Cost]:
    """Every source that is here."""
    line = f"file:{clip}?loop=1"
    yield measured("file, H.264", CameraRequest(line), str(clip))
    yield measured("file, packets copied", CameraRequest(line, record=RecordWish("copy")), str(clip))
    masked = CameraRequest(line, masks=(CORNER,), record=RecordWish("auto"))
    yield measured("file, masked, so packets encoded", masked, str(clip))
    if is_here():
        with serving() as server:
            main, small = server.address("/main"), server.address("/small")
            yield measured("RTSP, H.264", CameraRequest(main), main)
            yield measured("RTSP, packets copied", CameraRequest(main, record=RecordWish("copy")), main)
            both = CameraRequest(main, source_small=small, record=RecordWish("copy"))
            yield measured("RTSP, small stream 320x240 looked at, main copied", both, main)
    if device:
        yield usb(device)


def markdown(costs: list[Cost]) -> str:
    """The table with what it was measured on."""
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, av {av.__version__}"
    head = [
        f"`make camera-bench` on {machine}, commit {commit()}. CPU time per second of 640x480 at {FPS:g} a second.",
        "*Plain decoding* reads and decodes the same stream and does nothing else; *daemon* is the taking of pictures",
        "without looking at them. A picture is copied once, from the decoder's memory into the slot that gate and",
        "detector read.",
        "",
        "| source | plain decoding | camera's process | daemon | both | to plain | pictures/s | dropped |",
        "|-|-|-|-|-|-|-|-|",
    ]
    return "\n".join([*head, *(cost.row() for cost in costs)]) + "\n"


def main(arguments: list[str]) -> int:
    """Measure, print, and write the section where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", action="store_true", help="write the section into docs/measured/cameras.md")
    parser.add_argument("--v4l2", default=os.environ.get("SHOPWARDEN_V4L2", ""), help="a video device")
    parser.add_argument("--only-v4l2", action="store_true", help="that device alone, as a row on standard output")
    asked = parser.parse_args(arguments)
    if asked.only_v4l2:
        print(usb(asked.v4l2).row())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        clip = street(Path(folder) / "street.mp4")
        costs = []
        for cost in rows(clip, asked.v4l2):
            print(cost.row(), flush=True)
            costs.append(cost)
    text = markdown(costs)
    print(f"\n{text}")
    if asked.report:
        put_section(REPORT, "Cost of a source", text)
    return 0


def _plain_ms(line: str) -> float:
    command = [sys.executable, "-c", PLAIN, line, str(WARM_S), str(RUN_S)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What recording costs: CPU, bytes and syncs, of clips and of continuous recording: ``docs/measured/recording.md``.

The camera's side (copying or encoding) is the CPU time of its process beside one that records nothing; the recorder's
is that of this process, from the ring to files that are finished and hashed. Bytes and syncs are counted where they are
handed to the system; a file that is written anew is counted twice. Time is not waited for: packets are fed as fast as
the recorder takes them, CPU time and bytes of a second of video are the same.
"""

import argparse
import contextlib
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np

from bench.camera_cost import CORNER, FPS
from bench.capacity import street
from bench.fault_table import commit, cpus, put_section
from bench.processes import cpu_s, own_cpu_s
from device.capture.mode import Mode
from device.capture.packet_pipe import Masked
from device.capture.packet_ring import Run
from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest, RecordWish
from device.clock import SimulatedClock
from device.core.frame import Frame
from device.core.motion import Motion
from device.detect.scripted import ScriptedDetector
from device.pipeline import Step
from device.recorder.ambient import AmbientRecorder
from device.recorder.folder_archive import FolderArchive
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from tests.events import make_event

REPORT = Path("docs/measured/recording.md")
DAY_S = 86400.0
PICTURES = 900
CLIP_S = 25.0
"""Five seconds before an alarm of ten, and ten after it."""
CLIPS, SEGMENT_S, AMBIENT_S = 8, 300.0, 900.0
ALARMS = (20, 200)
"""A day, of a quiet shop and of one whose rules are too eager."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came to the disk, and what CPU that took here."""

    video_s: float
    bytes: int
    syncs: int
    cpu_s: float


class Counter:
    """Counts what is handed to the system while the block lasts."""

    def __init__(self) -> None:
        self.bytes = self.syncs = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Put itself in between."""
        write, fsync, fdatasync = os.write, os.fsync, os.fdatasync

        def counted(descriptor: int, data: bytes) -> int:
            done = write(descriptor, data)
            with self._lock:
                self.bytes += done
            return done

        def synced(real: Callable[[int], None]) -> Callable[[int], None]:
            def sync(descriptor: int) -> None:
                real(descriptor)
                with self._lock:
                    self.syncs += 1

            return sync

        os.write, os.fsync, os.fdatasync = counted, synced(fsync), synced(fdatasync)
        try:
            yield
        finally:
            os.write, os.fsync, os.fdatasync = write, fsync, fdatasync


def camera_side(clip: Path, how: str, *, masked: bool) -> tuple[float, Run | None]:
    """CPU of a camera's process, ms a picture, and its packets."""
    masks = (CORNER,) if masked else ()
    request = CameraRequest(f"file:{clip}?loop=1", Mode.REPLAY, masks=masks, record=RecordWish(how))  # type: ignore[arg-type]
    store = PacketStore(600.0, 200_000_000)
    with contextlib.closing(CameraProcess("cost", request, packets=store)) as camera:
        zero_s = 0.0
        for number in range(PICTURES + 50):
            frame = camera.next(20.0)
            if frame is None:
                sys.exit(f"{how}: no picture")
            camera.release(frame)
            if number == 49:
                zero_s = cpu_s(camera.pid)
        spent_s = cpu_s(camera.pid) - zero_s
        return spent_s * 1000 / PICTURES, store.since(0.0)


def clips(run: Run, folder: Path) -> Written:
    """So many alarms, one after the other."""
    clock, counter, archive = SimulatedClock(), Counter(), FolderArchive(folder)
    store = _ring(run)
    settings = RecordingSettings(pre_roll_s=5.0, post_roll_s=10.0)
    began_s = own_cpu_s()
    with counter.counting():
        recorder = Recorder({"cost": store}, settings, archive, clock)
        for loop in recorder.loops:
            loop.start()
        first_t = run.packets[0].t
        for number in range(CLIPS):
            times = {"t_start": first_t + 5.0, "t_emitted": first_t + 15.0, "t_end": first_t + 15.0}
            event = make_event(camera="cost", priority="alarm", objects=(), **times)
            recorder.mark(event)
            _until(lambda number=number: len(archive.sealed) > number)  # type: ignore[misc]
        for loop in recorder.loops:
            loop.stop(20.0)
    # A clip is written as it is recorded, which was counted, and once more by FFmpeg, which was not.
    again = sum(it.size_bytes for name, it in archive.files.items() if name.endswith(".mp4"))
    return Written(CLIPS * CLIP_S, counter.bytes + again, counter.syncs, own_cpu_s() - began_s)


def ambient(run: Run, folder: Path) -> Written:
    """A quarter of an hour without end."""
    counter, archive = Counter(), FolderArchive(folder)
    store = PacketStore(60.0, 200_000_000)
    feed, length_s = store.feed(), run.packets[-1].t - run.packets[0].t + 1 / FPS
    began_s = own_cpu_s()
    with counter.counting():
        loop = AmbientRecorder("cost", store, archive, segment_s=SEGMENT_S, wall=SimulatedClock().wall)
        loop.start()
        feed.take(run.info)
        fed, taken = 0.0, 0
        while fed < AMBIENT_S:
            for packet in run.packets:
                feed.take(Masked(replace(packet, t=packet.t + fed), 0))
                taken += 1
                if taken % 256 == 0:
                    _until(lambda taken=taken: (loop._next or 0) >= taken)  # type: ignore[misc]
            fed += length_s
        _until(lambda: (loop._next or 0) >= taken)
        loop.stop(20.0)
    return Written(fed, counter.bytes, counter.syncs, own_cpu_s() - began_s)


def in_the_way(folder: Path) -> str:
    """What the recorder costs those who do not wait for it: whoever tells an event, and the pictures' thread."""
    clock = SimulatedClock()
    recorder = Recorder({"cost": None}, RecordingSettings(), FolderArchive(folder), clock)
    i420 = np.zeros((720, 640), np.uint8)
    motion = Motion(open=False, area_frac=0.0, mask=np.zeros((4, 4), np.bool_), scene_change=False)
    step, nobody = Step(Frame(0, 0.0, None, i420), motion, None, (), ()), ScriptedDetector({})
    idle_s = min(timeit.repeat(lambda: recorder.show("cost", step, nobody), number=1000, repeat=5)) / 1000
    marks_s = []
    for number in range(200):
        event = make_event(camera="cost", priority="alarm", t_emitted=number * 1.0, t_end=number * 1.0)
        began_s = time.perf_counter()
        recorder.mark(event)
        marks_s.append(time.perf_counter() - began_s)
    median_us, p95_us = statistics.median(marks_s) * 1e6, statistics.quantiles(marks_s, n=20)[-1] * 1e6
    return (
        f"An event gets the names of its files in {median_us:.0f} us (median; p95 {p95_us:.0f} us), before the pins.\n"
        f"A picture of which nothing is wanted costs {idle_s * 1e6:.1f} us."
    )


def _ring(run: Run) -> PacketStore:
    store = PacketStore(600.0, 200_000_000)
    feed = store.feed()
    feed.take(run.info)
    for packet in run.packets:
        feed.take(Masked(packet, 0))
    return store


def _until(true: Callable[[], bool]) -> None:
    poll = threading.Event()
    while not true():
        poll.wait(0.005)


def day_rows(name: str, clip: Written, always: Written) -> Iterator[str]:
    """A day of alarms, and a day without end."""
    for alarms in ALARMS:
        share = alarms * CLIP_S / clip.video_s
        yield _row(f"{name}: {alarms} clips of {CLIP_S:.0f} s", clip, share)
    yield _row(f"{name}: continuous, pieces of {SEGMENT_S:.0f} s", always, DAY_S / always.video_s)


def _row(what: str, written: Written, share: float) -> str:
    per_s = written.cpu_s * 1000 / written.video_s
    return f"| {what} | {written.bytes * share / 1e9:.2f} GB | {written.syncs * share:,.0f} | {per_s:.1f} ms |"


def report(clip: Path, folder: Path) -> str:
    """Everything, as a page."""
    plain_ms, _ = camera_side(clip, "off", masked=False)
    sides = {
        "copied": camera_side(clip, "copy", masked=False),
        "encoded": camera_side(clip, "encode", masked=True),
    }
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, av {av.__version__}"
    lines = [
        f"`make recording-cost` on {machine}, commit {commit()}. 640x480, {FPS:g} pictures a second.",
        "",
        "| camera's process | CPU a picture | more than without recording | of a core, for that |",
        "|-|-|-|-|",
        f"| nothing recorded | {plain_ms:.2f} ms | - | - |",
    ]
    days = ["", "| a day | written | syncs | recorder's CPU per second of video |", "|-|-|-|-|"]
    for name, (cost_ms, run) in sides.items():
        more_ms = cost_ms - plain_ms
        lines.append(f"| {name} | {cost_ms:.2f} ms | {more_ms:.2f} ms | {more_ms * FPS / 10:.1f} % |")
        if run is None:
            sys.exit(f"{name}: no packets")
        rate = sum(len(packet.data) for packet in run.packets) * 8 / (run.packets[-1].t - run.packets[0].t)
        label = f"{name}, {rate / 1e6:.2f} Mbit/s"
        days += day_rows(label, clips(run, folder / f"{name}-clips"), ambient(run, folder / f"{name}-all"))
    return "\n".join([*lines, *days, "", in_the_way(folder / "way")]) + "\n"


def main(arguments: list[str]) -> int:
    """Measure, print, and write the section where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", action="store_true", help=f"write the section into {REPORT}")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        text = report(street(Path(folder) / "street.mp4"), Path(folder))
    print(text)
    if asked.report:
        put_section(REPORT, "Cost", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Records a camera's packets in real time, for whoever kills it in the middle. Holds no test."""

import sys
from pathlib import Path

from device.capture.packet_store import PacketStore
from device.clock import SystemClock
from device.core.event import Event
from device.recorder.folder_archive import FolderArchive
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from tests.events import make_event
from tests.recorder.packets import FPS, fill, packets


def main(folder: Path) -> None:
    """Say of each packet that it has come; the event's clip lies at ``evidence/1/clip.mp4``."""
    clock, store = SystemClock(), PacketStore(60.0, 50_000_000)
    info, made = packets(600)
    zero = clock.monotonic()
    _, made = packets(600, t0=zero)
    settings = RecordingSettings(pre_roll_s=1.0, post_roll_s=60.0, max_clip_s=120.0)
    recorder = Recorder({"aisle": store}, settings, FolderArchive(folder), clock)
    for loop in recorder.loops:
        loop.start()
    event: Event = make_event(event_id="1", priority="alarm", t_start=zero, t_emitted=zero)
    recorder.mark(event)
    feed = store.feed()
    feed.take(info)
    for number, packet in enumerate(made):
        clock.wait(max(0.0, zero + number / FPS - clock.monotonic()))
        fill(feed, info, [packet])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

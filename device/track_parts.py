"""The log of tracks while a service runs. Chooses no folder."""

import contextlib
from collections.abc import Iterator

from device.config.model import Config
from device.ports import Clock
from device.tracklog.log import TrackLog
from device.tracklog.try_rules import track_folder


@contextlib.contextmanager
def open_track_log(config: Config, clock: Clock, *, on_disk: bool) -> Iterator[TrackLog]:
    """Keep tracks until it is left; what waits is written then. A stand-in for the disk lies in memory: none there."""
    tracks = TrackLog(track_folder(config.device.state_dir), keeps=on_disk, synced=clock.synced)
    tracks.start()
    try:
        yield tracks
    finally:
        tracks.stop()

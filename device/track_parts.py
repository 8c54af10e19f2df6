"""The log of tracks while a service runs. Chooses no folder."""

import contextlib
from collections.abc import Iterator

from device.config.model import Config
from device.track_log import TrackLog
from device.try_rules import track_folder


@contextlib.contextmanager
def open_track_log(config: Config) -> Iterator[TrackLog]:
    """Keep tracks until it is left; what waits is written then."""
    tracks = TrackLog(track_folder(config.device.state_dir))
    tracks.start()
    try:
        yield tracks
    finally:
        tracks.stop()

"""Draws what the pipeline saw on its pictures and writes them as a clip. Decides nothing."""

import contextlib
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from device.config.cameras import CameraTable
from device.core.event import Event
from device.errors import ShopwardenError
from device.pipeline import Step
from device.recorder.overlay import ALARM, QUIET, draw_label, draw_places, draw_track, is_shown

TICK = Fraction(1, 1000)
"""s."""
BANNER_S = 2.5
"""How long an event stays written on the picture."""


class AnnotatedClip:
    """An H.264 MP4 with boxes, tracks, zones, lines and the events as they happen."""

    def __init__(self, path: Path, camera: CameraTable) -> None:
        """Start the file.

        Raises:
            ShopwardenError: it cannot be written.
        """
        self._path, self._camera = path, camera
        self._banners: deque[tuple[float, Event]] = deque(maxlen=4)
        with _file_errors(path):
            # The prefix keeps a colon in the name from choosing a protocol.
            self._file = av.open(f"file:{path}", "w", format="mp4")
        # Times come from the pictures themselves, in ms; the rate is only what the encoder plans with.
        self._stream = self._file.add_stream("libx264", rate=25)
        self._stream.codec_context.time_base = TICK
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "24", "preset": "veryfast"}
        self._count, self._t_first = 0, 0.0
        self._failed = self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        try:
            self.close()
        except ShopwardenError:
            # What went wrong first is what is told.
            if kind is None:
                raise

    def add(self, step: Step) -> None:
        """Draw one step and append it.

        Raises:
            ShopwardenError: it cannot be written.
        """
        picture = step.frame.bgr()
        self._banners.extend((step.frame.t, event) for event in step.events)
        draw_places(picture, self._camera)
        for track in step.tracks:
            if is_shown(track, step.frame.t):
                draw_track(picture, track)
        self._draw_banners(picture, step.frame.t)
        if self._count == 0:
            self._t_first = step.frame.t
            self._stream.width, self._stream.height = step.frame.width, step.frame.height
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = round((step.frame.t - self._t_first) / TICK), TICK
        self._count += 1
        self._failed = True
        with _file_errors(self._path):
            self._file.mux(self._stream.encode(frame))
        self._failed = False

    def close(self) -> None:
        """Finish the file, or take it away where no picture came; may be called twice.

        Raises:
            ShopwardenError: it cannot be written.
        """
        if self._closed:
            return
        self._closed = True
        with _file_errors(self._path):
            try:
                # After a write that failed FFmpeg must not be asked to write on: it may crash.
                if self._count and not self._failed:
                    self._file.mux(self._stream.encode(None))
            finally:
                self._file.close()
            if not self._count:
                self._path.unlink(missing_ok=True)

    def _draw_banners(self, picture: NDArray[np.uint8], t: float) -> None:
        recent = [event for told, event in self._banners if t - told < BANNER_S]
        for row, event in enumerate(reversed(recent)):
            text = f"{event.priority}: {event.kind} {event.zone or ''} ({event.state})"
            draw_label(picture, text, (8, 20 + 20 * row), ALARM if event.priority == "alarm" else QUIET)


@contextlib.contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """FFmpeg's and the system's errors as ours.

    Raises:
        ShopwardenError: the file cannot be written.
    """
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        why = error.strerror or str(error)
        raise ShopwardenError(f"{path}: the clip cannot be written ({why}); name another place") from error

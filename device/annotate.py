"""Draws what the pipeline saw on its pictures and writes them as a clip. Decides nothing."""

import contextlib
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from device.config.cameras import CameraTable
from device.core.event import Event
from device.core.geometry import Point
from device.core.track import Track
from device.errors import ShopwardenError
from device.pipeline import Step

Colour = tuple[int, int, int]

BELIEVED: Colour = (80, 220, 60)
DOUBTED: Colour = (150, 150, 150)
ZONE: Colour = (240, 170, 40)
LINE: Colour = (40, 170, 240)
ALARM: Colour = (50, 50, 230)
QUIET: Colour = (90, 90, 90)

TICK = Fraction(1, 1000)
"""s."""
BANNER_S = 2.5
"""How long an event stays written on the picture."""


LINGER_S = 0.5
"""How long a track that is not found any more stays drawn."""


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
            if track.confirmed and step.frame.t - track.t_seen < 1.0:
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
            _label(picture, text, (8, 20 + 20 * row), ALARM if event.priority == "alarm" else QUIET)


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


def draw_places(picture: NDArray[np.uint8], camera: CameraTable) -> None:
    """Draw zones and lines on a BGR picture, in place."""
    for zone in camera.zones:
        cv2.polylines(
            picture, [_pixels(picture, zone.polygon)], isClosed=True, color=ZONE, thickness=1, lineType=cv2.LINE_AA
        )
        x, y = _pixels(picture, zone.polygon[:1])[0]
        _label(picture, zone.id, (int(x) + 3, int(y) + 14), ZONE)
    for line in camera.lines:
        start, end = _pixels(picture, (line.start, line.end))
        cv2.arrowedLine(picture, _xy(start), _xy(end), LINE, 2, cv2.LINE_AA, tipLength=0.04)
        _label(picture, line.id, _xy(start), LINE)


def draw_track(picture: NDArray[np.uint8], track: Track) -> None:
    """Draw one track on a BGR picture, in place; grey where it may be scenery, thin where it was not seen just now."""
    (x1, y1), (x2, y2) = _pixels(picture, (track.box[:2], track.box[2:]))
    colour = BELIEVED if track.moved else DOUBTED
    cv2.rectangle(picture, (int(x1), int(y1)), (int(x2), int(y2)), colour, 2 if track.seen else 1)
    _label(picture, f"{track.label} {track.id}  {track.score:.2f}", (int(x1), max(12, int(y1) - 4)), colour)


def _pixels(picture: NDArray[np.uint8], points: tuple[Point, ...]) -> NDArray[np.int32]:
    height, width = picture.shape[:2]
    return np.array([(x * width, y * height) for x, y in points]).round().astype(np.int32)


def _xy(point: NDArray[np.int32]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _label(picture: NDArray[np.uint8], text: str, at: tuple[int, int], colour: Colour) -> None:
    """Text on a dark ground, so that it can be read on any picture."""
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)
    x, y = at
    cv2.rectangle(picture, (x - 1, y - height - 2), (x + width + 1, y + base - 1), (20, 20, 20), cv2.FILLED)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)

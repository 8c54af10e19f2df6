"""Draws zones, lines and tracks on pictures. Decides nothing, and keeps none of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from device.config.cameras import CameraTable
from device.core.geometry import Point
from device.core.track import Track

Colour = tuple[int, int, int]
"""Blue, green, red."""

BELIEVED: Colour = (80, 220, 60)
DOUBTED: Colour = (150, 150, 150)
ZONE: Colour = (240, 170, 40)
LINE: Colour = (40, 170, 240)
ALARM: Colour = (50, 50, 230)
QUIET: Colour = (90, 90, 90)

DRAWN_S = 1.0
"""How long a track that is not found any more stays drawn."""


def draw_places(picture: NDArray[np.uint8], camera: CameraTable) -> None:
    """Draw zones and lines on a BGR picture, in place."""
    for zone in camera.zones:
        cv2.polylines(
            picture, [_pixels(picture, zone.polygon)], isClosed=True, color=ZONE, thickness=1, lineType=cv2.LINE_AA
        )
        x, y = _pixels(picture, zone.polygon[:1])[0]
        draw_label(picture, zone.id, (int(x) + 3, int(y) + 14), ZONE)
    for line in camera.lines:
        start, end = _pixels(picture, (line.start, line.end))
        cv2.arrowedLine(picture, _xy(start), _xy(end), LINE, 2, cv2.LINE_AA, tipLength=0.04)
        draw_label(picture, line.id, _xy(start), LINE)


def draw_track(picture: NDArray[np.uint8], track: Track) -> None:
    """Draw one track on a BGR picture, in place; grey where it may be scenery, thin where it was not seen just now."""
    (x1, y1), (x2, y2) = _pixels(picture, (track.box[:2], track.box[2:]))
    colour = BELIEVED if track.moved else DOUBTED
    cv2.rectangle(picture, (int(x1), int(y1)), (int(x2), int(y2)), colour, 2 if track.seen else 1)
    draw_label(picture, f"{track.label} {track.id}  {track.score:.2f}", (int(x1), max(12, int(y1) - 4)), colour)


def is_shown(track: Track, t: float) -> bool:
    """Whether a track is drawn on a picture of time ``t``."""
    return track.confirmed and t - track.t_seen < DRAWN_S


def _pixels(picture: NDArray[np.uint8], points: tuple[Point, ...]) -> NDArray[np.int32]:
    height, width = picture.shape[:2]
    return np.array([(x * width, y * height) for x, y in points]).round().astype(np.int32)


def _xy(point: NDArray[np.int32]) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def draw_label(picture: NDArray[np.uint8], text: str, at: tuple[int, int], colour: Colour) -> None:
    """Text on a dark ground, so that it can be read on any picture."""
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)
    x, y = at
    cv2.rectangle(picture, (x - 1, y - height - 2), (x + width + 1, y + base - 1), (20, 20, 20), cv2.FILLED)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)

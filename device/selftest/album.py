"""One picture of each camera with what is drawn on it, for the report. Takes none itself."""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from device.config.cameras import CameraTable
from device.core.frame import Frame
from device.recorder.overlay import ZONE, draw_label, draw_places

_WIDTH_PX: Final = 640
"""Enough to recognise a shelf on paper."""
_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Still:
    """A picture as it goes on the page."""

    camera: str
    jpeg: bytes
    width: int
    """px."""
    height: int
    """px."""
    places: tuple[str, ...]
    """What is drawn: zones, lines and shelves, each by kind and name."""


@dataclass(slots=True)
class Album:
    """The pictures so far, in the order of the cameras."""

    stills: list[Still] = field(default_factory=list)

    def keep(self, table: CameraTable, frame: Frame) -> None:
        """Copy a picture and draw on it; masks are in it already."""
        picture = frame.bgr()
        scale = _WIDTH_PX / picture.shape[1]
        size = (_WIDTH_PX, max(2, round(picture.shape[0] * scale)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        draw_places(picture, table)
        for shelf in table.shelves:
            points = np.array([(x * size[0], y * size[1]) for x, y in shelf.polygon]).round().astype(np.int32)
            cv2.polylines(picture, [points], isClosed=True, color=ZONE, thickness=1, lineType=cv2.LINE_AA)
            draw_label(picture, shelf.id, (int(points[0][0]) + 3, int(points[0][1]) + 14), ZONE)
        done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if done:
            self.stills.append(Still(table.id, jpeg.tobytes(), *size, _places(table)))


def _places(table: CameraTable) -> tuple[str, ...]:
    zones = [f"{zone.kind} {zone.id}" for zone in table.zones]
    lines = [f"{line.kind} {line.id}" for line in table.lines]
    return (*zones, *lines, *(f"shelf {shelf.id}" for shelf in table.shelves))

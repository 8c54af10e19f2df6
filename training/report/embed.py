"""Pictures that a page carries inside itself, and writing on them in any script that the font has. Draws no boxes."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_TEXT_PX = 11
_JPEG_QUALITY = 80


def write_text(
    bgr: NDArray[np.uint8], texts: Sequence[tuple[str, tuple[int, int], tuple[int, int, int]]]
) -> NDArray[np.uint8]:
    """The picture with texts, each over its place and on a ground of its colour (BGR)."""
    image = Image.fromarray(np.ascontiguousarray(bgr[..., ::-1]))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(_TEXT_PX)
    for text, (x, y), (blue, green, red) in texts:
        place = (max(0, min(x, image.width - 20)), max(0, y - _TEXT_PX - 3))
        left, top, right, bottom = pen.textbbox(place, text, font=font)
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=(red, green, blue))
        pen.text(place, text, fill="white", font=font)
    return np.asarray(image, dtype=np.uint8)[..., ::-1]


def as_data_url(bgr: NDArray[np.uint8]) -> str:
    """A picture as text that a page can hold."""
    _, packed = cv2.imencode(".jpg", np.ascontiguousarray(bgr), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(packed.tobytes()).decode()


def thumbnail(bgr: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """The picture, no side longer than this."""
    scale = min(1.0, side_px / max(bgr.shape[:2]))
    size = (max(1, round(bgr.shape[1] * scale)), max(1, round(bgr.shape[0] * scale)))
    return np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

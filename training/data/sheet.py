"""Draws pictures with their boxes side by side. Does not choose which."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.data.pictures import read_pixels
from training.data.sample import Sample

Pixels = NDArray[np.uint8]

_COLOURS = (
    "#e6194b",
    "#3cb44b",
    "#4363d8",
    "#f58231",
    "#911eb4",
    "#008080",
    "#c2185b",
    "#9a6324",
    "#808000",
    "#000075",
)
_GAP_PX = 4
_TEXT_PX = 11


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sheet."""

    picture: Pixels
    """(height, width, 3) BGR."""
    boxes: Sequence[tuple[float, ...]] = ()
    """Left, top, right, bottom, px of the picture."""
    labels: Sequence[int] = ()
    caption: str = ""


def draw_tile(tile: Tile, names: Sequence[str]) -> Image.Image:
    """The picture with its boxes, each in the colour of its class and with its name."""
    image = Image.fromarray(np.ascontiguousarray(tile.picture[..., ::-1]))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(_TEXT_PX)
    for box, label in zip(tile.boxes, tile.labels, strict=False):
        colour = _COLOURS[label % len(_COLOURS)]
        left, top, right, bottom = (round(side) for side in box)
        pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=2)
        _write(pen, font, (left, max(0, top - _TEXT_PX - 2)), names[label], colour)
    if tile.caption:
        _write(pen, font, (0, image.height - _TEXT_PX - 3), tile.caption, "#202020")
    return image


def draw_sheet(tiles: Sequence[Tile], names: Sequence[str], columns: int) -> Image.Image:
    """Tiles row by row, on a pale ground."""
    images = [draw_tile(tile, names) for tile in tiles]
    width = max((image.width for image in images), default=1) + _GAP_PX
    height = max((image.height for image in images), default=1) + _GAP_PX
    rows = max(1, -(-len(images) // columns))
    sheet = Image.new("RGB", (min(columns, max(1, len(images))) * width + _GAP_PX, rows * height + _GAP_PX), "#f2f4f6")
    for index, image in enumerate(images):
        sheet.paste(image, (_GAP_PX + index % columns * width, _GAP_PX + index // columns * height))
    return sheet


def small_tile(sample: Sample, side_px: int, caption: str = "") -> Tile:
    """A sample no larger than a square of that side."""
    reduce = next((part for part in (8, 4, 2) if min(sample.width, sample.height) // part >= side_px), 1)
    pixels = read_pixels(sample.path, reduce)
    scale = min(side_px / pixels.shape[1], side_px / pixels.shape[0])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    unit = (size[0], size[1]) * 2
    boxes = [tuple(side * by for side, by in zip(box, unit, strict=True)) for box in sample.boxes]
    return Tile(small, boxes, sample.labels, caption)


def crop_tile(sample: Sample, number: int, side_px: int) -> Tile:
    """One box of a sample alone, as large as fits a square of that side."""
    pixels = read_pixels(sample.path)
    height, width = pixels.shape[:2]
    left, top, right, bottom = sample.boxes[number] if sample.boxes else (0.0, 0.0, 1.0, 1.0)
    columns = slice(int(left * width), max(int(left * width) + 1, round(right * width)))
    crop = pixels[int(top * height) : max(int(top * height) + 1, round(bottom * height)), columns]
    scale = side_px / max(crop.shape[:2])
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return Tile(np.asarray(cv2.resize(crop, size, interpolation=method), dtype=np.uint8))


def as_data_url(image: Image.Image) -> str:
    """A picture as text that a page can hold."""
    _, packed = cv2.imencode(".jpg", np.asarray(image)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return "data:image/jpeg;base64," + base64.b64encode(packed.tobytes()).decode()


def _write(pen: ImageDraw.ImageDraw, font: object, place: tuple[int, int], text: str, ground: str) -> None:
    bounds = pen.textbbox(place, text, font=font)  # type: ignore[arg-type]
    pen.rectangle((bounds[0] - 1, bounds[1] - 1, bounds[2] + 1, bounds[3] + 1), fill=ground)
    pen.text(place, text, fill="white", font=font)  # type: ignore[arg-type]

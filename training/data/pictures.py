"""Looks at picture files and reads their pixels. Does not know labels."""

import hashlib
import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from training.data.sample import Look, Problem
from training.errors import DataError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
FOREIGN_SUFFIXES = frozenset({".heic", ".heif", ".avif", ".gif", ".jp2", ".dng", ".cr2", ".nef"})
"""Pictures that cameras and phones make and no reader here takes."""

THUMB_PX = 32
_TURNED = (5, 6, 7, 8)
_CONVERTED = {
    "CMYK": "CMYK colours", "YCCK": "CMYK colours", "L": "grey only", "1": "black and white only", "LA": "transparency",
    "RGBA": "transparency", "PA": "transparency", "I": "more than 8 bits a colour", "F": "more than 8 bits a colour",
}  # fmt: skip
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, Image.DecompressionBombError)
"""All that Pillow raises for a file that is no picture or the half of one."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture that could be decoded to its end."""

    path: Path
    width: int
    """Columns as a person sees it, px."""
    height: int
    turn: int
    """The EXIF orientation, 1..8; 1 is upright as stored."""
    converted: tuple[str, ...]
    """What about it is unusual and is converted on reading."""
    look: Look

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height in the file, before the turn that EXIF asks for."""
        return (self.height, self.width) if self.turn in _TURNED else (self.width, self.height)


def look_at(path: Path) -> PictureFile | Problem:
    """Decode a picture to its end and note what it is."""
    try:
        content = path.read_bytes()
        with Image.open(path) as picture:
            return _describe(path, content, picture)
    except FileNotFoundError:
        return Problem(path, "", "the picture is missing", "copy it there or remove its labels")
    except _BROKEN as error:
        if "truncated" in str(error):
            return Problem(path, "", "the picture is cut short", "copy it again from its source")
        return Problem(path, "", "not a picture that can be read", "replace it by a JPEG or PNG, or remove it")


def look_at_all(paths: Iterable[Path], threads: int = 2) -> dict[Path, PictureFile | Problem]:
    """Look at many pictures; decoding leaves Python's lock, so threads help."""
    wanted = sorted(set(paths))
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(wanted, pool.map(look_at, wanted), strict=True))


def read_pixels(path: Path, reduce: int = 1) -> NDArray[np.uint8]:
    """The picture as a person sees it, (height, width, 3) BGR, 8 bits.

    Args:
        path: the file.
        reduce: 1, 2, 4 or 8: decode at that part of the size; cheap for large JPEG files.

    Raises:
        DataError: it cannot be decoded.
    """
    flags = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
             8: cv2.IMREAD_REDUCED_COLOR_8}[reduce]  # fmt: skip
    pixels = cv2.imread(str(path), flags)
    if pixels is None:
        raise DataError(f"{path}: not a picture that can be read; replace it by a JPEG or PNG, or remove it")
    return np.asarray(pixels, dtype=np.uint8)


def pictures_below(folder: Path) -> tuple[list[Path], list[Problem]]:
    """Picture files below a folder by path, and those of a kind that is not read."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    foreign = [
        Problem(path, "", f"{path.suffix.lower()} pictures are not read", "save it as JPEG (phones: 'most compatible')")
        for path in files
        if path.suffix.lower() in FOREIGN_SUFFIXES
    ]
    return [path for path in files if path.suffix.lower() in SUFFIXES], foreign


def _describe(path: Path, content: bytes, picture: Image.Image) -> PictureFile:
    size, mode = picture.size, picture.mode
    turn = int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    turn = turn if turn in range(1, 9) else 1
    # A JPEG is decoded to its end, but drawn no larger than the thumb needs.
    picture.draft("RGB", (8 * THUMB_PX, 8 * THUMB_PX))
    picture.load()
    thumb = _thumb(picture, mode)
    width, height = (size[1], size[0]) if turn in _TURNED else size
    look = Look(hashlib.sha256(content).hexdigest(), thumb)
    return PictureFile(path, width, height, turn, _converted(content, mode, turn), look)


def _thumb(picture: Image.Image, mode: str) -> bytes:
    if mode.startswith("I;16"):
        # Pillow would clip to white what has 16 bits.
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    small = picture.convert("RGB").resize((THUMB_PX, THUMB_PX), Image.Resampling.BOX)
    return small.tobytes()


def _converted(content: bytes, mode: str, turn: int) -> tuple[str, ...]:
    deep = mode.startswith("I;16") or (content.startswith(b"\x89PNG") and content[24:25] == b"\x10")
    found = ["16 bits a colour"] if deep else []
    if mode in _CONVERTED and not (deep and mode in ("I", "F")):
        found.append(_CONVERTED[mode])
    if turn != 1:
        found.append(f"turned by its EXIF orientation {turn}")
    return tuple(found)

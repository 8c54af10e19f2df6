"""Cuts things out of pictures and puts them into others. Knows nothing of rules or clips."""

import itertools
import json
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""(H, W, 3) BGR, 0..255."""
WIDTH, HEIGHT = 640, 480


class Cutout:
    """Part of a picture and how much of each of its pixels is the thing itself."""

    def __init__(self, picture: Picture, opaque: NDArray[np.float32]) -> None:
        """``opaque`` is (H, W), 0..1."""
        self.picture, self.opaque = picture, opaque

    def put(self, into: Picture, foot: tuple[float, float], height: int, *, mirrored: bool = False) -> None:
        """Draw it so high, px, with the middle of its lower edge there; what is outside ``into`` is left out."""
        tall, wide = self.opaque.shape
        width = max(2, round(wide * height / tall))
        picture, opaque = cv2.resize(self.picture, (width, height)), cv2.resize(self.opaque, (width, height))
        if mirrored:
            picture, opaque = picture[:, ::-1], opaque[:, ::-1]
        left, top = round(foot[0] - width / 2), round(foot[1] - height)
        x1, y1, x2, y2 = max(0, left), max(0, top), min(into.shape[1], left + width), min(into.shape[0], top + height)
        if x1 >= x2 or y1 >= y2:
            return
        inside = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
        part = opaque[inside][..., None]
        into[y1:y2, x1:x2] = into[y1:y2, x1:x2] * (1.0 - part) + picture[inside] * part


def cut_out(path: Path, box: tuple[int, int, int, int]) -> Cutout:
    """What stands out in a box, x, y, width, height in px, of a picture: GrabCut (Rother et al., 2004)."""
    picture = _read(path)
    x, y, width, height = box
    mask = np.zeros(picture.shape[:2], np.uint8)
    around = (max(0, x - 2), max(0, y - 2), width + 4, height + 4)
    cv2.setRNGSeed(0)
    cv2.grabCut(picture, mask, around, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    opaque = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.float32)
    opaque = cv2.GaussianBlur(opaque, (0, 0), 1.0)
    part = np.s_[y : y + height, x : x + width]
    return Cutout(picture[part].astype(np.float32), np.asarray(opaque[part], dtype=np.float32))


def packages(folder: Path, rng: np.random.Generator, count: int) -> list[Picture]:
    """So many packages out of a folder with COCO's ``instances.json``, as their boxes show them."""
    table = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    names = {image["id"]: image["file_name"] for image in table["images"]}
    large = [each for each in table["annotations"] if each["bbox"][2] > 70 and each["bbox"][3] > 80]
    found = []
    for chosen in rng.integers(0, len(large), count).tolist():
        x, y, width, height = (int(edge) for edge in large[chosen]["bbox"])
        picture = _read(folder / "images" / names[large[chosen]["image_id"]])
        found.append(picture[y : y + height, x : x + width].astype(np.float32))
    return found


def empty_place(path: Path, pictures: range) -> Picture:
    """What a recording shows where nobody stands: the median of these of its pictures."""
    with av.open(str(path)) as file:
        shown = [
            cv2.resize(frame.to_ndarray(format="bgr24"), (WIDTH, HEIGHT))
            for number, frame in enumerate(itertools.islice(file.decode(video=0), pictures.stop))
            if number in pictures
        ]
    return np.asarray(np.median(np.stack(shown), axis=0), dtype=np.float32)


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"bench.collage: {path} is missing or no picture")
    return np.asarray(picture, dtype=np.uint8)

"""Pictures and sets that tests draw themselves."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from training.data.sample import Look, Sample

Pixels = NDArray[np.uint8]

SPEC = InputSpec(
    width=128, height=128, channels="BGR", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395), dtype="int8",
    scale=0.0187, zero_point=-14, resize="letterbox", pad=(114, 114, 114),
)  # fmt: skip
"""Like the base detector's, smaller."""


def ground(seed: int, width: int = 96, height: int = 72) -> Pixels:
    """A soft pattern of its own for each seed."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def save(path: Path, picture: NDArray[Any]) -> Path:
    """Write a picture, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
    return path


def coco_set(folder: Path, count: int = 6, labels: Sequence[str] = ("cup", "jar"), boxes: int = 2) -> dict[str, Any]:
    """Pictures with one box of each class in turn; the raw COCO is returned, not yet written."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(count):
        name = f"take{number // 2}_{number}.png"
        save(folder / "images" / name, ground(number))
        images.append({"id": number + 1, "file_name": name, "width": 96, "height": 72})
        for box in range(boxes):
            annotations.append({
                "id": len(annotations) + 1, "image_id": number + 1, "category_id": 10 + (number + box) % len(labels),
                "bbox": [10 + 30 * box, 12, 25, 40], "iscrowd": 0,
            })  # fmt: skip
    categories = [{"id": 10 + place, "name": name} for place, name in enumerate(labels)]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_json(folder: Path, raw: object) -> Path:
    """Write ``instances.json``."""
    path = folder / "instances.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def sample(number: int, labels: Sequence[int] = (0,), group: str = "", content: str = "") -> Sample:
    """A sample of no file, for what looks at labels alone."""
    boxes = tuple((0.1, 0.1, 0.5, 0.5) for _ in labels)
    look = Look(content or f"{number:064x}", bytes(32 * 32 * 3))
    return Sample(Path(f"p{number}.jpg"), 96, 72, boxes, tuple(labels), look, group=group)

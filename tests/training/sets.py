"""Small drawn sets of labelled pictures."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np


def coco_raw() -> dict[str, Any]:
    """Two pictures of 64x48 with a person and two bottles, ids as other tools write them."""
    return {
        "images": [
            {"id": 7, "file_name": "a.png", "width": 64, "height": 48},
            {"id": 8, "file_name": "b.png", "width": 64, "height": 48},
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 44, "name": "bottle"}],
        "annotations": [
            {"id": 0, "image_id": 7, "category_id": 1, "bbox": [4, 4, 20, 40]},
            {"id": 1, "image_id": 7, "category_id": 44, "bbox": [40, 10, 10, 20]},
            {"id": 2, "image_id": 8, "category_id": 44, "bbox": [10, 10, 20, 30], "area": 600, "iscrowd": 0},
        ],
    }


def write_set(folder: Path, raw: dict[str, Any] | None = None) -> Path:
    """Write the set and its pictures; the instances file is returned."""
    images = folder / "images"
    images.mkdir(exist_ok=True)
    random = np.random.default_rng(3)
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(images / name), random.integers(0, 255, size=(48, 64, 3)).astype(np.uint8))
    instances = folder / "instances.json"
    instances.write_text(json.dumps(coco_raw() if raw is None else raw), encoding="utf-8")
    return instances

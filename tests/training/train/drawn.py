"""A small drawn set to learn from, and a recipe that is over in seconds."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

RECIPE = """
name = "tiny"
seed = 3

[data]
val_share = 0.25
test_share = 0.1

[network]
base = "none"
size_px = 64
dropout = 0.1

[training]
epochs = 2
batch = 4
lr = 2e-3
base_lr_factor = 1.0
warmup_epochs = 0.5
ema_decay = 0.5
plain_epochs = 1
measure_every = 2
checkpoint_min = 1e-6

[export]
licence = "CC0"
max_ap_loss = 1.0
calibration_pictures = 8
"""

_COLOURS = {"red": (0, 0, 255), "blue": (255, 0, 0)}


def write_drawn(folder: Path, pictures: int = 20) -> Path:
    """Write pictures of 64 px with one or two coloured squares each, as COCO; the folder is returned."""
    (folder / "images").mkdir(parents=True)
    random = np.random.default_rng(5)
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for number in range(pictures):
        picture = random.integers(90, 160, size=(64, 64, 3)).astype(np.uint8)
        for _ in range(1 + number % 2):
            label = int(random.integers(2))
            left, top = (int(place) for place in random.integers(0, 40, 2))
            side = int(random.integers(14, 24))
            picture[top : top + side, left : left + side] = list(_COLOURS.values())[label]
            box = [left, top, min(side, 64 - left), min(side, 64 - top)]
            boxes.append({"id": len(boxes), "image_id": number, "category_id": label, "bbox": box})
        cv2.imwrite(str(folder / "images" / f"{number:02}.png"), picture)
        images.append({"id": number, "file_name": f"{number:02}.png", "width": 64, "height": 64})
    categories = [{"id": place, "name": name} for place, name in enumerate(_COLOURS)]
    instances = {"images": images, "categories": categories, "annotations": boxes}
    (folder / "instances.json").write_text(json.dumps(instances), encoding="utf-8")
    return folder


def write_recipe(path: Path, old: str = "", new: str = "") -> Path:
    """Write the recipe, one piece of its text replaced."""
    assert old in RECIPE
    path.write_text(RECIPE.replace(old, new) if old else RECIPE, encoding="utf-8")
    return path

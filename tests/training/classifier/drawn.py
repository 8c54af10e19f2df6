"""A small drawn set of folders of classes, and a recipe that is over in seconds."""

from pathlib import Path

import cv2
import numpy as np

CLASS_RECIPE = """
name = "tiny-classes"
kind = "classifier"
seed = 3

[data]
val_share = 0.2
test_share = 0.2

[network]
base = "small-cnn"
weights = "none"
size_px = 16
dropout = 0.2

[training]
epochs = 4
batch = 8
lr = 5e-3
base_lr_factor = 1.0
warmup_epochs = 0.5
ema_decay = 0.5
checkpoint_min = 1e-6

[augment]
flip_share = 0.0
colour_share = 0.0
night_share = 0.0
infrared_share = 0.0

[export]
licence = "CC0"
max_accuracy_loss = 0.2
calibration_pictures = 8
"""
_COLOURS = {"blue": (200, 60, 60), "green": (60, 200, 60), "red": (60, 60, 200)}


def write_classes(folder: Path, pictures: int = 16) -> Path:
    """Write pictures of 24 px, each of one colour with noise, into a folder a colour; the folder is returned."""
    random = np.random.default_rng(7)
    for label, colour in _COLOURS.items():
        (folder / label).mkdir(parents=True)
        for number in range(pictures):
            noise = random.integers(-50, 50, size=(24, 24, 3))
            picture = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / label / f"{number:02}.png"), picture)
    return folder


def write_class_recipe(path: Path, old: str = "", new: str = "") -> Path:
    """Write the recipe, one piece of its text replaced."""
    assert old in CLASS_RECIPE
    path.write_text(CLASS_RECIPE.replace(old, new) if old else CLASS_RECIPE, encoding="utf-8")
    return path

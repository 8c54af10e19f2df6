"""Makes ``tests/detect/uniform-16.tflite`` again: a tiny classifier of drawn people, some in a red uniform.

Run with the training environment: ``python -m bench.uniform_fixture --out tests/detect/uniform-16.tflite``. With
another ``--base`` and ``--size`` it makes what ``bench.uniform_cost`` measures: these two alone set what a look costs.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from device.capture.draw import Painter
from device.capture.scene import Figure, Scene
from device.capture.scene_path import Waypoint
from device.core.cutout import around, cut
from device.core.frame import Frame
from tests.detect.models import UNIFORM_TINT
from training.cli import main as train_main

PICTURES = 240
"""Of each class."""
RECIPE = """
name = "uniform-{size}"
kind = "classifier"
seed = 5

[data]
val_share = 0.15
test_share = 0.15

[network]
base = "{base}"
weights = "none"
size_px = {size}
dropout = 0.2

[training]
epochs = {epochs}
batch = 16
lr = 2e-3
base_lr_factor = 1.0
warmup_epochs = {warmup}
ema_decay = 0.9

[augment]
colour_share = 0.0
night_share = 0.0
infrared_share = 0.0

[export]
licence = "CC0: it learned from drawn pictures alone"
max_accuracy_loss = {loss}
calibration_pictures = 50
"""


def draw_people(folder: Path) -> None:
    """Write a folder of pictures a class."""
    rng = np.random.default_rng(11)
    for label in ("customer", "staff"):
        (folder / label).mkdir(parents=True)
        for number in range(PICTURES):
            part = _person(rng, staff=label == "staff")
            bgr = cv2.cvtColor(part.i420, cv2.COLOR_YUV2BGR_I420)
            cv2.imwrite(str(folder / label / f"{number:03}.png"), bgr)


def _person(rng: np.random.Generator, *, staff: bool) -> Frame:
    """Somebody cut out of a drawn room, the box a little off."""
    tint = np.array(UNIFORM_TINT) + rng.integers(-8, 9, 2)
    while not staff and np.abs(tint - UNIFORM_TINT).max() < 40:
        tint = rng.integers(60, 200, 2)
    x, height = float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.35, 0.8))
    figure = Figure(
        id=1,
        path=(Waypoint(0.0, x - 0.1, 0.95), Waypoint(2.0, x + 0.1, 0.95)),
        height_frac=height,
        shirt=int(rng.integers(60, 170)),
        trousers=int(rng.integers(40, 120)),
        tint=(int(tint[0]), int(tint[1])),
    )
    size, seed = (320, 240), int(rng.integers(1, 9999))
    scene = Scene(width_px=size[0], height_px=size[1], fps=10.0, duration_s=2.0, seed=seed, figures=(figure,))
    t = float(rng.uniform(0.1, 1.9))
    i420 = np.empty((size[1] * 3 // 2, size[0]), np.uint8)
    Painter(scene).draw(0, t, i420)
    (truth,) = scene.truth(t)
    x1, y1, x2, y2 = (float(edge) for edge in np.array(truth.box) + rng.normal(0.0, 0.01, 4))
    return cut(Frame(0, t, None, i420), around((x1, y1, x2, y2), size, 1.0, square=False))


def main() -> int:
    """Draw, train, export."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", default="small-cnn")
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--untaught", action="store_true", help="one round of learning: for measuring time alone")
    asked = parser.parse_args()
    epochs, loss = (1, 1.0) if asked.untaught else (12, 0.02)
    warmup = 0.5 if asked.untaught else 1.0
    recipe = RECIPE.format(base=asked.base, size=asked.size, epochs=epochs, warmup=warmup, loss=loss)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_people(folder / "data")
        (folder / "r.toml").write_text(recipe, encoding="utf-8")
        run = str(folder / "run")
        code = train_main(["train", "--recipe", str(folder / "r.toml"), "--data", str(folder / "data"), "--out", run])
        return code or train_main(["export", run, "--out", str(asked.out)])


if __name__ == "__main__":
    sys.exit(main())

"""What looking at clothes costs: CPU of a look by each classifier, and looks a picture in a busy shop.

``python -m bench.uniform_cost MODEL...`` with classifiers that ``bench.uniform_fixture`` makes.
"""

import argparse
import contextlib
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from bench.truth_long import CAMERA, CHUNK_S, Chunk, scene_of
from bench.truth_scenes import Case, pictures
from device.app import RunKind, build_pipeline
from device.config.cameras import CameraTable
from device.config.staff import StaffTable
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.ids import DerivedIds
from device.detect.classifier import open_classifier
from device.detect.scripted import ScriptedDetector
from device.detect.scripted_uniforms import ColouredUniforms
from device.detect.uniform import open_uniforms
from device.stopwatch import StageTimes
from tests.detect.models import UNIFORM_TINT

PERSON: Box = (0.35, 0.15, 0.65, 0.95)
LOOKS = 200


def look_ms(model: Path) -> float:
    """CPU of one look at a person who fills most of a picture of 640x480, one thread, ms."""
    noise = np.random.default_rng(1).integers(16, 235, size=(720, 640), dtype=np.uint8)
    frame, times = Frame(0, 0.0, None, noise), list[float]()
    with contextlib.closing(open_classifier(model)) as opened:
        labels = opened.card.labels[:1]
    with contextlib.closing(open_uniforms(model, labels)) as uniforms:
        for _ in range(LOOKS):
            before = time.process_time()
            uniforms.score(frame, PERSON)
            times.append((time.process_time() - before) * 1000)
    return median(times)


def busy(*, with_uniforms: bool) -> tuple[StageTimes, int]:
    """Ten minutes of a busy drawn shop: CPU by stage, and pictures."""
    times, shown = StageTimes(), 0
    for number in range(round(600 / CHUNK_S)):
        scene = scene_of(Chunk("busy", number))
        camera = CameraTable.model_validate({"id": "truth", "source": "synthetic:", **CAMERA})
        case = Case("busy", 0, scene, camera, (), (), staff=StaffTable(model="uniforms") if with_uniforms else None)
        config = case.config()
        kind = RunKind(
            ids=DerivedIds("cost"),
            boot_id="0",
            clock_synced=lambda: True,
            armed="away",
            timed=times,
            uniforms=ColouredUniforms(UNIFORM_TINT),
        )
        pipeline = build_pipeline(config, config.cameras[0], ScriptedDetector(case.script(), ("person", "car")), kind)
        for seq, i420 in pictures(scene):
            pipeline.step(Frame(seq, seq / scene.fps, None, i420))
            shown += 1
    return times, shown


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", type=Path)
    for model in parser.parse_args().models:
        sys.stdout.write(f"{model.name}: {look_ms(model):.2f} ms CPU a look\n")
    for on in (False, True):
        times, shown = busy(with_uniforms=on)
        stages = times.table()
        looks = int(stages["uniforms"]["count"]) if on else 0
        rules_ms = 1000 * stages["rules"]["cpu_s"] / shown
        sys.stdout.write(f"uniforms {'on' if on else 'off'}: {shown} pictures, rules {rules_ms:.3f} ms a picture, ")
        sys.stdout.write(f"{looks} looks, {looks / shown:.4f} a picture\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Every scripted theft again, in the uniform of staff and in other shirts: ``python -m bench.uniform_truth``.

The classifier is the small one of the tests, which learned from drawn people; the detector is scripted.
"""

import argparse
import dataclasses
import sys
import zlib
from pathlib import Path

import numpy as np

from bench.truth_scenes import FOLDER, Case, load, pictures
from device.app import RunKind, build_pipeline
from device.config.staff import StaffTable
from device.core.frame import Frame
from device.core.ids import DerivedIds
from device.detect.scripted import ScriptedDetector
from device.detect.uniform import open_uniforms
from tests.detect.models import UNIFORM, UNIFORM_TINT

AWAY = 40
"""Levels of U or V by which a customer's shirt is another colour than the uniform."""
ABOUT = ("unpaid_exit", "shelf_swept")


def shirt(rng: np.random.Generator) -> tuple[int, int]:
    """U and V of a shirt that is not the uniform's."""
    while True:
        tint = rng.integers(60, 200, 2)
        if np.abs(tint - UNIFORM_TINT).max() >= AWAY:
            return int(tint[0]), int(tint[1])


def dressed(case: Case, *, staff: bool) -> Case:
    """The scene with everybody in the uniform, or nobody."""
    rng = np.random.default_rng((case.seed, zlib.crc32(case.name.encode())))
    figures = tuple(
        dataclasses.replace(figure, tint=UNIFORM_TINT if staff else shirt(rng)) for figure in case.scene.figures
    )
    scene = dataclasses.replace(case.scene, figures=figures)
    return dataclasses.replace(case, scene=scene, staff=StaffTable(model=str(UNIFORM)))


def told(case: Case) -> set[str]:
    """The kinds of what was told of a scene."""
    config, uniforms = case.config(), open_uniforms(UNIFORM, ["staff"])
    kind = RunKind(ids=DerivedIds("truth"), boot_id="0", clock_synced=lambda: True, armed="away", uniforms=uniforms)
    pipeline = build_pipeline(config, config.cameras[0], ScriptedDetector(case.script(), ("person", "car")), kind)
    found = set[str]()
    for seq, i420 in pictures(case.scene):
        found |= {event.kind for event in pipeline.step(Frame(seq, seq / case.scene.fps, None, i420)).events}
    uniforms.close()
    return found


def main() -> int:
    """Run all and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5, 10)))
    seeds = parser.parse_args().seeds
    counts = {(kind, staff): [0, 0] for kind in ABOUT for staff in (False, True)}
    for path in sorted(FOLDER.glob("*.toml")):
        for seed in seeds:
            case = load(path, seed)
            for kind in {it.kind for it in case.expected} & set(ABOUT):
                for staff in (False, True):
                    hit = kind in told(dressed(case, staff=staff))
                    counts[kind, staff][0] += hit
                    counts[kind, staff][1] += 1
                    if hit == staff:
                        sys.stdout.write(f"{Path(path).stem}, seed {seed}, {'staff' if staff else 'customer'}: {hit}\n")
    for (kind, staff), (hits, scenes) in counts.items():
        who = "in uniform" if staff else "in other shirts"
        sys.stdout.write(f"| `{kind}`, everybody {who} | {scenes} | {hits} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

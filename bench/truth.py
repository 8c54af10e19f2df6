"""How often each rule is right: scenes with exact truth through the real pipeline. ``python -m bench.truth``."""

import argparse
import math
import resource
import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from bench.truth_scenes import FOLDER, Case, load
from bench.truth_score import Tally, match, quantile
from device.app import RunKind, build_pipeline
from device.capture.draw import Painter
from device.config.model import Config
from device.config.rules import rule_tables
from device.core.event import Event
from device.core.frame import Frame
from device.core.ids import DerivedIds
from device.detect.scripted import ScriptedDetector
from device.stopwatch import StageTimes

UNSCRIPTED = frozenset({"line_crossed", "person_in_zone"})
"""Kinds that the scenes do not write down: their truth is where everybody walks."""
TUNED, REPORTED = range(5), range(5, 10)


@dataclass(slots=True)
class Total:
    """Everything that was run."""

    tallies: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    scenes: int = 0
    pictures: int = 0
    rules_s: float = 0.0


def run(case: Case) -> tuple[list[Event], float]:
    """The events of a scene, and the CPU time that its rules took, s."""
    document = {
        "device": {"id": "truth", "state_dir": "out/truth"},
        "cameras": [case.camera.model_dump()],
        "arming": {"timezone": "Europe/Zurich", "holidays": ["2026-12-25"]},
    }
    config, times = Config.model_validate(document), StageTimes()
    kind = RunKind(
        ids=DerivedIds(f"{case.name}-{case.seed}"),
        boot_id="00000000-0000-0000-0000-000000000000",
        clock_synced=lambda: True,
        armed="away",
        timed=times,
    )
    pipeline = build_pipeline(config, config.cameras[0], ScriptedDetector(case.script()), kind)
    painter, scene, events = Painter(case.scene), case.scene, list[Event]()
    for seq in range(scene.pictures):
        i420 = np.empty((scene.height_px * 3 // 2, scene.width_px), np.uint8)
        painter.draw(seq, seq / scene.fps, i420)
        events += pipeline.step(Frame(seq, seq / scene.fps, case.wall_zero + seq / scene.fps, i420)).events
    return events, float(times.table()["rules"]["cpu_s"])


def judge(case: Case, events: list[Event], total: Total) -> None:
    """Count one scene."""
    for kind in sorted({table.kind for table in rule_tables(case.camera)} - UNSCRIPTED):
        tally = total.tallies[kind]
        wanted = [each for each in case.expected if each.kind == kind]
        told = [e for e in events if e.kind == kind and e.state == "start" and e.priority != "info"]
        if any(not each.optional for each in wanted):
            tally.positive += 1
        else:
            tally.negative += 1
            tally.negative_s += case.scene.duration_s
            tally.quiet_false += max(0, len(told) - len(wanted))
        match(told, wanted, tally, f"{case.name} seed {case.seed}")
    total.scenes += 1
    total.pictures += case.scene.pictures


def table(total: Total) -> str:
    """The truth table, as Markdown."""
    head = (
        "| rule | positive | negative | precision | recall | delay median / p95, s | false a camera-day (95 % bound) |"
    )
    lines = [head, "|-|-|-|-|-|-|-|"]
    for kind, tally in sorted(total.tallies.items()):
        delay = f"{quantile(tally.delays, 0.5):.1f} / {quantile(tally.delays, 0.95):.1f}" if tally.delays else "-"
        false = f"{tally.false_per_day:.1f} ({tally.bound_per_day:.0f})" if tally.negative_s else "-"
        right = " | ".join("-" if math.isnan(v) else f"{v:.3f}" for v in (tally.precision, tally.recall))
        lines.append(f"| `{kind}` | {tally.positive} | {tally.negative} | {right} | {delay} | {false} |")
    cost = 1000 * total.rules_s / max(1, total.pictures)
    lines.append("")
    lines.append(
        f"{total.scenes} scenes, {total.pictures} pictures of 640x480; all rules: {cost:.2f} ms CPU a picture."
    )
    return "\n".join(lines)


def main() -> None:
    """Run the scenes and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", action="store_true", help="the seeds that limits are tuned on, not those reported")
    parser.add_argument("--only", default="", help="scenes whose name contains this")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=10.0, help="begin no further scene after so long")
    options = parser.parse_args()
    total, seeds = Total(), (TUNED if options.tune else REPORTED)[: options.seeds]
    cases = [(path, seed) for seed in seeds for path in sorted(FOLDER.glob("*.toml")) if options.only in path.stem]
    began = time.perf_counter()
    for path, seed in cases:
        if time.perf_counter() - began > 60.0 * options.minutes:
            print(f"Out of time: {total.scenes} of {len(cases)} scenes.\n")
            break
        case = load(path, seed)
        events, rules_s = run(case)
        total.rules_s += rules_s
        judge(case, events, total)
    print("Detections are scripted: boxes of the truth, a little off, one in twenty missed.\n")
    print(table(total))
    for kind, tally in sorted(total.tallies.items()):
        print("".join(f"\n{kind}: {fault}" for fault in tally.faults), end="")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()

"""How often each rule is right: scenes with exact truth through the real pipeline. ``python -m bench.truth``."""

import argparse
import math
import multiprocessing
import os
import resource
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bench.truth_scenes import FOLDER, Case, load, pictures
from bench.truth_score import Tally, match, quantile, told
from device.app import RunKind, build_pipeline
from device.config.rules import rule_tables
from device.core.event import Event
from device.core.frame import Frame
from device.core.ids import DerivedIds
from device.detect.scripted import ScriptedDetector
from device.pipeline import untimed
from device.stopwatch import StageTimes

TUNED, REPORTED = range(5), range(5, 10)
FULL_PX = 640


def _tallies() -> defaultdict[str, Tally]:
    return defaultdict(Tally)


@dataclass(slots=True)
class Total:
    """Everything that was run."""

    tallies: defaultdict[str, Tally] = field(default_factory=_tallies)
    scenes: int = 0
    pictures: int = 0
    full_pictures: int = 0
    """Those of 640x480: the others cost less."""
    rules_s: float = 0.0
    """CPU time of the rules on those."""

    def add(self, other: "Total") -> None:
        """Take in what another process has run."""
        for kind, tally in other.tallies.items():
            self.tallies[kind].add(tally)
        self.scenes += other.scenes
        self.pictures += other.pictures
        self.full_pictures += other.full_pictures
        self.rules_s += other.rules_s


def run(case: Case, *, timed: bool = True) -> tuple[list[Event], float]:
    """The events of a scene, and the CPU time that its rules took, s: 0 where it is not asked for, which costs less."""
    config, times = case.config(), StageTimes()
    kind = RunKind(
        ids=DerivedIds(f"{case.name}-{case.seed}"),
        boot_id="00000000-0000-0000-0000-000000000000",
        clock_synced=lambda: True,
        armed="away",
        timed=times if timed else untimed,
    )
    pipeline = build_pipeline(
        config, config.cameras[0], ScriptedDetector(case.script(), labels=("person", "car")), kind
    )
    events = list[Event]()
    for seq, i420 in pictures(case.scene):
        t = seq / case.scene.fps
        events += pipeline.step(Frame(seq, t, case.wall_zero + t, i420)).events
    return events, float(times.table()["rules"]["cpu_s"]) if timed else 0.0


def play(job: tuple[Path, int]) -> Total:
    """Run and count one scene: a process's work."""
    case, total = load(*job), Total()
    full = case.scene.width_px == FULL_PX
    events, rules_s = run(case, timed=full)
    judge(case, events, total)
    if full:
        total.full_pictures, total.rules_s = case.scene.pictures, rules_s
    return total


def judge(case: Case, events: list[Event], total: Total) -> None:
    """Count one scene."""
    for kind in sorted({table.kind for table in rule_tables(case.camera)}):
        tally = total.tallies[kind]
        wanted = [each for each in case.expected if each.kind == kind]
        said = told(events, kind)
        if any(not each.optional for each in wanted):
            tally.positive += 1
        else:
            tally.negative += 1
            tally.negative_s += case.scene.duration_s
            tally.quiet_false += max(0, len(said) - len(wanted))
        match(said, wanted, tally, f"{case.name} seed {case.seed}")
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
    cost = 1000 * total.rules_s / max(1, total.full_pictures)
    lines.append("")
    lines.append(
        f"{total.scenes} scenes, {total.pictures} pictures; all rules: {cost:.2f} ms CPU a picture of 640x480."
    )
    return "\n".join(lines)


def play_all(cases: list[tuple[Path, int]], *, processes: int, until: float) -> Total:
    """Run scenes side by side; begin none after ``until``, s on the performance counter.

    Each is a process's own from the first picture to the last, so that their number changes no result.
    """
    total = Total()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for done in pool.imap(play, cases):
            total.add(done)
            if time.perf_counter() > until:
                break
    return total


def main() -> None:
    """Run the scenes and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", action="store_true", help="the seeds that limits are tuned on, not those reported")
    parser.add_argument("--only", default="", help="scenes whose name contains this")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=10.0, help="begin no further scene after so long")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    seeds = (TUNED if options.tune else REPORTED)[: options.seeds]
    cases = [(path, seed) for seed in seeds for path in sorted(FOLDER.glob("*.toml")) if options.only in path.stem]
    total = play_all(cases, processes=options.processes, until=time.perf_counter() + 60.0 * options.minutes)
    if total.scenes < len(cases):
        print(f"Out of time: {total.scenes} of {len(cases)} scenes.\n")
    print("Detections are scripted: boxes of the truth, a little off, one in twenty missed.\n")
    print(table(total))
    for kind, tally in sorted(total.tallies.items()):
        print("".join(f"\n{kind}: {fault}" for fault in tally.faults), end="")
    print(f"\npeak memory of a process {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()

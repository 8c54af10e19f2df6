"""What the track log costs: CPU a picture, bytes a day on the card, and how long trying rules on it takes."""

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.fault_table import commit, cpus
from bench.truth_long import CAMERA, CHUNK_S, Chunk, Mood, scene_of
from bench.truth_scenes import Case, pictures
from device.app import RunKind, build_pipeline
from device.config.cameras import CameraTable
from device.config.model import Config
from device.config.rules import rule_tables
from device.core.frame import Frame
from device.core.ids import DerivedIds
from device.detect.scripted import ScriptedDetector
from device.tracklog.files import MAX_BYTES, track_files
from device.tracklog.log import WRITE_EVERY_S, Damage, TrackLog, read_tracks
from device.tracklog.try_rules import over

REPORT = Path(__file__).resolve().parents[1] / "docs" / "measured" / "track-log.md"
FPS = 15.0
WALL = 1_790_000_000.0
BUSY_H, QUIET_H = 10.0, 14.0
"""A shop's day."""
MOODS: tuple[Mood, ...] = ("busy", "quiet")


PAGE = """# The track log

What it costs to keep what the rules saw, so that changed rules can be tried on the past. Made by `make track-log-cost`
(`python -m bench.track_log_cost --report`) at commit {commit}; {cpus} shared x86 cores. A drawn shop with all kinds of
rules but concealment, {fps:g} pictures and up to five looks a second, with the jitter of a camera's clock;
{minutes:.0f} minutes of each.

| hours | tracks at once | kept pictures | MB an hour | note, us | write, us | trying, s an hour | told again |
|-|-|-|-|-|-|-|-|
{rows}

`note` runs in the guard's thread, `write` in the log's own: CPU, per picture that came, kept or not. *Told again*: the
unchanged rules, tried on the log, told as many things as the guard had.

A day of {busy_h:g} busy and {quiet_h:g} quiet hours is {day_mb:.1f} MB a camera, in {writes:.0f} writes;
trying all {rules} rules on it takes {try_s:.0f} s, one of them {one_s:.0f} s. With one thing in the picture all the
time the {max_mib:.0f} MiB of a camera hold {full_h:.0f} hours, with three a third of that;
beyond it the oldest hours go first.

The memory card: {year_gb:.1f} GB a year and camera. Each write costs the file system a few pages of 4 KiB besides (the
end of the file, its size, the journal).
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one mood."""

    mood: str
    hours: float
    pictures: int
    kept: int
    written: int
    """Bytes."""
    writes: int
    note_us: float
    """CPU a picture in the guard's thread."""
    write_us: float
    """The same in the log's own."""
    try_s: float
    one_s: float
    """Trying one rule."""
    people: float
    """In the picture, on the mean."""
    faithful: bool
    """Whether trying the unchanged rules told what the guard had told."""


def cost(mood: Mood, chunks: int) -> Cost:
    """Guard some drawn time, keep it, and try its rules again."""
    config = Config.model_validate({"device": {"id": "cost", "state_dir": "out"}, "cameras": [CAMERA]})
    with tempfile.TemporaryDirectory() as folder:
        noted_s, wrote_s, writes, seen, people, told = 0.0, 0.0, 0, 0, 0, 0
        kind = RunKind(ids=DerivedIds("cost"), boot_id="0", clock_synced=lambda: True, armed="away", noted=True)
        camera = config.cameras[0]
        for number in range(chunks):
            scene = replace(scene_of(Chunk(mood, number)), fps=FPS)
            script = Case("cost", number, scene, camera, (), ()).script()
            detector = ScriptedDetector(script, labels=("person", "car", "truck", "bus", "motorcycle"))
            pipeline, log = build_pipeline(config, camera, detector, kind), TrackLog(Path(folder))
            rng = np.random.default_rng((number, 3))
            for seq, i420 in pictures(scene):
                # A camera's clock counts in microseconds and jitters, and a guard is not always at once.
                t = round(number * CHUNK_S + seq / FPS + rng.uniform(0.0, 0.002), 6)
                step = pipeline.step(Frame(seq, t, WALL + t + rng.exponential(0.005), i420))
                told, people, seen = told + len(step.events), people + len(step.tracks), seen + 1
                start_s = time.thread_time()
                log.note(camera.id, step)
                noted_s += time.thread_time() - start_s
                if (seq + 1) % round(WRITE_EVERY_S * FPS) == 0:
                    start_s = time.thread_time()
                    log.look()
                    wrote_s += time.thread_time() - start_s
                    writes += 1
            log.stop()
        written = sum(path.stat().st_size for path in track_files(Path(folder) / camera.id))
        start_s = time.process_time()
        tried = over(config, camera, read_tracks(Path(folder), camera.id, 0.0, Damage()), "away")
        try_s = time.process_time() - start_s
        start_s = time.process_time()
        over(config, camera, read_tracks(Path(folder), camera.id, 0.0, Damage()), "away", only=("loitering-floor",))
        one_s = time.process_time() - start_s
    again = sum("the log has a gap" not in it.draft.reasons for it in tried.told)
    return Cost(
        mood,
        chunks * CHUNK_S / 3600.0,
        seen,
        tried.moments,
        written,
        writes,
        1e6 * noted_s / seen,
        1e6 * wrote_s / seen,
        try_s,
        one_s,
        people / seen,
        again == told,
    )


def page(costs: list[Cost]) -> str:
    """The report."""
    busy, quiet = (next(it for it in costs if it.mood == mood) for mood in MOODS)
    day = sum(hours * it.written / it.hours for it, hours in ((busy, BUSY_H), (quiet, QUIET_H)))
    try_s = sum(hours * it.try_s / it.hours for it, hours in ((busy, BUSY_H), (quiet, QUIET_H)))
    full_h = MAX_BYTES / (busy.written / busy.hours / max(busy.people, 0.01))
    return PAGE.format(
        commit=commit(),
        cpus=cpus(),
        fps=FPS,
        minutes=60 * busy.hours,
        rows="\n".join(_row(it) for it in costs),
        busy_h=BUSY_H,
        quiet_h=QUIET_H,
        day_mb=day / 1e6,
        writes=24 * 3600 / WRITE_EVERY_S,
        year_gb=365 * day / 1e9,
        try_s=try_s,
        rules=len(rule_tables(CameraTable.model_validate(CAMERA))),
        one_s=sum(hours * it.one_s / it.hours for it, hours in ((busy, BUSY_H), (quiet, QUIET_H))),
        full_h=full_h,
        max_mib=MAX_BYTES / 2**20,
    )


def _row(it: Cost) -> str:
    cells = (
        it.mood,
        f"{it.people:.2f}",
        f"{it.kept / it.pictures:.0%}",
        f"{it.written / it.hours / 1e6:.2f}",
        f"{it.note_us:.0f}",
        f"{it.write_us:.1f}",
        f"{it.try_s / it.hours:.1f}",
        "yes" if it.faithful else "**no**",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=2, help="ten minutes each, of each mood")
    parser.add_argument("--report", action="store_true", help=f"write {REPORT}")
    arguments = parser.parse_args()
    text = page([cost(mood, arguments.chunks) for mood in MOODS])
    print(text)
    if arguments.report:
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the guard costs on this machine, as ratios against the bare interpreter. Judges nothing."""

import contextlib
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from device.app import RunKind, build_detector, build_pipeline, recording
from device.board import board_state
from device.bodies_bench import second_look
from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.config import parse_config
from device.core.frame import Frame
from device.core.ids import DerivedIds
from device.detect.catalogue import find_model
from device.detect.litert import Network
from device.detect.load import read_model
from device.errors import EndOfStream, ShopwardenError, UsageError
from device.memory_bench import daemon_memory
from device.stopwatch import StageTimes

CONFIG = """
[device]
id = "bench"
state_dir = "."
[detector]
model = '{model}'
threads = {threads}
[[cameras]]
id = "camera"
source = "synthetic:"
  [[cameras.zones]]
  id = "floor"
  polygon = [[0.0, 0.4], [1.0, 0.4], [1.0, 1.0], [0.0, 1.0]]
  [[cameras.lines]]
  id = "door"
  start = [0.5, 0.2]
  end = [0.5, 1.0]
"""
MAX_FRAMES = 1000
STAGES = ("gate", "detector", "appearance", "tracker", "rules", "health")


def bench(*, model: str, clip: Path | None, frames: int, threads: int, json_file: Path | None) -> int:
    """Measure, print a table, and write the figures as JSON where asked.

    Raises:
        UsageError: too few or too many pictures or threads asked for.
        ShopwardenError: the model or the clip cannot be used.
    """
    if not 10 <= frames <= MAX_FRAMES:
        raise UsageError(f"--frames {frames}: from 10, for a median, to {MAX_FRAMES}, which must fit into memory")
    if not 1 <= threads <= 8:
        raise UsageError(f"--threads {threads}: from 1 to 8, as in the configuration")
    path = find_model(model)
    pictures = _pictures(clip, frames)
    figures = _cpu(path, pictures, threads)
    figures["second_look"] = second_look(pictures, threads)
    figures["memory"] = daemon_memory(path)
    figures["machine"] = board_state()
    sys.stdout.write(_table(figures))
    if json_file is not None:
        _write(json_file, json.dumps(figures, indent=2) + "\n")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ShopwardenError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def _pictures(clip: Path | None, count: int) -> list[Frame]:
    """Decoded pictures in memory, so that decoding is measured nowhere."""
    line, name = (recording(clip), str(clip)) if clip else ("synthetic:", "the drawn scene")
    kept: list[Frame] = []
    with contextlib.closing(CameraProcess("bench", CameraRequest(line, Mode.REPLAY))) as source:
        while len(kept) < count:
            try:
                frame = source.next(timeout_s=30.0)
            except EndOfStream:
                break
            if frame is None:
                raise ShopwardenError(f"{name}: no picture for 30 s; give another clip")
            kept.append(Frame(seq=frame.seq, t=frame.t, wall=0.0, i420=frame.i420.copy()))
            source.release(frame)
    if len(kept) < 10:
        raise ShopwardenError(f"{name}: only {len(kept)} pictures; at least 10 are needed")
    return kept


def _cpu(path: Path, pictures: list[Frame], threads: int) -> dict[str, Any]:
    """CPU time of one picture through all stages against the bare interpreter's, in turn, picture by picture."""
    model = read_model(path)
    config = parse_config(CONFIG.format(model=path.resolve(), threads=threads), "bench")
    detector = build_detector(config)
    bare = Network(model, threads=threads)
    tensor = np.zeros((1, model.card.input.height, model.card.input.width, 3), dtype=np.int8)
    times = StageTimes()
    run = RunKind(
        ids=DerivedIds("bench"),
        boot_id="",
        clock_synced=lambda: True,
        armed="away",
        every_frame=True,
        timed=times,
    )
    pipeline = build_pipeline(config, config.cameras[0], detector, run)
    for _ in range(5):
        bare.run(tensor)
        detector.detect(pictures[0])
    ours, bares, walls = list[float](), list[float](), list[float]()
    for picture in pictures:
        ours.append(_cpu_ms(lambda picture=picture: pipeline.step(picture)))
        wall = time.perf_counter()
        bares.append(_cpu_ms(lambda: bare.run(tensor)))
        walls.append((time.perf_counter() - wall) * 1000)
    detector.close()
    return {
        "model": path.stem,
        "threads": threads,
        "runtime": bare.runtime,
        "pictures": len(pictures),
        "size": [pictures[0].width, pictures[0].height],
        "pipeline_cpu_ms": round(median(ours), 3),
        "invoke_cpu_ms": round(median(bares), 3),
        "ratio": round(median(a / b for a, b in zip(ours, bares, strict=True)), 3),
        "invoke_wall_ms": round(median(walls), 3),
        "looks_per_s": round(1000 / median(walls), 1),
        "stages": times.table(),
    }


def _cpu_ms(work: Any) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def _table(figures: dict[str, Any]) -> str:
    width, height = figures["size"]
    memory, second = figures["memory"], figures["second_look"]
    rows = [
        f"{figures['model']} on {figures['runtime']}, {figures['threads']} thread(s), "
        f"{figures['pictures']} pictures of {width}x{height}, detector on every one",
        "",
        f"{'stage':<12}{'median ms':>10}{'p95 ms':>10}{'CPU ms':>10}",
    ]
    for name in STAGES:
        stage = figures["stages"][name]
        cpu_ms = stage["cpu_s"] * 1000 / stage["count"]
        rows.append(f"{name:<12}{stage['median_ms']:>10.2f}{stage['p95_ms']:>10.2f}{cpu_ms:>10.2f}")
    rows += [
        "",
        f"CPU per picture, all stages        {figures['pipeline_cpu_ms']:>8.2f} ms",
        f"CPU per picture, bare invoke       {figures['invoke_cpu_ms']:>8.2f} ms",
        f"ratio                              {figures['ratio']:>8.2f}    (budget 1.30)",
        f"looks per second, invoke alone     {figures['looks_per_s']:>8.1f}",
        f"second look at one person, CPU     {second['look_cpu_ms']:>8.2f} ms (apart, where a rule wants it)",
        f"   the rule concealment for it     {second['rule_cpu_ms']:>8.2f} ms",
        f"resident memory of the daemon      {memory['daemon_rss_mib']:>8.1f} MiB (budget 200)",
        f"   with its camera process, shared pages once {memory['all_pss_mib']:.1f} MiB",
    ]
    rows += [f"{name:<35}{value}" for name, value in figures["machine"].items()]
    return "\n".join(rows) + "\n"

"""The pipeline over a recording, on media time: the same clip and configuration give the same bytes."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device.annotate import AnnotatedClip
from device.app import RunKind, build_detector, build_pipeline, open_lookers, recording
from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.wishes import request_of
from device.config.cameras import CameraTable
from device.config.model import Config
from device.core.concealment.fitted import FITTED
from device.core.concealment.weigh import Classifiers
from device.core.event import ArmedState, Event, encode
from device.core.ids import DerivedIds
from device.errors import CameraError, EndOfStream, ShopwardenError, UsageError
from device.explain import Explainer
from device.pipeline import Pipeline, Step
from device.stopwatch import StageTimes, cpu_now_s, peak_rss_bytes
from device.tracks_file import TracksFile

NO_BOOT = "00000000-0000-0000-0000-000000000000"
DEFAULT_START = datetime(2000, 1, 1, 12, tzinfo=UTC)
STALL_S = 30.0
"""A recording that gives no picture for so long is stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How to replay."""

    video: Path
    out: Path
    camera: str | None = None
    """Whose zones, lines and rules; None takes the first."""
    start: datetime = DEFAULT_START
    """Wall time of media time zero, with offset."""
    armed: ArmedState = "away"
    every_frame: bool = False
    annotate: Path | None = None
    classifiers: Classifiers = FITTED
    """Weigh what hands do; others than those that ship are for measuring them."""
    explain: bool = False
    """Whether to say of each rule why it spoke or did not."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What came out, besides the files."""

    frames: int
    looked: int
    damaged: int
    """Pictures that the recording promised and that could not be decoded."""
    events: tuple[Event, ...]
    explanation: str = ""


def replay(config: Config, options: ReplayOptions) -> ReplayResult:
    """Replay a recording and write ``events.jsonl``, ``tracks.txt`` and ``timings.json``.

    Raises:
        UsageError: there is no such recording or no such camera.
        CameraError: the recording cannot be read.
        ShopwardenError: the output cannot be written.
    """
    camera = config.camera(options.camera)
    times, cpu_s = StageTimes(), cpu_now_s()
    with contextlib.ExitStack() as stack:
        bodies, uniforms = stack.enter_context(open_lookers(config))
        kind = RunKind(
            ids=DerivedIds(_seed(config, options.video)),
            boot_id=NO_BOOT,
            clock_synced=lambda: True,
            armed=options.armed,
            keep_candidates=True,
            every_frame=options.every_frame,
            timed=times,
            bodies=bodies,
            uniforms=uniforms,
            classifiers=options.classifiers,
            noted=options.explain,
        )
        with _write_errors(options.out):
            options.out.mkdir(parents=True, exist_ok=True)
        detector = stack.enter_context(contextlib.closing(build_detector(config)))
        result = _play(build_pipeline(config, camera, detector, kind), config, camera, options)
    timings = {
        "stages": times.table(),
        "frames_read": result.frames,
        "frames_detected": result.looked,
        "cpu_s": round(cpu_now_s() - cpu_s, 3),
        "peak_rss_bytes": peak_rss_bytes(),
    }
    with _write_errors(options.out):
        (options.out / "timings.json").write_text(json.dumps(timings, indent=2) + "\n", encoding="utf-8")
    return result


def _play(pipeline: Pipeline, config: Config, camera: CameraTable, options: ReplayOptions) -> ReplayResult:
    tracks, events, frames, looked, t = TracksFile(), list[Event](), 0, 0, 0.0
    wall_zero = options.start.timestamp()
    with contextlib.ExitStack() as stack:
        line = recording(options.video)
        source = stack.enter_context(
            contextlib.closing(
                CameraProcess(camera.id, request_of(camera, armed=options.armed, mode=Mode.REPLAY, source=line))
            )
        )
        clip = stack.enter_context(AnnotatedClip(options.annotate, camera)) if options.annotate else None
        explainer = Explainer(config, camera) if options.explain else None
        for step in _steps(pipeline, source, wall_zero):
            frames, looked, t = frames + 1, looked + (step.detections is not None), step.frame.t
            tracks.add(step.frame.seq + 1, (step.frame.width, step.frame.height), step.tracks)
            events += step.events
            if clip is not None:
                clip.add(step)
            if explainer is not None:
                explainer.add(step)
        damaged = source.stats().faults
    last = pipeline.finish(t, wall_zero + t)
    events += last
    numbered = tuple(replace(event, seq=number) for number, event in enumerate(events, start=1))
    with _write_errors(options.out):
        lines = "".join(f"{encode(event)}\n" for event in numbered)
        (options.out / "events.jsonl").write_text(lines, encoding="utf-8")
        tracks.write(options.out / "tracks.txt")
    explanation = explainer.finish(last) if explainer is not None else ""
    return ReplayResult(frames, looked, damaged, numbered, explanation)


def _steps(pipeline: Pipeline, source: CameraProcess, wall_zero: float) -> Iterator[Step]:
    """One step for each picture; the picture is given back once the caller asks for the next."""
    while True:
        try:
            frame = source.next(timeout_s=STALL_S)
        except EndOfStream:
            return
        if frame is None:
            raise CameraError(f"camera {source.id}: no picture of the recording for {STALL_S:g} s; convert it first")
        yield pipeline.step(replace(frame, wall=wall_zero + frame.t))
        source.release(frame)


def _seed(config: Config, video: Path) -> str:
    """What ids follow from: the configuration and the bytes of the clip."""
    digest = hashlib.sha256(json.dumps(config.effective(), sort_keys=True).encode())
    if not video.is_file():
        raise UsageError(f"{video}: {'is no file' if video.exists() else 'there is no such file'}; give a video file")
    try:
        with video.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise CameraError(f"{video}: cannot be read ({error.strerror}); give a video file") from error
    return digest.hexdigest()


@contextlib.contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        raise ShopwardenError(f"{place}: cannot be written ({error.strerror}); name another folder") from error


def summary(result: ReplayResult) -> dict[str, Any]:
    """A few figures for a person."""
    kinds: dict[str, int] = {}
    for event in result.events:
        if event.state == "start" and event.priority != "info":
            kinds[event.kind] = kinds.get(event.kind, 0) + 1
    return {"frames": result.frames, "looked": result.looked, "damaged": result.damaged, "events": kinds}

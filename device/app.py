"""The only place that chooses parts and wires them. Holds no logic of its own."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from device.capture.process import CameraProcess
from device.capture.restarting import RestartingCamera
from device.config.model import CameraTable, Config
from device.config.rules import armed_rules, build_rules
from device.core.arming import Arming
from device.core.camera_watch import CameraWatch
from device.core.event import ArmedState
from device.core.ids import IdSource, RandomIds
from device.core.message import MessageMaker
from device.core.motion import MotionGate, MotionSettings
from device.core.pace import LookPace
from device.core.rules.ruleset import RuleSet
from device.core.tracking import Tracker
from device.detect.catalogue import find_model
from device.detect.detector import DetectorSettings, open_detector
from device.errors import CameraError
from device.pipeline import Pipeline, Stopwatch, untimed
from device.ports import Clock, Detector
from device.service import Lane

FIRST_PICTURE_S = 10.0
"""How long a camera may take to its first picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKind:
    """In what a live run and a replay differ."""

    ids: IdSource
    boot_id: str
    clock_synced: Callable[[], bool]
    armed: ArmedState
    keep_candidates: bool = False
    every_frame: bool = False
    timed: Stopwatch = untimed


def build_detector(config: Config) -> Detector:
    """The detector that the configuration names.

    Raises:
        ModelError: it is not there, damaged, or does not fit its card.
    """
    table = config.detector
    return open_detector(find_model(table.model), DetectorSettings(runtime=table.runtime, threads=table.threads))


def build_pipeline(config: Config, camera: CameraTable, detector: Detector, run: RunKind) -> Pipeline:
    """All stages of one camera.

    Raises:
        ConfigError: a rule cannot be built.
    """
    motion = MotionSettings(min_area_frac=camera.motion.min_area_frac, hold_s=camera.motion.hold_open_s)
    return Pipeline(
        gate=MotionGate(motion),
        detector=detector,
        tracker=Tracker(),
        rules=RuleSet(build_rules(camera, keep_candidates=run.keep_candidates)),
        arming=Arming(run.armed, armed_rules(camera)),
        messages=MessageMaker(
            device=config.device.id, camera=camera.id, boot_id=run.boot_id, ids=run.ids, clock_synced=run.clock_synced
        ),
        pace=LookPace(None if run.every_frame else config.detector.max_per_s),
        timed=run.timed,
    )


@contextlib.contextmanager
def open_lanes(config: Config, detector: Detector, clock: Clock) -> Iterator[tuple[Lane, ...]]:
    """Every camera with its stages, each of which has given a first picture.

    Raises:
        CameraError: a camera cannot be opened.
        ConfigError: a rule cannot be built.
    """
    run = RunKind(
        ids=RandomIds(secrets.randbits),
        boot_id=boot_id(),
        clock_synced=clock.synced,
        armed=config.arming.state,
    )
    with contextlib.ExitStack() as stack:
        lanes = []
        for table in config.cameras:
            pipeline = build_pipeline(config, table, detector, run)
            camera = stack.enter_context(contextlib.closing(_open_camera(table, clock)))
            lanes.append(Lane(camera, pipeline, CameraWatch(clock.monotonic())))
        yield tuple(lanes)


def _open_camera(table: CameraTable, clock: Clock) -> RestartingCamera:
    """A camera that works now, and is started again whenever it stops working later."""
    start = partial(CameraProcess, table.id, table.source, masks=table.masks, clock=clock)
    first = start()
    try:
        frame = first.next(FIRST_PICTURE_S)
        if frame is None:
            raise CameraError(f"camera {table.id}: no picture from {table.source} for {FIRST_PICTURE_S:g} s")
        first.release(frame)
    except CameraError:
        first.close()
        raise
    ready = [first]
    return RestartingCamera(table.id, lambda: ready.pop() if ready else start(), clock=clock)


def boot_id() -> str:
    """The kernel's name for this run of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

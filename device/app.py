"""The only place that chooses parts and wires them. Holds no logic of its own."""

import contextlib
import difflib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from device.capture.process import CameraProcess
from device.capture.restarting import RestartingCamera
from device.capture.sources import parse_source
from device.config.model import CameraTable, Config
from device.config.rules import armed_rules, build_rules, rule_tables
from device.core.arming import Arming
from device.core.camera_watch import CameraWatch
from device.core.card import ModelCard
from device.core.decode import DecodeSettings
from device.core.event import ArmedState
from device.core.ids import IdSource, RandomIds
from device.core.message import MessageMaker
from device.core.motion import MotionGate, MotionSettings
from device.core.pace import LookPace
from device.core.rules.ruleset import RuleSet
from device.core.tracking import Tracker, TrackerSettings
from device.detect.catalogue import find_model
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.load import read_model
from device.errors import CameraError, ConfigError
from device.pipeline import Pipeline, Stopwatch, untimed
from device.ports import Clock, Detector
from device.service import Lane

FIRST_PICTURE_S = 10.0
"""How long a camera may take to its first picture."""
STOP_CHECK_S = 0.1
"""How often a wait for a first picture looks whether it is to end."""


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
        ConfigError: a rule is about a class that it does not know.
    """
    model = read_model(find_model(config.detector.model))
    wanted, thresholds = wanted_labels(config, model.card), TrackerSettings()
    # What the tracker would pass over is not worth finding.
    decode = DecodeSettings(only=wanted, floors={label: thresholds.of(label).low for label in wanted})
    settings = DetectorSettings(runtime=config.detector.runtime, threads=config.detector.threads, decode=decode)
    return NetworkDetector(model, settings)


def wanted_labels(config: Config, card: ModelCard) -> tuple[str, ...]:
    """The classes that a rule is about, and people in any case; boxes that nobody wants are not worth finding.

    Raises:
        ConfigError: a rule is about a class that the model does not know.
    """
    asked = {label for camera in config.cameras for table in rule_tables(camera) for label in table.labels}
    for label in sorted(asked - set(card.labels)):
        near = difflib.get_close_matches(label, card.labels, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"a rule is about {label!r}, which the model {card.name} does not know{hint}")
    return tuple(label for label in card.labels if label in asked or label == "person")


def build_pipeline(config: Config, camera: CameraTable, detector: Detector, run: RunKind) -> Pipeline:
    """All stages of one camera.

    Raises:
        ConfigError: a rule cannot be built.
    """
    motion = MotionSettings(min_area_frac=camera.motion.min_area_frac, hold_s=camera.motion.hold_open_s)
    return Pipeline(
        gate=MotionGate(motion),
        detector=detector,
        tracker=Tracker(TrackerSettings()),
        rules=RuleSet(build_rules(camera, keep_candidates=run.keep_candidates)),
        arming=Arming(run.armed, armed_rules(camera)),
        messages=MessageMaker(
            device=config.device.id, camera=camera.id, boot_id=run.boot_id, ids=run.ids, clock_synced=run.clock_synced
        ),
        pace=LookPace(None if run.every_frame else config.detector.max_per_s),
        timed=run.timed,
    )


def check(config: Config, name: str) -> None:
    """Find what the model of the file cannot tell: kinds of rules and of cameras that this build does not have.

    Raises:
        ConfigError: this build cannot run such a configuration, which ``name`` stands for.
    """
    for camera in config.cameras:
        try:
            build_rules(camera)
        except ConfigError as error:
            raise ConfigError(f"{name}: {error}") from error
        try:
            parse_source(camera.source)
        except CameraError as error:
            raise ConfigError(f"{name}: camera {camera.id}: {error}") from error


def recording(path: Path, *, loop: bool = False) -> str:
    """The ``source`` line of a video file, whatever its name."""
    # Said in so many words, the option leaves no doubt about a question mark in the name.
    return f"file:{path}?loop={loop:d}"


@contextlib.contextmanager
def open_lanes(config: Config, detector: Detector, clock: Clock, stop: threading.Event) -> Iterator[tuple[Lane, ...]]:
    """Every camera with its stages, each of which has given a first picture, unless told to stop meanwhile.

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
            start = partial(CameraProcess, table.id, table.source, masks=table.masks, clock=clock)
            # Closed here too: nobody else knows it before its first picture is asked for.
            first = stack.enter_context(contextlib.closing(start()))
            _await_picture(first, table.source, clock, stop)
            camera = stack.enter_context(contextlib.closing(_restarting(first, start, clock)))
            lanes.append(Lane(camera, pipeline, CameraWatch(clock.monotonic())))
        yield tuple(lanes)


def _await_picture(camera: CameraProcess, source: str, clock: Clock, stop: threading.Event) -> None:
    deadline = clock.monotonic() + FIRST_PICTURE_S
    while not stop.is_set():
        frame = camera.next(STOP_CHECK_S)
        if frame is not None:
            camera.release(frame)
            return
        if clock.monotonic() >= deadline:
            raise CameraError(f"camera {camera.id}: no picture from {source} for {FIRST_PICTURE_S:g} s; is it there?")


def _restarting(first: CameraProcess, start: Callable[[], CameraProcess], clock: Clock) -> RestartingCamera:
    """A camera that works now, and is started again whenever it stops working later."""
    ready = [first]
    return RestartingCamera(first.id, lambda: ready.pop() if ready else start(), clock=clock)


def boot_id() -> str:
    """The kernel's name for this run of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

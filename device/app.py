"""The only place that chooses parts and wires them. Holds no logic of its own."""

import contextlib
import difflib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from device.board import boot_id
from device.capture.process import CameraProcess
from device.capture.restarting import RestartingCamera, Standing
from device.capture.sources import parse_source
from device.capture.wishes import request_of
from device.config.cameras import CameraTable
from device.config.model import Config
from device.config.rules import armed_rules, build_rules, rule_tables
from device.core.address import shown
from device.core.arming import Arming
from device.core.arming.worth import Judge
from device.core.camera_watch import CameraWatch
from device.core.card import ModelCard
from device.core.decode import DecodeSettings
from device.core.event import ArmedState
from device.core.frozen_watch import FrozenWatch
from device.core.ids import IdSource, RandomIds
from device.core.message import MessageMaker
from device.core.motion import MotionGate, MotionSettings
from device.core.pace import LookPace
from device.core.picture_health import HealthMeter
from device.core.rules.ruleset import RuleSet
from device.core.tracking import Tracker, TrackerSettings
from device.detect.catalogue import find_model
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.installed import InstalledModels
from device.detect.load import read_model
from device.errors import CameraError, ConfigError, UsageError
from device.guard.guard import Guard
from device.pipeline import Pipeline, Stopwatch, untimed
from device.ports import Clock, Detector
from device.service import Lane

log = structlog.get_logger(__name__)

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
    judge: Callable[[CameraTable], Judge] | None = None
    """What a camera's events are worth, where a panel says so; without, ``armed`` decides for good."""
    keep_candidates: bool = False
    every_frame: bool = False
    first_track: int = 1
    """The number that the first track gets."""
    timed: Stopwatch = untimed


def build_detector(config: Config) -> Detector:
    """The detector that the configuration names.

    Raises:
        ModelError: it is not there, damaged, or does not fit its card.
        ConfigError: a rule is about a class that it does not know.
    """
    model = read_model(find_model(config.detector.model, installed_models(config)))
    wanted, thresholds = wanted_labels(config, model.card), TrackerSettings()
    # What the tracker would pass over is not worth finding.
    decode = DecodeSettings(only=wanted, floors={label: thresholds.of(label).low for label in wanted})
    settings = DetectorSettings(runtime=config.detector.runtime, threads=config.detector.threads, decode=decode)
    return NetworkDetector(model, settings)


def installed_models(config: Config) -> InstalledModels:
    """The bundles of this device, and whose signatures it believes."""
    return InstalledModels(config.device.state_dir / "models", config.detector.trusted_keys)


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
        tracker=Tracker(TrackerSettings(), first_id=run.first_track),
        rules=RuleSet(build_rules(camera, keep_candidates=run.keep_candidates)),
        arming=run.judge(camera) if run.judge else Arming(run.armed, armed_rules(camera)),
        messages=MessageMaker(
            device=config.device.id, camera=camera.id, boot_id=run.boot_id, ids=run.ids, clock_synced=run.clock_synced
        ),
        pace=LookPace(None if run.every_frame else config.detector.max_per_s),
        health=HealthMeter(masks=[*camera.masks, *(area.polygon for area in camera.private)]),
        timed=run.timed,
    )


def check(config: Config, name: str) -> None:
    """Find what the file alone cannot tell: models and kinds of cameras that there are not.

    Args:
        config: what has been read.
        name: of its file, for the errors.

    Raises:
        ConfigError: such a configuration cannot run.
    """
    try:
        find_model(config.detector.model, installed_models(config))
    except UsageError as error:
        raise ConfigError(f"{name}: detector.model: {error}") from error
    for camera in config.cameras:
        try:
            parse_source(camera.source)
        except CameraError as error:
            raise ConfigError(f"{name}: camera {camera.id}: {error}") from error


def recording(path: Path, *, loop: bool = False) -> str:
    """The ``source`` line of a video file, whatever its name."""
    # Said in so many words, the option leaves no doubt about a question mark in the name.
    return f"file:{path}?loop={loop:d}"


@contextlib.contextmanager
def open_lanes(
    config: Config,
    detector: Detector,
    clock: Clock,
    stop: threading.Event,
    *,
    first_track: int = 1,
    on_news: Callable[[], None] = lambda: None,
    guard: Guard | None = None,
) -> Iterator[tuple[Lane, ...]]:
    """Every camera with its stages, once those that work have given a picture; the others are tried again and again.

    Without a guard the state of the configuration holds for good.

    Raises:
        CameraError: not one camera works; that of the first.
        ConfigError: a rule cannot be built.
    """
    run = RunKind(
        ids=RandomIds(secrets.randbits),
        boot_id=boot_id(),
        clock_synced=clock.synced,
        armed=guard.standing().in_force if guard else config.arming.state,
        judge=(lambda table: guard.judge(table.id, armed_rules(table))) if guard else None,
        first_track=first_track,
    )
    with contextlib.ExitStack() as stack:
        pipelines = [build_pipeline(config, table, detector, run) for table in config.cameras]
        cameras = [
            stack.enter_context(contextlib.closing(_OpenedCamera(table, run.armed, clock, on_news)))
            for table in config.cameras
        ]
        deadline = clock.monotonic() + FIRST_PICTURE_S
        faults = [fault for camera in cameras if (fault := camera.first_fault(deadline, stop)) is not None]
        if len(faults) == len(cameras):
            raise faults[0]
        for fault in faults:
            log.error("camera_failed_at_start", reason=str(fault), advice="the others guard; it is tried again")
        yield tuple(
            Lane(
                camera.restarting,
                pipeline,
                CameraWatch(clock.monotonic()),
                FrozenWatch() if can_freeze(table) else None,
            )
            for table, camera, pipeline in zip(config.cameras, cameras, pipelines, strict=True)
        )


class _OpenedCamera:
    """A camera that has been started once, and is started again whenever it does not work."""

    def __init__(self, table: CameraTable, armed: ArmedState, clock: Clock, on_news: Callable[[], None]) -> None:
        rates = table.fps_while.by_state()
        standing = Standing(armed, rates.get(armed))
        self._source, self._clock = shown(table.source), clock
        start = partial(_start, table, clock, on_news)
        self._first = start(standing)
        ready = [self._first]
        self.restarting = RestartingCamera(
            table.id,
            lambda standing: ready.pop() if ready else start(standing),
            clock=clock,
            standing=standing,
            rates=rates,
            can_freeze=can_freeze(table),
        )

    def first_fault(self, deadline: float, stop: threading.Event) -> CameraError | None:
        """Why there is no first picture by a monotonic time; None where there is one, or nobody waits any more."""
        try:
            while not stop.is_set():
                if self._first.has_picture(STOP_CHECK_S):
                    return None
                if self._clock.monotonic() >= deadline:
                    where = f"camera {self._first.id}: no picture from {self._source}"
                    return CameraError(f"{where} for {FIRST_PICTURE_S:g} s; is it there?")
        except CameraError as fault:
            return fault
        return None

    def close(self) -> None:
        """Let go of it, also before it has been asked for a picture."""
        self.restarting.close()
        self._first.close()


def _start(table: CameraTable, clock: Clock, on_news: Callable[[], None], standing: Standing) -> CameraProcess:
    """A camera's process, on which holds what has held before."""
    request = request_of(table, armed=standing.armed)
    camera = CameraProcess(table.id, request, clock=clock, on_news=on_news)
    if standing.fps is not None:
        camera.set_rate(standing.fps)
    return camera


def can_freeze(table: CameraTable) -> bool:
    """Whether the same picture again and again is a fault of this camera.

    A sensor never gives it. Drawn scenes and recordings may, and there nobody is betrayed by it.
    """
    return table.notice_frozen and parse_source(table.source).scheme not in {"file", "synthetic"}

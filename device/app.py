"""The only place that chooses parts and wires them. Holds no logic of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from device.config.model import CameraTable, Config
from device.config.rules import armed_rules, build_rules
from device.core.arming import Arming
from device.core.event import ArmedState
from device.core.ids import IdSource
from device.core.message import MessageMaker
from device.core.motion import MotionGate, MotionSettings
from device.core.pace import LookPace
from device.core.rules.ruleset import RuleSet
from device.core.tracking import Tracker
from device.detect.catalogue import find_model
from device.detect.detector import DetectorSettings, open_detector
from device.pipeline import Pipeline, Stopwatch, untimed
from device.ports import Detector


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

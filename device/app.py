"""The only place that chooses parts and wires them. Holds no logic of its own."""

import contextlib
import difflib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from device.board import boot_id
from device.cameras import can_freeze, check_sources, make_camera
from device.capture.packet_store import PacketStore
from device.config.cameras import CameraTable
from device.config.hours import Time
from device.config.model import Config
from device.config.panel import calendar_of
from device.config.rules import (
    armed_rules,
    blackened,
    build_rules,
    goods_places,
    has_goods,
    labels_of,
    needs_calendar,
    rule_tables,
)
from device.core.arming import Arming
from device.core.arming.worth import Judge
from device.core.camera_watch import CameraWatch
from device.core.card import ModelCard
from device.core.concealment.attention import Attention
from device.core.concealment.fitted import FITTED
from device.core.concealment.weigh import Classifiers
from device.core.decode import DecodeSettings
from device.core.event import ArmedState
from device.core.frozen_watch import FrozenWatch
from device.core.ids import IdSource, RandomIds
from device.core.message import MessageMaker
from device.core.motion import MotionGate, MotionSettings
from device.core.pace import LookPace
from device.core.picture_health import HealthMeter
from device.core.rules.ruleset import RuleSet
from device.core.rules.senses import LIVE, NotedSenses, hands_key, label_key
from device.core.tracking import Tracker, TrackerSettings
from device.core.uniform import UniformAttention, uniform_key
from device.detect.body import open_body_looker
from device.detect.catalogue import find_model
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.installed import InstalledModels
from device.detect.load import read_model
from device.errors import ConfigError, UsageError
from device.guard.guard import Guard
from device.lane import Lane
from device.pipeline import CloserLook, ClothesLook, Pipeline, Stopwatch, untimed
from device.ports import BodyFinder, Clock, Detector, UniformFinder
from device.uniform_parts import build_uniforms, check_uniforms


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
    bodies: BodyFinder | None = None
    """Looks at hands, where a rule wants it."""
    classifiers: Classifiers = FITTED
    """Weigh what hands do."""
    uniforms: UniformFinder | None = None
    """Looks at clothes, where they tell who is staff."""
    every_frame: bool = False
    first_track: int = 1
    """The number that the first track gets."""
    timed: Stopwatch = untimed
    noted: bool = False
    """Whether steps say what the rules saw: the track log keeps it."""


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


def build_bodies(config: Config) -> BodyFinder | None:
    """What looks at hands; None where no rule wants it.

    Raises:
        ModelError: a network is not there, damaged, or does not fit its card.
    """
    if not any(goods_places(camera) for camera in config.cameras):
        return None
    detector, installed = config.detector, installed_models(config)
    pose, bags = find_model(detector.pose_model, installed), find_model(detector.bag_model, installed)
    return open_body_looker(pose, bags, runtime=detector.runtime, threads=detector.threads)


@contextlib.contextmanager
def open_lookers(config: Config) -> Iterator[tuple[BodyFinder | None, UniformFinder | None]]:
    """What takes a second look at people, at their hands and at their clothes; None for each that no rule wants.

    Raises:
        ModelError: a network that a rule wants cannot be used.
        ConfigError: there is no such classifier of clothes, or it does not know the classes.
    """
    with contextlib.ExitStack() as stack:
        bodies = build_bodies(config)
        if bodies is not None:
            stack.enter_context(contextlib.closing(bodies))
        uniforms = build_uniforms(config, installed_models(config))
        if uniforms is not None:
            stack.enter_context(contextlib.closing(uniforms))
        yield bodies, uniforms


def installed_models(config: Config) -> InstalledModels:
    """The bundles of this device, and whose signatures it believes."""
    return InstalledModels(config.device.state_dir / "models", config.detector.trusted_keys)


def wanted_labels(config: Config, card: ModelCard) -> tuple[str, ...]:
    """The classes that a rule is about, and people in any case; boxes that nobody wants are not worth finding.

    Raises:
        ConfigError: a rule is about a class that the model does not know.
    """
    asked = _asked_labels(config)
    for label in sorted(asked - set(card.labels)):
        near = difflib.get_close_matches(label, card.labels, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"a rule is about {label!r}, which the model {card.name} does not know{hint}")
    return tuple(label for label in card.labels if label in asked or label == "person")


def _asked_labels(config: Config) -> set[str]:
    return {label for camera in config.cameras for table in rule_tables(camera) for label in labels_of(table)}


def build_pipeline(config: Config, camera: CameraTable, detector: Detector, run: RunKind) -> Pipeline:
    """All stages of one camera.

    Raises:
        ConfigError: a rule cannot be built.
    """
    time = Time(calendar_of(config), run.clock_synced) if needs_calendar(camera) else Time()
    notes = NotedSenses(_watched(config, camera)) if run.noted else None
    rules = build_rules(
        camera,
        keep_candidates=run.keep_candidates,
        classifiers=run.classifiers,
        time=time,
        senses=notes or LIVE,
        staff=config.staff,
    )
    motion = MotionSettings(min_area_frac=camera.motion.min_area_frac, hold_s=camera.motion.hold_open_s)
    return Pipeline(
        gate=MotionGate(motion),
        detector=detector,
        tracker=Tracker(TrackerSettings(), first_id=run.first_track),
        rules=RuleSet(rules),
        closer=CloserLook(Attention(goods_places(camera)), run.bodies) if run.bodies else None,
        clothes=_clothes(config, camera, run),
        arming=run.judge(camera) if run.judge else Arming(run.armed, armed_rules(camera)),
        messages=MessageMaker(
            device=config.device.id, camera=camera.id, boot_id=run.boot_id, ids=run.ids, clock_synced=run.clock_synced
        ),
        pace=LookPace(None if run.every_frame else config.detector.max_per_s),
        health=HealthMeter(masks=blackened(camera)),
        timed=run.timed,
        notes=notes,
    )


def _clothes(config: Config, camera: CameraTable, run: RunKind) -> ClothesLook | None:
    if run.uniforms is None or config.staff is None or not has_goods(camera):
        return None
    return ClothesLook(UniformAttention(config.staff.min_score), run.uniforms)


def _watched(config: Config, camera: CameraTable) -> tuple[str, ...]:
    """What is looked at for the rules of a camera by others than themselves."""
    labels = (label_key(label) for label in sorted({"person"} | _asked_labels(config)))
    clothes = (uniform_key(config.staff.model, config.staff.labels),) if config.staff and has_goods(camera) else ()
    return (*labels, *(hands_key(place) for place in goods_places(camera)), *clothes)


def check(config: Config, name: str) -> None:
    """Find what the file alone cannot tell: models and kinds of cameras that there are not.

    Args:
        config: what has been read.
        name: of its file, for the errors.

    Raises:
        ConfigError: such a configuration cannot run.
    """
    wanted = {"model": config.detector.model}
    if any(goods_places(camera) for camera in config.cameras):
        wanted |= {"pose_model": config.detector.pose_model, "bag_model": config.detector.bag_model}
    for key, model in wanted.items():
        try:
            find_model(model, installed_models(config))
        except UsageError as error:
            raise ConfigError(f"{name}: detector.{key}: {error}") from error
    check_uniforms(config, installed_models(config), name)
    check_sources(config, name)


def recording(path: Path, *, loop: bool = False) -> str:
    """The ``source`` line of a video file, whatever its name."""
    # Said in so many words, the option leaves no doubt about a question mark in the name.
    return f"file:{path}?loop={loop:d}"


@contextlib.contextmanager
def open_lanes(
    config: Config,
    detector: Detector,
    clock: Clock,
    *,
    first_track: int = 1,
    on_news: Callable[[], None] = lambda: None,
    guard: Guard | None = None,
    packets: Mapping[str, PacketStore | None] | None = None,
) -> Iterator[tuple[Lane, ...]]:
    """Every camera with its stages; each is started when it is first asked for a picture, and waits for no other.

    Without a guard the state of the configuration holds for good.

    Raises:
        ConfigError: a rule cannot be built.
        ModelError: a network that a rule wants cannot be used.
    """
    with contextlib.ExitStack() as stack:
        bodies, uniforms = stack.enter_context(open_lookers(config))
        run = RunKind(
            ids=RandomIds(secrets.randbits),
            boot_id=boot_id(),
            clock_synced=clock.synced,
            armed=guard.standing().in_force if guard else config.arming.state,
            judge=(lambda table: guard.judge(table.id, armed_rules(table))) if guard else None,
            first_track=first_track,
            bodies=bodies,
            uniforms=uniforms,
            noted=True,
        )
        pipelines = [build_pipeline(config, table, detector, run) for table in config.cameras]
        kept = packets or {}
        cameras = [make_camera(table, run.armed, clock, on_news, kept.get(table.id)) for table in config.cameras]
        for camera in cameras:
            stack.enter_context(contextlib.closing(camera))
        yield tuple(
            Lane(camera, pipeline, CameraWatch(clock.monotonic()), FrozenWatch() if can_freeze(table) else None)
            for table, camera, pipeline in zip(config.cameras, cameras, pipelines, strict=True)
        )

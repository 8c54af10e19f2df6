"""The whole story of one camera, from a picture to events. Knows no vendor, no thread and no clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from device.core.appearance import describe
from device.core.arming.worth import Judge
from device.core.concealment.attention import Attention
from device.core.concealment.body import BodyLook
from device.core.detections import Detections
from device.core.event import Draft, Event
from device.core.frame import Frame
from device.core.message import MessageMaker
from device.core.motion import Motion, MotionGate
from device.core.pace import LookPace
from device.core.picture_health import HealthMeter, PictureHealth
from device.core.rules.ruleset import RuleSet
from device.core.rules.scene import Scene
from device.core.rules.senses import NotedSenses, Seen
from device.core.track import Track, rounded
from device.core.tracking import Tracker
from device.core.uniform import PLACES, UniformAttention, UniformLook
from device.ports import BodyFinder, Detector, UniformFinder

NOT_LOOKED = None
"""In place of detections: not looked is not nothing there."""

Result = TypeVar("Result")


class Stopwatch(Protocol):
    """Runs one stage and may note what it cost."""

    def __call__(self, stage: str, work: Callable[[], Result]) -> Result:
        """Do the work and return what it returns."""


def untimed(stage: str, work: Callable[[], Result]) -> Result:  # noqa: ARG001 - a stopwatch that notes nothing
    """A stopwatch that only runs the stage."""
    return work()


@dataclass(frozen=True, slots=True)
class Step:
    """Everything that one picture led to."""

    frame: Frame
    motion: Motion
    detections: Detections | None
    tracks: tuple[Track, ...]
    events: tuple[Event, ...]
    health: PictureHealth | None = None
    """How good the picture is; measured about once a second."""
    bodies: tuple[BodyLook, ...] = ()
    """People who were looked at more closely."""
    uniforms: tuple[UniformLook, ...] = ()
    """People whose clothes were looked at."""
    seen: Seen = Seen()
    """What else was seen for the rules, where it is noted."""

    @property
    def why_not_looked(self) -> str | None:
        """Why the detector was left alone; None where it looked."""
        if self.detections is not NOT_LOOKED:
            return None
        return "it looked a moment ago" if self.motion.open else "nothing moves"


@dataclass(frozen=True, slots=True)
class CloserLook:
    """Who gets a second look, and who looks."""

    attention: Attention
    bodies: BodyFinder


@dataclass(frozen=True, slots=True)
class ClothesLook:
    """Whose clothes are looked at, and who looks."""

    attention: UniformAttention
    uniforms: UniformFinder


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """One camera's stages, in the order in which data flows."""

    gate: MotionGate
    detector: Detector
    tracker: Tracker
    rules: RuleSet
    arming: Judge
    messages: MessageMaker
    pace: LookPace
    closer: CloserLook | None = None
    """A second look at people near goods, where a rule wants it."""
    clothes: ClothesLook | None = None
    """A look at people's clothes, where they tell who is staff."""
    notes: NotedSenses | None = None
    """Has noted what the rules saw; None where nobody keeps it."""
    health: HealthMeter = field(default_factory=HealthMeter)
    timed: Stopwatch = untimed

    def step(self, frame: Frame) -> Step:
        """Take one picture through all stages."""
        motion = self.timed("gate", lambda: self.gate.update(frame.luma, frame.t))
        found = self._look(frame) if self.pace.due(frame.t, wanted=self._wanted(motion, frame.t)) else NOT_LOOKED
        tracks = self.timed("tracker", lambda: self._follow(found, motion, frame.t))
        bodies, uniforms = self._look_closer(frame, tracks), self._look_at_clothes(frame, tracks)
        looked = found is not NOT_LOOKED
        scene = Scene(
            t=frame.t, tracks=tracks, motion=motion, looked=looked, frame=frame, bodies=bodies, uniforms=uniforms
        )
        drafts = self.timed("rules", lambda: self.rules.update(scene))
        health = self.timed("health", lambda: self.health.update(frame.luma, frame.t))
        seen = self.notes.take() if self.notes else Seen()
        return Step(frame, motion, found, tracks, self.decide(drafts, frame.wall), health, bodies, uniforms, seen)

    def finish(self, t: float, wall: float | None) -> tuple[Event, ...]:
        """What the end of a recording leaves to say."""
        return self.decide(self.rules.finish(t), wall)

    def stop(self, t: float, wall: float, why: str) -> tuple[Event, ...]:
        """What is to be said when nobody watches any more."""
        return self.decide(self.rules.stop(t, why), wall)

    def decide(self, drafts: tuple[Draft, ...], wall: float | None) -> tuple[Event, ...]:
        """Messages for what happened, each with what it is worth in the state that the guard is in."""
        told = (*self.arming.overdue(), *drafts)
        return tuple(self.messages.make(draft, self.arming.priority(draft), wall) for draft in told)

    def _follow(self, found: Detections | None, motion: Motion, t: float) -> tuple[Track, ...]:
        return tuple(rounded(track) for track in self.tracker.update(found, motion, t))

    def _wanted(self, motion: Motion, t: float) -> bool:
        """Something moved, or something that once came is still to be watched."""
        return motion.open or self.tracker.wants_look(t)

    def _look_closer(self, frame: Frame, tracks: tuple[Track, ...]) -> tuple[BodyLook, ...]:
        if self.closer is None:
            return ()
        finder, size = self.closer.bodies, (frame.width, frame.height)
        looks = []
        for track in self.closer.attention.due(tracks, frame.t):
            body = self.timed("bodies", partial(finder.look, frame, track.box))
            looks.append(BodyLook(track.id, frame.t, track.box, size, body))
        return tuple(looks)

    def _look_at_clothes(self, frame: Frame, tracks: tuple[Track, ...]) -> tuple[UniformLook, ...]:
        if self.clothes is None or (track := self.clothes.attention.due(tracks, frame.t)) is None:
            return ()
        score = self.timed("uniforms", partial(self.clothes.uniforms.score, frame, track.box))
        look = UniformLook(track.id, round(score, PLACES))
        self.clothes.attention.note(look, frame.t)
        return (look,)

    def _look(self, frame: Frame) -> Detections:
        found = self.timed("detector", lambda: self.detector.detect(frame))
        return self.timed("appearance", lambda: describe(frame, found))

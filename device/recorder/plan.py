"""Which clip and which stills show an event, from the moment at which it is told. Pure: knows no file and no clock."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from device.core.event import Event, Evidence, Kind, Priority

UNSEEN: frozenset[Kind] = frozenset({"armed", "disarmed", "health"})
"""What happens in no picture."""
MAX_CLIPS = 4
"""Of one camera, planned and not begun or not over yet; the disk hangs where there are more."""
MAX_HAPPENINGS = 512
"""Of which the files are remembered; what lasts longer than so many others gets no further still."""
STILLS = {"start": 1, "best": 2, "end": 3}
"""Number of a still by the moment that it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSettings:
    """What is recorded."""

    priorities: frozenset[Priority] = frozenset({"alarm"})
    """Events of which have a clip; empty = none."""
    pre_roll_s: float = 5.0
    post_roll_s: float = 10.0
    max_clip_s: float = 300.0
    """From its beginning, pre-roll included."""
    stills: bool = True


@dataclass(slots=True)
class Clip:
    """What is to be recorded of one camera, in one go; it may become longer until it is over."""

    camera: str
    name: str
    """Of its file, relative to the state directory."""
    event_id: str
    """The happening that it was begun for."""
    from_t: float
    """Wanted beginning, s."""
    max_t: float
    """It ends by then, whatever lasts, s."""
    until_t: float
    """It ends then where nothing lasts, s."""
    shows: list[str] = field(default_factory=list)
    """All happenings in it."""
    lasting: set[str] = field(default_factory=set)
    """Those that are not over."""
    ended: bool = False
    """Whether it becomes no longer any more."""

    @property
    def end_t(self) -> float:
        """When it ends as far as is known now, s."""
        return self.max_t if self.lasting else min(self.until_t, self.max_t)


@dataclass(slots=True)
class Happening:
    """What is known of an event that is recorded."""

    event_id: str
    cameras: tuple[str, ...]
    evidence: Evidence
    tracks: frozenset[int]
    """Who takes part."""
    clips: list[Clip] = field(default_factory=list)
    over: bool = False


@dataclass(frozen=True, slots=True)
class StillFile:
    """One form of a still."""

    name: str
    """Relative to the state directory."""
    boxes: bool = False
    """With what is followed drawn in."""
    pixelated: bool = False
    """With people made unrecognisable."""


@dataclass(frozen=True, slots=True)
class StillWish:
    """A picture to be taken of a camera's next step."""

    event_id: str
    moment: str
    files: tuple[StillFile, ...]


@dataclass(slots=True)
class Plan:
    """All clips of all cameras; whoever uses it from several threads locks it."""

    cameras: Sequence[str]
    with_clips: frozenset[str]
    """Cameras that have packets."""
    settings: RecordingSettings
    pixelated: frozenset[str] = frozenset()
    """Cameras whose people are to be unrecognisable in what leaves the device."""
    clips: dict[str, deque[Clip]] = field(default_factory=dict)
    wishes: dict[str, list[StillWish]] = field(default_factory=dict)
    """By camera: what its next picture is wanted for."""
    happenings: dict[str, Happening] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    """By camera: events that got no clip, as too many wait."""
    pictures_come: bool = True
    """Whether a still that is wished for will be there: not when the guard is about to stop."""

    def __post_init__(self) -> None:
        for camera in self.cameras:
            self.clips[camera], self.wishes[camera], self.refused[camera] = deque(), [], 0

    def mark(self, event: Event, *, has_best: bool = False) -> Event:
        """The event with the names of what shows it; its clip is planned, or made longer.

        Args:
            event: as it is about to be told.
            has_best: whether there is a better picture of it than that of its start.
        """
        known = self.happenings.get(event.event_id)
        if known is None:
            known = self._begun(event)
            if known is None:
                return event
        elif not known.over:
            self._go_on(known, event, has_best=has_best)
        return replace(event, evidence=known.evidence)

    def lasting(self, camera: str) -> list[Happening]:
        """What is recorded there and is not over."""
        every = [event_id for clip in self.clips[camera] for event_id in clip.lasting]
        return [self.happenings[event_id] for event_id in every if event_id in self.happenings]

    def end(self, clip: Clip, end_t: float) -> bool:
        """It was recorded up to there; False where it has become longer meanwhile, else it never will."""
        clip.ended = clip.ended or clip.end_t <= end_t
        return clip.ended

    def recorded(self, clip: Clip) -> list[str]:
        """A clip is complete, whatever still lasts; the events of which nothing more will be recorded."""
        self.clips[clip.camera].remove(clip)
        done = [event_id for event_id in clip.shows if not self._is_awaited(event_id)]
        for event_id in done:
            if event_id in self.happenings:
                self.happenings[event_id].over = True
        for camera, wishes in self.wishes.items():
            self.wishes[camera] = [wish for wish in wishes if wish.event_id not in done]
        return done

    def _is_awaited(self, event_id: str) -> bool:
        """Whether a clip that shows it is not complete."""
        return any(event_id in clip.shows for clips in self.clips.values() for clip in clips)

    def _begun(self, event: Event) -> Happening | None:
        """A happening that is to be recorded, from now on."""
        if event.priority not in self.settings.priorities or event.kind in UNSEEN:
            return None
        cameras = tuple(it for it in self.cameras if event.camera in (None, it))
        clips = [clip for place, camera in enumerate(cameras) if (clip := self._clip_for(event, camera, place))]
        if not clips:
            return None
        seen_on = tuple(clip.camera for clip in clips)
        shown = next((clip.name for clip in clips if clip.camera in self.with_clips), None)
        tracks = frozenset(thing.track for thing in event.objects)
        happening = Happening(event.event_id, seen_on, Evidence(clip=shown), tracks, clips)
        self.happenings[event.event_id] = happening
        if len(self.happenings) > MAX_HAPPENINGS:
            del self.happenings[next(iter(self.happenings))]
        if event.kind != "camera_lost":
            self._wish(happening, "start")
        if event.t_end is not None:
            happening.over = True
        return happening

    def _clip_for(self, event: Event, camera: str, place: int) -> Clip | None:
        """The clip that runs, if it goes on long enough to show this, or one of its own."""
        clips, wish = self.clips[camera], self.settings
        now, until_t = event.t_emitted, event.t_emitted + wish.post_roll_s
        clip = clips[-1] if clips else None
        if clip is None or clip.ended or now >= clip.end_t or until_t > clip.max_t:
            if len(clips) >= MAX_CLIPS:
                self.refused[camera] += 1
                return None
            name = f"evidence/{event.event_id}/clip{_suffix(camera, place)}.mp4"
            from_t = min(event.t_start, now) - wish.pre_roll_s
            clip = Clip(camera, name, event.event_id, from_t, now + wish.max_clip_s - wish.pre_roll_s, until_t)
            clips.append(clip)
        clip.shows.append(event.event_id)
        clip.until_t = max(clip.until_t, until_t)
        if event.t_end is None:
            clip.lasting.add(event.event_id)
        return clip

    def _go_on(self, happening: Happening, event: Event, *, has_best: bool) -> None:
        for clip in happening.clips:
            clip.until_t = max(clip.until_t, event.t_emitted + self.settings.post_roll_s)
        happening.tracks |= {thing.track for thing in event.objects}
        if event.t_end is None:
            return
        for clip in happening.clips:
            clip.lasting.discard(happening.event_id)
        if has_best:
            self._name(happening, "best")
        self._wish(happening, "end")
        happening.over = True

    def _wish(self, happening: Happening, moment: str) -> None:
        """Let the next picture be kept, and the event say so."""
        if not self.settings.stills or not self.pictures_come:
            return
        for camera in happening.cameras:
            files = self.still_files(happening, moment, camera)
            self.wishes[camera].append(StillWish(happening.event_id, moment, files))
        self._name(happening, moment)

    def _name(self, happening: Happening, moment: str) -> None:
        names = [it.name for camera in happening.cameras for it in self.still_files(happening, moment, camera)]
        evidence = happening.evidence
        happening.evidence = replace(evidence, stills=(*evidence.stills, *names))

    def still_files(self, happening: Happening, moment: str, camera: str) -> tuple[StillFile, ...]:
        """The forms in which a camera's picture of a moment is kept."""
        suffix = _suffix(camera, happening.cameras.index(camera))
        stem = f"evidence/{happening.event_id}/still-{STILLS[moment]}{suffix}"
        files = (StillFile(f"{stem}.jpg"), StillFile(f"{stem}-boxes.jpg", boxes=True))
        if camera in self.pixelated:
            return (*files, StillFile(f"{stem}-pixelated.jpg", pixelated=True))
        return files


def _suffix(camera: str, place: int) -> str:
    """What concerns several cameras has files of all: the first one's have the plain names."""
    return f"-{camera}" if place else ""

"""Says of each rule of a replay why it spoke and, of each track, why it did not. Decides no event."""

from dataclasses import dataclass, field

from device.config.cameras import CameraTable
from device.config.rules import build_rules
from device.core.event import Event
from device.core.geometry import Line, Polygon
from device.core.rules.dwell import GRACE_S
from device.core.rules.scene import RuleSettings
from device.core.rules.table import KIND_DEFAULTS
from device.core.track import Track
from device.pipeline import Step


@dataclass(slots=True)
class _Past:
    """What one rule could see of one track, from the pictures in which it was detected."""

    looks: int = 0
    confirmed: bool = False
    moved: bool = False
    ignored: int = 0
    here: int = 0
    """Looks with the foot where it counts: inside the zone, or right of the line."""
    score: float = 0.0
    """Sum over these looks."""
    t_in: float = 0.0
    t_last: float = float("-inf")
    longest_s: float = 0.0

    def add(self, track: Track, t: float, *, here: bool, ignored: bool) -> None:
        self.looks += 1
        self.confirmed |= track.confirmed
        self.moved |= track.believed
        self.ignored += ignored
        if here and not ignored:
            self.here += 1
            self.score += track.score
            self.t_in = t if t - self.t_last > GRACE_S else self.t_in
            self.t_last = t
            self.longest_s = max(self.longest_s, t - self.t_in)


@dataclass(slots=True)
class _Account:
    """One rule's."""

    settings: RuleSettings
    place: Polygon | Line | None
    """None: the whole picture."""
    pasts: dict[int, _Past] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, step: Step) -> None:
        for track in step.tracks:
            if track.seen and track.label in self.settings.labels:
                ignored = self.settings.ignores(track.foot)
                past = self.pasts.setdefault(track.id, _Past())
                past.add(track, step.frame.t, here=self._is_here(track), ignored=ignored)
        self.note(step.events)

    def note(self, events: tuple[Event, ...]) -> None:
        self.events += [event for event in events if event.rule.name == self.settings.name]

    def lines(self) -> list[str]:
        about = f" about {', '.join(sorted(self.settings.labels))}" if self.settings.labels else ""
        about += f", {self._where()}" if self.place else ""
        text = [f"rule {self.settings.name} ({self.settings.kind}{about})"]
        for event in self.events:
            text.append(f"  {event.t_emitted:8.1f} s  {event.state}, {event.priority}: {'; '.join(event.reasons)}")
        place = KIND_DEFAULTS[self.settings.kind].place
        if place == "goods":
            silent_about = f"no hands near {self.settings.zone} were seen for long enough, or they did no such thing"
            return text if self.events else [*text, f"  no event: {silent_about}"]
        if place == "picture":
            return (
                text
                if self.events
                else [*text, "  no event: the camera saw its scene, or not for long enough otherwise"]
            )
        if place == "shelf":
            return text if self.events else [*text, f"  no event: nothing that counts changed on {self.settings.zone}"]
        spoken = {thing.track for event in self.events for thing in event.objects}
        spoken |= {track for event in self.events for track in event.data.get("tracks", ())}
        silent: dict[str, list[int]] = {}
        for id_, past in self.pasts.items():
            if id_ not in spoken:
                silent.setdefault(self._why_not(past), []).append(id_)
        text += [f"  no event of track {', '.join(map(str, ids))}: {why}" for why, ids in silent.items()]
        if not self.pasts:
            text.append("  no event: nothing that it is about was seen")
        return text

    def _is_here(self, track: Track) -> bool:
        if isinstance(self.place, Line):
            return self.place.side(track.foot) > 0.0
        return self.place is None or self.place.contains(track.foot)

    def _where(self) -> str:
        return f"{'line' if isinstance(self.place, Line) else 'zone'} {self.settings.zone}"

    def _why_not(self, past: _Past) -> str:
        if not past.confirmed:
            return "seen too seldom or too doubtfully to be believed"
        if not past.moved:
            return f"it never walked in {past.looks} looks, so it may be a part of the scenery"
        if past.ignored == past.looks:
            return "its foot was in an ignored area all the time"
        if isinstance(self.place, Line):
            right = f"foot right of the line in {past.here} of {past.looks} looks"
            return f"it did not cross between the line's ends, or not that way, or again within the cooldown; {right}"
        return self._why_no_stay(past)

    def _why_no_stay(self, past: _Past) -> str:
        if not past.here:
            return f"its foot was never inside in {past.looks} looks"
        if past.longest_s < self.settings.after_s:
            return f"its foot was inside for {past.longest_s:.1f} s at most, asked are {self.settings.after_s:g} s"
        if self.settings.kind == "crowding":
            return f"fewer than {self.settings.count} were inside at once, or not for {self.settings.after_s:g} s"
        mean = past.score / past.here
        if mean < self.settings.min_confidence:
            return f"its mean score inside is {mean:.2f}, asked are {self.settings.min_confidence:g}"
        return (
            f"foot inside in {past.here} of {past.looks} looks, for {past.longest_s:.1f} s, mean score {mean:.2f}: "
            "before it was believed, within the cooldown, or with others who brought the mean down"
        )


class Explainer:
    """Watches a replay, and has a paragraph for each rule at its end."""

    def __init__(self, camera: CameraTable) -> None:
        places: dict[str | None, Polygon | Line] = {zone.id: Polygon(zone.polygon) for zone in camera.zones}
        places |= {line.id: Line(line.start, line.end) for line in camera.lines}
        settings = [rule.settings for rule in build_rules(camera)]
        self._accounts = [_Account(each, places.get(each.zone)) for each in settings]

    def add(self, step: Step) -> None:
        """Note one step."""
        for account in self._accounts:
            account.add(step)

    def finish(self, events: tuple[Event, ...]) -> str:
        """The text; ``events`` are those that the end of the recording brought."""
        for account in self._accounts:
            account.note(events)
        lines = [line for account in self._accounts for line in account.lines()]
        return "\n".join(lines or ["no rule is asked for: draw a zone or a line"]) + "\n"

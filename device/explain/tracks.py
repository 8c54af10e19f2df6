"""Accounts of rules about where feet are: zones and lines. Decide no event."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from device.config.cameras import RuleTable
from device.config.hours import hours_of
from device.core.arming.hours import OpeningHours
from device.core.event import Event
from device.core.geometry import Polygon
from device.core.rules.dwell import GRACE_S
from device.core.rules.line import LineCrossed
from device.core.rules.scene import RuleSettings, Scene
from device.core.track import Track
from device.explain.account import Shown


@dataclass(slots=True)
class _Past:
    """What one rule could see of one track, from the pictures in which it was detected."""

    looks: int = 0
    best: float = 0.0
    confirmed: bool = False
    moved: bool = False
    ignored: int = 0
    here: int = 0
    """Looks with the foot where it counts: inside the zone, or right of the line."""
    score: float = 0.0
    """Sum over these looks."""
    closed: int = 0
    """Of these looks those outside opening hours."""
    t_in: float = 0.0
    t_last: float = float("-inf")
    longest_s: float = 0.0

    def add(self, track: Track, t: float, *, here: bool, ignored: bool, closed: bool = True) -> None:
        self.looks += 1
        self.best = max(self.best, track.score)
        self.confirmed |= track.confirmed
        self.moved |= track.believed
        self.ignored += ignored
        if here and not ignored:
            self.here += 1
            self.closed += closed
            self.score += track.score
            self.t_in = t if t - self.t_last > GRACE_S else self.t_in
            self.t_last = t
            self.longest_s = max(self.longest_s, t - self.t_in)

    def not_believed(self) -> str | None:
        """Why no rule is about it; None where it is one to act on."""
        if not self.confirmed:
            return (
                f"seen too seldom or too doubtfully to be believed: in {self.looks} looks, with a score of "
                f"{self.best:.2f} at best (more looks: `max_per_s`)"
            )
        if not self.moved:
            return f"it never walked in {self.looks} looks, so it may be a part of the scenery"
        if self.ignored == self.looks:
            return f"its foot was in an ignored area in all {self.looks} looks (a zone of kind `ignore`)"
        return None


@dataclass(slots=True)
class DwellAccount:
    """``person_in_zone`` and its like."""

    settings: RuleSettings
    table: RuleTable
    shown: Shown
    _pasts: dict[int, _Past] = field(default_factory=dict)
    _most: int = 0
    """So many were inside at once."""

    def add(self, scene: Scene) -> None:
        """Note where everybody is."""
        area, inside = self._area, 0
        hours = self._hours
        wall = None if scene.frame is None else scene.frame.wall
        closed = hours is None or wall is None or not hours.open_at(wall)
        for track in _of(self.settings, scene):
            here, ignored = area is None or area.contains(track.foot), self.settings.ignores(track.foot)
            past = self._pasts.setdefault(track.id, _Past())
            past.add(track, scene.t, here=here, ignored=ignored, closed=closed)
            inside += here and not ignored and track.believed
        self._most = max(self._most, inside)

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Of each track, those with the same reason together."""
        spoken = {thing.track for event in told for thing in event.objects}
        spoken |= {track for event in told for track in event.data.get("tracks", ())}
        return _by_reason(self._pasts, spoken, lambda _, past: self._why_not(past))

    @property
    def _area(self) -> Polygon | None:
        return self.shown.polygons.get(self.settings.zone or "")

    @property
    def _hours(self) -> OpeningHours | None:
        return hours_of(self.table.hours, self.shown.calendar) if self.settings.kind == "after_hours" else None

    def _why_not(self, past: _Past) -> str:
        if why := past.not_believed():
            return why
        if not past.here:
            return f"its foot was never inside in {past.looks} looks (the zone's `polygon`)"
        if not past.closed:
            return f"its foot was inside in {past.here} looks, and the shop was open in all of them (`hours`)"
        return self._too_little(past) or self._else(past)

    def _too_little(self, past: _Past) -> str | None:
        settings, mean = self.settings, past.score / past.here
        if past.longest_s < settings.after_s:
            return (
                f"its foot was inside for {past.longest_s:.1f} s at most, asked are {settings.after_s:g} s (`after_s`)"
            )
        if settings.kind == "crowding" and self._most < settings.count:
            return f"{self._most} were inside at once at most, asked are {settings.count} (`count`)"
        if mean < settings.min_confidence:
            return f"its mean score inside is {mean:.2f}, asked are {settings.min_confidence:g} (`min_confidence`)"
        return None

    def _else(self, past: _Past) -> str:
        settings = self.settings
        crowd = f"; {settings.count} or more (`count`) not for {settings.after_s:g} s" if settings.count > 1 else ""
        return (
            f"foot inside in {past.here} of {past.looks} looks, for {past.longest_s:.1f} s, mean score "
            f"{past.score / past.here:.2f}: before it was believed, within the cooldown of {settings.cooldown_s:g} s "
            f"(`cooldown_s`), or with others who brought the mean down{crowd}"
        )


class LineAccount:
    """``line_crossed``."""

    def __init__(self, settings: RuleSettings, table: RuleTable, shown: Shown) -> None:
        self._settings, self._table, self._line = settings, table, shown.lines[settings.zone or ""]
        # Whatever crosses at all, one way or the other, however doubtful.
        lax = replace(settings, cooldown_s=0.0, min_confidence=0.0)
        self._probe = LineCrossed(lax, self._line, "both")
        self._crossed: dict[int, list[tuple[float, str]]] = {}
        self._pasts: dict[int, _Past] = {}

    def add(self, scene: Scene) -> None:
        """Note where everybody is, and who crosses."""
        for track in _of(self._settings, scene):
            past = self._pasts.setdefault(track.id, _Past())
            right = self._line.side(track.foot) > 0.0
            past.add(track, scene.t, here=right, ignored=self._settings.ignores(track.foot))
            past.score += 0.0 if right else track.score
        for draft in self._probe.update(scene):
            self._crossed.setdefault(draft.data["track"], []).append((draft.t_start, draft.data["direction"]))

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Of each track, those with the same reason together."""
        spoken = {thing.track for event in told for thing in event.objects}
        return _by_reason(self._pasts, spoken, self._why_not)

    def _why_not(self, track: int, past: _Past) -> str:
        if why := past.not_believed():
            return why
        settings, crossed = self._settings, self._crossed.get(track, [])
        if not crossed:
            return (
                f"it did not cross between the line's ends (`start`, `end`): foot right of the line in {past.here} of "
                f"{past.looks} looks"
            )
        asked = self._table.direction
        if asked not in ("both", *(direction for _, direction in crossed)):
            t, direction = crossed[0]
            return f"it crossed in direction {direction} at {t:.1f} s, asked is {asked} (`direction`)"
        mean = past.score / past.looks
        if mean < settings.min_confidence:
            return f"its mean score is {mean:.2f}, asked are {settings.min_confidence:g} (`min_confidence`)"
        return f"it crossed again within the cooldown of {settings.cooldown_s:g} s (`cooldown_s`)"


def _of(settings: RuleSettings, scene: Scene) -> list[Track]:
    return [track for track in scene.tracks if track.seen and track.label in settings.labels]


def _by_reason(pasts: dict[int, _Past], spoken: set[int], why_not: Callable[[int, _Past], str]) -> Iterable[str]:
    if not pasts:
        return [": nothing that it is about was seen: 0 looks (`labels`)"]
    silent: dict[str, list[int]] = {}
    for id_, past in pasts.items():
        if id_ not in spoken:
            silent.setdefault(why_not(id_, past), []).append(id_)
    return [f" of track {', '.join(map(str, ids))}: {why}" for why, ids in silent.items()]

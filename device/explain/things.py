"""The account of things on a floor. Decides no event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from device.core.event import Event
from device.core.rules.objects import SharedWatch, ThingRule, is_near
from device.core.rules.scene import RuleSettings, Scene
from device.core.shelf.ledger import Change
from device.explain.account import Shown


@dataclass(slots=True)
class _Thing:
    change: Change
    alone_since: float
    longest_s: float = 0.0
    counts: bool = False
    """Whether the rule takes it for a thing at all."""
    over_t: float | None = None


class ThingAccount:
    """``object_left`` and ``object_removed``."""

    def __init__(self, settings: RuleSettings, shown: Shown) -> None:
        self._settings, left = settings, settings.kind == "object_left"
        area = shown.polygons[settings.zone] if settings.zone else None
        self._watch = SharedWatch(area, shown.past)
        # Whatever it takes for a thing, as soon as nobody is near it, however doubtful.
        self._probe = ThingRule(
            replace(settings, after_s=0.0, min_confidence=0.0), self._watch, "left" if left else "removed"
        )
        self._wanted = "returned" if left else "taken"
        self._things: list[_Thing] = []

    def add(self, scene: Scene) -> None:
        """Note what came and went, and who is near."""
        people = scene.people
        for change in self._watch.observe(scene, people):
            if change.kind == self._wanted:
                self._things.append(_Thing(change, change.t_clear))
        for draft in self._probe.update(scene):
            for thing in self._things:
                if thing.change.t_contact == draft.t_start and thing.over_t is None:
                    thing.counts = True
                    thing.over_t = scene.t if draft.state == "end" else None
        for thing in self._things:
            if any(is_near(thing.change.box, track) for track in people):
                thing.alone_since = scene.t
            elif thing.over_t is None:
                thing.longest_s = max(thing.longest_s, scene.t - thing.alone_since)

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """Of each thing that was not told; or that there was none."""
        settings = self._settings
        what = "came to" if self._wanted == "returned" else "went from"
        where = "the floor of the picture" if settings.zone is None else f"the floor of zone {settings.zone}"
        if not self._things:
            return [f": 0 things {what} {where} and stayed so: nothing on it changed but people and light (`polygon`)"]
        said = {round(event.t_start, 3) for event in told}
        silent = [it for it in self._things if round(it.change.t_contact, 3) not in said]
        return [f" of the change at {it.change.t_contact:.1f} s: {self._why_not(it)}" for it in silent]

    def _why_not(self, it: _Thing) -> str:
        settings = self._settings
        if it.longest_s < settings.after_s:
            return f"nobody was near it for {it.longest_s:.1f} s at most, asked are {settings.after_s:g} (`after_s`)"
        if not it.counts:
            return "it only brought back what had been there before, or is a part of what was told"
        least = settings.min_confidence
        if it.change.confidence < least:
            return f"it is sure by {it.change.confidence:.2f}, asked are {least:g} (`min_confidence`)"
        return f"the place looked as before again when the {settings.after_s:g} s were over (`after_s`)"

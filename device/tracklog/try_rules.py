"""Rules as they are in a file now over what was seen in the last day: what they would have told. Keeps nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from device.config.cameras import CameraTable
from device.config.hours import Time
from device.config.model import Config
from device.config.panel import calendar_of
from device.config.past import needs
from device.config.rules import armed_rules, build_rules, rule_name, rule_tables
from device.core.arming import Arming
from device.core.event import ArmedState, Draft, Priority
from device.core.frame import Frame
from device.core.motion import Motion
from device.core.rules.ruleset import RuleSet
from device.core.rules.scene import Scene
from device.core.rules.senses import PastSenses
from device.errors import UsageError
from device.tracklog.log import Damage, read_tracks
from device.tracklog.row import Moment

WARM_S = 600.0
"""So long before rules are run already: who came in holds what they took."""
_STILL = Motion(open=False, area_frac=0.0, mask=np.zeros((1, 1), dtype=np.bool_), scene_change=False)
_NOTHING = np.zeros((3, 2), np.uint8)
"""In place of a picture, which nobody looks at."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that would have been told."""

    draft: Draft
    priority: Priority
    wall: float
    """When it began, Unix s."""


@dataclass(slots=True)
class Tried:
    """What came of it."""

    since: float = 0.0
    """Unix s; what came before is not in it."""
    told: list[Told] = field(default_factory=list)
    untried: dict[str, str] = field(default_factory=dict)
    """Rules that could not be tried, and why."""
    tried_from: dict[str, tuple[float, str]] = field(default_factory=dict)
    """Rules that could be tried from a time on only, Unix s, and why not before."""
    moments: int = 0
    damaged: int = 0
    """Stretches of the log that cannot be read."""
    first: float | None = None
    last: float | None = None
    """Unix times between which something was kept, s."""

    @property
    def counts(self) -> Counter[str]:
        """Starts that would have been told, by rule."""
        return Counter(it.draft.rule.name for it in self.told if it.draft.state == "start")


def track_folder(state_dir: Path) -> Path:
    """Where the track log lies."""
    return state_dir / "tracks"


def try_rules(config: Config, camera: str | None, since: float, armed: ArmedState, only: Sequence[str] = ()) -> Tried:
    """Run the rules of a camera over what is kept of it; ``only`` those of these names, or all.

    Raises:
        UsageError: there is no such camera, or no such rule, or nothing is kept of it.
        StoreError: what is kept cannot be read.
    """
    table, damage = config.camera(camera), Damage()
    for name in only:
        if name not in needs(table):
            raise UsageError(f"camera {table.id} has no rule {name!r}; it has: {', '.join(sorted(needs(table)))}")
    # Rules that begin in the middle know nobody: they are shown a while before.
    moments = read_tracks(track_folder(config.device.state_dir), table.id, since - WARM_S, damage)
    tried = over(config, table, moments, armed, damage, only, since)
    if not tried.moments:
        damaged = f" ({damage.stretches} damaged stretches cannot be read)" if damage.stretches else ""
        raise UsageError(
            f"{track_folder(config.device.state_dir)}: nothing is kept of camera {table.id} from then on{damaged}; "
            "what rules see is kept for 24 h while the service runs, and written once a minute"
        )
    return tried


def over(
    config: Config,
    camera: CameraTable,
    moments: Iterable[Moment],
    armed: ArmedState,
    damage: Damage | None = None,
    only: Sequence[str] = (),
    since: float = 0.0,
) -> Tried:
    """Run the rules of a camera over moments, as the guard ran its own.

    Rules begin anew where the guard did, and behind what is damaged. What they told before ``since`` is left out.
    """
    arming, tried, damage = Arming(armed, armed_rules(camera)), Tried(since=since), damage or Damage()
    wanted = {rule: keys for rule, keys in needs(camera, config.staff).items() if not only or rule in only}
    # What hands did raises what follows, so it is weighed along, but told only where it was asked for.
    beside = {rule_name(it) for it in rule_tables(camera) if only and it.kind == "concealment"} - set(only)
    now, last, torn = _Past(config, camera, frozenset()), None, 0
    for moment in moments:
        of_before = last is not None and (last.run, last.seen.watched) == (moment.run, moment.seen.watched)
        if last is None or not of_before or moment.t <= last.t or damage.stretches != torn:
            if last is not None:
                _note(tried, arming, now.rules.stop(last.t, "the log has a gap"), last)
            missing = {rule: why for rule, each in wanted.items() if (why := _missing(each, moment))}
            _note_missing(tried, wanted, missing, moment, first=last is None)
            now, torn = _Past(config, camera, (wanted.keys() - missing.keys()) | beside), damage.stretches
        _note(tried, arming, now.update(moment), moment)
        if moment.wall >= since:
            tried.first = moment.wall if tried.first is None else tried.first
            tried.moments, tried.last = tried.moments + 1, moment.wall
        last = moment
    tried.damaged = damage.stretches
    tried.told = [it for it in tried.told if it.draft.rule.name not in beside]
    return tried


def told(tried: Tried) -> Iterator[str]:
    """The result, for a person to read."""
    for it in tried.told:
        draft, reasons = it.draft, "; ".join(it.draft.reasons)
        yield f"{_when(it.wall)}  {draft.rule.name}  {draft.kind}, {draft.state}, {it.priority}: {reasons}"
    if tried.first is not None and tried.last is not None:
        yield f"{tried.moments} pictures from {_when(tried.first)} to {_when(tried.last)}"
    if tried.damaged:
        yield f"{tried.damaged} damaged stretches of the log were passed over: what was in them is not counted"
    yield from (f"{name}: {count}" for name, count in sorted(tried.counts.items()))
    for name, (wall, why) in sorted(tried.tried_from.items()):
        yield f"tried from {_when(wall)} on only: {name}: {why}"
    for name, why in sorted(tried.untried.items()):
        yield f"not tried: {name}: {why}; replay a clip"


class _Past:
    """The rules of a camera over one run of the guard."""

    def __init__(self, config: Config, camera: CameraTable, names: Set[str]) -> None:
        self._senses = PastSenses()
        self._synced = True
        time = Time(calendar_of(config), lambda: self._synced)
        rules = build_rules(camera, time=time, senses=self._senses, staff=config.staff)
        self.rules = RuleSet(tuple(rule for rule in rules if rule.settings.name in names))

    def update(self, moment: Moment) -> tuple[Draft, ...]:
        self._senses.show(moment.seen)
        self._synced = moment.synced
        return self.rules.update(
            Scene(
                t=moment.t,
                tracks=moment.tracks,
                motion=_STILL,
                looked=moment.looked,
                frame=Frame(0, moment.t, moment.wall, _NOTHING),
                bodies=moment.bodies,
                uniforms=moment.uniforms,
            )
        )


def _missing(each: tuple[tuple[str, str], ...], moment: Moment) -> str:
    """Why a rule cannot be tried on a moment; empty where it can."""
    return "; ".join(why for key, why in each if key not in moment.seen.watched)


def _note_missing(tried: Tried, wanted: Iterable[str], missing: dict[str, str], moment: Moment, *, first: bool) -> None:
    for rule in wanted:
        if rule in missing:
            if first or rule in tried.untried:
                tried.untried[rule] = missing[rule]
        elif rule in tried.untried:
            tried.tried_from[rule] = moment.wall, tried.untried.pop(rule)


def _note(tried: Tried, arming: Arming, drafts: tuple[Draft, ...], moment: Moment) -> None:
    if moment.wall < tried.since:
        return
    began = moment.wall - moment.t
    tried.told += [Told(draft, arming.priority(draft), began + draft.t_start) for draft in drafts]


def _when(wall: float) -> str:
    try:
        return datetime.fromtimestamp(wall, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return "a time that is none"

"""Rules as they are in a file now over the tracks of the last day: what they would have told. Keeps nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from device.config.cameras import CameraTable
from device.config.model import Config
from device.config.panel import calendar_of
from device.config.rules import Time, armed_rules, build_rules
from device.core.arming import Arming
from device.core.event import ArmedState, Draft
from device.core.motion import Motion
from device.core.rules.ruleset import RuleSet
from device.core.rules.scene import Rule, Scene
from device.core.rules.table import KIND_DEFAULTS
from device.errors import UsageError
from device.track_log import read_tracks
from device.track_row import Moment

GAP_S = 10.0
"""A log that says nothing for longer: the guard was off, or nobody was there."""
_SEES = frozenset({"object_left", "object_removed", "unpaid_exit"})
_STILL = Motion(open=False, area_frac=0.0, mask=np.zeros((1, 1), dtype=np.bool_), scene_change=False)


@dataclass(slots=True)
class Tried:
    """What came of it."""

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Starts that would have been told, by rule."""
    untried: tuple[str, ...] = ()
    """Rules that need pictures."""
    moments: int = 0
    first: float | None = None
    last: float | None = None
    """Unix times between which there are tracks, s."""


def track_folder(state_dir: Path) -> Path:
    """Where tracks are kept."""
    return state_dir / "tracks"


def try_rules(config: Config, camera: str | None, since: float, armed: ArmedState) -> Tried:
    """Run the rules of a camera over what is kept of it.

    Raises:
        UsageError: there is no such camera, or nothing is kept of it.
        StoreError: what is kept cannot be read.
    """
    table = config.camera(camera)
    tried = over(config, table, read_tracks(track_folder(config.device.state_dir), table.id, since), armed)
    if not tried.moments:
        raise UsageError(
            f"{track_folder(config.device.state_dir)}: nothing is kept of camera {table.id} from then on; tracks are "
            "kept for 24 h while the service runs"
        )
    return tried


def over(config: Config, camera: CameraTable, moments: Iterable[Moment], armed: ArmedState) -> Tried:
    """Run the rules of a camera over moments."""
    arming, tried = Arming(armed, armed_rules(camera)), Tried()
    tried.untried = tuple(rule.settings.name for rule in _built(config, camera) if not _by_tracks(rule))
    rules, last = _fresh(config, camera), None
    for moment in moments:
        if last is not None and not 0.0 < moment.t - last.t <= GAP_S:
            _note(tried, arming, rules.stop(last.t, "the log has a gap"), last)
            rules = _fresh(config, camera)
        scene = Scene(t=moment.t, tracks=moment.tracks, motion=_STILL, looked=moment.looked)
        _note(tried, arming, rules.update(scene), moment)
        tried.first, tried.last = tried.first or moment.wall, moment.wall
        tried.moments, last = tried.moments + 1, moment
    return tried


def told(tried: Tried) -> Iterator[str]:
    """The result, for a person to read."""
    yield from tried.lines
    if tried.first is not None and tried.last is not None:
        yield f"{tried.moments} pictures with somebody in them, from {_when(tried.first)} to {_when(tried.last)}"
    yield from (f"{name}: {count}" for name, count in sorted(tried.counts.items()))
    if tried.untried:
        yield f"not tried, as they need pictures (replay a clip): {', '.join(tried.untried)}"


def _built(config: Config, camera: CameraTable) -> tuple[Rule, ...]:
    return build_rules(camera, time=Time(calendar_of(config), lambda: True))


def _by_tracks(rule: Rule) -> bool:
    kind = rule.settings.kind
    return KIND_DEFAULTS[kind].place in ("zone", "line") and kind not in _SEES


def _fresh(config: Config, camera: CameraTable) -> RuleSet:
    return RuleSet(tuple(rule for rule in _built(config, camera) if _by_tracks(rule)))


def _note(tried: Tried, arming: Arming, drafts: tuple[Draft, ...], moment: Moment) -> None:
    for draft in drafts:
        when = _when(moment.wall - moment.t + draft.t_start)
        priority = arming.priority(draft)
        reasons = "; ".join(draft.reasons)
        tried.lines.append(f"{when}  {draft.rule.name}  {draft.kind}, {draft.state}, {priority}: {reasons}")
        tried.counts[draft.rule.name] += draft.state == "start"


def _when(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

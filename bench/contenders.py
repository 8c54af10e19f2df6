"""Who stands in the track table and what may be tuned of each. Does not run or score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench import ours, peers
from bench.scenes import Scene
from bench.score import Row
from device.core.tracking import ClassThresholds, TrackerSettings

Options = Mapping[str, float]
Run = Callable[[Scene, Options], tuple[list[Row], float]]


@dataclass(frozen=True, slots=True)
class Contender:
    """A tracker, where tuning starts and over which values it goes."""

    name: str
    run: Run
    ladders: Mapping[str, tuple[float, ...]]
    start: Options


def _ours(scene: Scene, options: Options) -> tuple[list[Row], float]:
    high, sure = _SHIPPED.of("person").high, _SHIPPED.of("person").sure
    person = ClassThresholds(low=options["low"], begin=options["begin"], high=high, sure=sure)
    settings = TrackerSettings(thresholds={"person": person}, max_distance=options["max_distance"])
    return ours.follow(scene, settings)


def _peer(make: Callable[[Options, float], peers.Step]) -> Run:
    return lambda scene, options: peers.follow(scene, make, options)


_SHIPPED = TrackerSettings()
SHIPPED: Options = {
    "low": _SHIPPED.of("person").low,
    "begin": _SHIPPED.of("person").begin,
    "max_distance": _SHIPPED.max_distance,
}
"""What the device runs with."""
_FLOOR, _LOST_S = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7), (0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENDERS = (
    Contender(
        "Shopwarden",
        _ours,
        {
            "low": (0.1, 0.15, 0.2, 0.25, 0.3),
            "begin": (0.2, 0.25, 0.3, 0.35, 0.4),
            "max_distance": (2.5, 2.75, 3.0, 3.25, 3.5, 4.0),
        },
        SHIPPED,
    ),
    Contender(
        "norfair, centres",
        _peer(peers.norfair_euclidean),
        {"floor": _FLOOR, "match": (0.2, 0.4, 0.6, 0.9, 1.3, 2.0), "lost_s": _LOST_S, "delay_s": (0.0, 0.15, 0.3, 0.6)},
        {"floor": 0.5, "match": 0.6, "lost_s": 2.5, "delay_s": 0.3},
    ),
    Contender(
        "norfair, foot and size",
        _peer(peers.norfair_corners),
        {"floor": _FLOOR, "match": (0.5, 1.0, 1.5, 2.0, 3.0, 4.5), "lost_s": _LOST_S, "delay_s": (0.0, 0.15, 0.3, 0.6)},
        {"floor": 0.5, "match": 2.0, "lost_s": 2.5, "delay_s": 0.3},
    ),
    Contender(
        "ByteTrack",
        _peer(peers.byte_track),
        {
            "floor": (0.1, 0.15, 0.2, 0.3),
            "new": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
            "match": (0.7, 0.8, 0.9, 0.95, 0.99),
            "lost_s": _LOST_S,
        },
        {"floor": 0.1, "new": 0.5, "match": 0.9, "lost_s": 1.0},
    ),
    Contender(
        "SORT",
        _peer(peers.sort),
        {"floor": _FLOOR, "match": (0.02, 0.05, 0.1, 0.2, 0.3, 0.5), "lost_s": _LOST_S, "hits": (1, 2, 3, 5)},
        {"floor": 0.5, "match": 0.1, "lost_s": 2.5, "hits": 2},
    ),
)

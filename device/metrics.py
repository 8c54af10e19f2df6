"""Every figure of health, as one table: MQTT's diagnostics, Prometheus and the page are made of it. Gathers nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from device.core.camera_health import CameraHealth
from device.web.parts import Figure
from device.worker import LoopStats

T = TypeVar("T")
Value = float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """How the device itself fares."""

    uptime_s: float
    """Since this run of the service began."""
    memory_bytes: int
    """Resident set of the daemon."""
    disk_free_bytes: int
    temperature_c: float | None
    """None where the board does not tell."""
    throttled: bool
    clock_synced: bool
    waiting: int
    """Events that wait for the broker."""
    waiting_bytes: int
    """What they take on disk and on the wire."""
    dropped: int
    """Events that were given up before a broker had them, ever."""
    armed: str
    """The panel's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Generic[T]):
    """One figure: its name for programs, what it is for a person, and where it comes from."""

    name: str
    """For programs: ``_total`` where it only grows, with its unit in full."""
    text: str
    value: Callable[[T], Value]
    unit: str = ""
    """For a person."""
    good: Callable[[T], bool] = lambda _: True


_MIB: Final = 1024.0 * 1024.0
_LOW_DISK_MIB: Final = 200.0

DEVICE_METRICS: Final[tuple[Metric[DeviceHealth], ...]] = (
    Metric(name="panel", text="panel", value=lambda it: it.armed.replace("_", " ")),
    Metric(name="uptime_seconds", text="running for", unit="s", value=lambda it: round(it.uptime_s)),
    Metric(name="memory_mebibytes", text="memory", unit="MiB", value=lambda it: round(it.memory_bytes / _MIB, 1)),
    Metric(
        name="disk_free_mebibytes",
        text="free on disk",
        unit="MiB",
        value=lambda it: round(it.disk_free_bytes / _MIB),
        good=lambda it: it.disk_free_bytes / _MIB > _LOW_DISK_MIB,
    ),
    Metric(name="temperature_celsius", text="temperature", unit="°C", value=lambda it: it.temperature_c),
    Metric(name="throttled", text="throttled", value=lambda it: float(it.throttled), good=lambda it: not it.throttled),
    Metric(name="clock_synced", text="clock is set", value=lambda it: float(it.clock_synced)),
    Metric(name="outbox_events", text="events waiting for the broker", value=lambda it: it.waiting),
    Metric(
        name="outbox_mebibytes",
        text="waiting for the broker",
        unit="MiB",
        value=lambda it: round(it.waiting_bytes / _MIB, 1),
    ),
    Metric(name="outbox_dropped_total", text="events no broker ever had", value=lambda it: it.dropped),
)

CAMERA_METRICS: Final[tuple[Metric[CameraHealth], ...]] = (
    Metric(
        name="camera_up",
        text="gives pictures",
        value=lambda it: float(not (it.lost or it.frozen)),
        good=lambda it: not (it.lost or it.frozen),
    ),
    Metric(name="camera_fault", text="why not", value=lambda it: it.why or None, good=lambda it: not it.why),
    Metric(name="camera_pictures_per_second", text="pictures a second", value=lambda it: round(it.fps, 1)),
    Metric(name="camera_looks_per_second", text="looks a second", value=lambda it: round(it.looks_per_s, 1)),
    Metric(name="camera_delay_seconds", text="age of a picture when looked at", unit="s", value=lambda it: it.delay_s),
    Metric(name="camera_pictures_total", text="pictures", value=lambda it: it.arrived),
    Metric(name="camera_dropped_total", text="pictures that nobody looked at", value=lambda it: it.dropped),
    Metric(name="camera_faults_total", text="pictures damaged or missing", value=lambda it: it.faults),
)

SINK_METRICS: Final[tuple[Metric[LoopStats], ...]] = (
    Metric(
        name="sink_up",
        text="works",
        value=lambda it: float(it.trouble is None),
        good=lambda it: it.trouble is None,
    ),
    Metric(name="sink_trouble", text="why not", value=lambda it: it.trouble, good=lambda it: it.trouble is None),
    Metric(name="sink_queued", text="waiting", value=lambda it: it.queued),
    Metric(name="sink_dropped_total", text="given up", value=lambda it: it.dropped),
    Metric(name="sink_failures_total", text="tries that failed", value=lambda it: it.failures),
    Metric(name="sink_bugs_total", text="bugs", value=lambda it: it.bugs, good=lambda it: it.bugs == 0),
)

METRICS: Final[tuple[Metric[Any], ...]] = (*DEVICE_METRICS, *CAMERA_METRICS, *SINK_METRICS)
"""All of them."""


def figures(device: DeviceHealth, cameras: Mapping[str, CameraHealth], sinks: Sequence[LoopStats]) -> list[Figure]:
    """Every figure as it is now; a text that there is none of is left out."""
    found = list(_of(DEVICE_METRICS, device, None))
    for name, health in cameras.items():
        found += _of(CAMERA_METRICS, health, name)
    for stats in sinks:
        found += _of(SINK_METRICS, stats, stats.name)
    return found


def _of(metrics: Iterable[Metric[T]], source: T, part: str | None) -> Iterable[Figure]:
    for metric in metrics:
        value, good = metric.value(source), metric.good(source)
        if value is not None:
            yield Figure(metric.name, metric.text, value, metric.unit, part, good)

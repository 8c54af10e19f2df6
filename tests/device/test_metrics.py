"""One table of figures, for people and for programs."""

import re
from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from device.core.camera_health import CameraHealth
from device.metrics import METRICS, DeviceHealth, figures
from device.web.prometheus import prometheus_text
from device.worker import LoopStats
from tests.docs import ROOT

DEVICE = DeviceHealth(
    uptime_s=61.2, memory_bytes=150 << 20, disk_free_bytes=5 << 30, temperature_c=None, throttled=False,
    clock_synced=True, waiting=3, waiting_bytes=2048, dropped=0, armed="armed_away",
)  # fmt: skip
CAMERA = CameraHealth(
    t=1.0, fps=14.96, looks_per_s=5.0, looks_limit_per_s=None, delay_s=0.021, worst_delay_s=0.1, arrived=100, dropped=2,
    faults=0, lost=False, frozen=False, why="", picture=None,
)  # fmt: skip
SINK = LoopStats("mqtt", 7, 3, 0, 1, 0, None, fatal=False)


def test_names_are_fit_for_programs() -> None:
    """Each once, as Prometheus wants them, with words for a person."""
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z_]*[a-z]", name) for name in names)
    assert all(metric.text for metric in METRICS)


def test_prometheus_reads_them() -> None:
    """What only grows is a counter; what the board does not tell, and words, are left out."""
    text = prometheus_text(figures(DEVICE, {"aisle": CAMERA}, [SINK]))
    found = {family.name: family for family in text_string_to_metric_families(text)}
    assert found["shopwarden_camera_up"].samples[0].labels == {"part": "aisle"}
    assert found["shopwarden_camera_dropped"].type == "counter"
    assert found["shopwarden_outbox_events"].samples[0].value == 3.0
    assert "shopwarden_temperature_celsius" not in found
    assert "shopwarden_panel" not in found


def test_what_is_wrong_is_marked() -> None:
    """A camera without pictures and a sink in trouble, each with its reason; all is well otherwise."""
    assert all(it.good for it in figures(DEVICE, {"aisle": CAMERA}, [SINK]))
    lost = replace(CAMERA, lost=True, why="its process has died")
    down = replace(SINK, trouble="connection refused")
    bad = {(it.part, it.value) for it in figures(DEVICE, {"aisle": lost}, [down]) if not it.good}
    assert ("aisle", "its process has died") in bad
    assert ("mqtt", "connection refused") in bad
    full = replace(DEVICE, disk_free_bytes=1 << 20)
    assert [it.name for it in figures(full, {}, []) if not it.good] == ["disk_free_mebibytes"]


def test_every_figure_is_in_the_reference() -> None:
    """By its name."""
    text = (ROOT / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    assert [metric.name for metric in METRICS if f"`{metric.name}`" not in text] == []

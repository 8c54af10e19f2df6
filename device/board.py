"""What board this is and how it fares, as far as it tells. Changes nothing."""

import contextlib
from pathlib import Path
from typing import Any

_MODEL = Path("/proc/device-tree/model")
_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")


def is_raspberry_pi() -> bool:
    """Whether the device tree says so."""
    return _MODEL.is_file() and "Raspberry Pi" in _MODEL.read_text(encoding="ascii", errors="replace")


def board_state() -> dict[str, Any]:
    """Temperature in degrees Celsius and throttling; empty where the board says nothing."""
    told: dict[str, Any] = {}
    # Many machines have no such sensor, and some refuse to read it: then it is not told.
    with contextlib.suppress(OSError, ValueError):
        told["temperature_c"] = int(_TEMPERATURE.read_text(encoding="ascii")) / 1000
    if _THROTTLED.is_file():
        told["throttled"] = _THROTTLED.read_text(encoding="ascii").strip()
    return told

"""What board this is and how it fares, as far as it tells. Changes nothing."""

import contextlib
from pathlib import Path
from typing import Any

from device.core.look_rate import BoardState

_MODEL = Path("/proc/device-tree/model")
_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")


def board_model() -> str:
    """What the device tree calls it; empty where there is none."""
    return _MODEL.read_text(encoding="ascii", errors="replace").rstrip("\0") if _MODEL.is_file() else ""


def is_raspberry_pi() -> bool:
    """Whether the device tree says so."""
    return "Raspberry Pi" in board_model()


def board_load() -> BoardState:
    """Whether the board is hot or throttled now; nothing of both where it does not tell."""
    told = board_state()
    return BoardState(temperature_c=told.get("temperature_c"), throttled=is_throttled(told.get("throttled", "")))


def is_throttled(flags: str) -> bool:
    """Whether the firmware's word, hexadecimal, says that the processor is held back at this moment.

    Its four lowest bits are about now (want of current, frequency capped, throttled, soft limit of temperature), those
    sixteen higher about some time since the start.
    """
    try:
        return bool(int(flags, 16) & 0xF)
    except ValueError:
        return False


def board_state() -> dict[str, Any]:
    """Temperature in degrees Celsius and throttling; empty where the board says nothing."""
    told: dict[str, Any] = {}
    # Many machines have no such sensor, and some refuse to read it: then it is not told.
    with contextlib.suppress(OSError, ValueError):
        told["temperature_c"] = int(_TEMPERATURE.read_text(encoding="ascii")) / 1000
    if _THROTTLED.is_file():
        told["throttled"] = _THROTTLED.read_text(encoding="ascii").strip()
    return told


def boot_id() -> str:
    """The kernel's name for this run of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

"""Limits of exposure and gain, written into the tuning of a Pi camera. Pure; reads no file, knows no vendor.

libcamera has no control for either limit: a longest exposure is only the time from picture to picture, and a gain can
only be fixed. But the tuning says in which steps exposure and gain grow as it gets darker, and the last step is as far
as it goes: cut there, automatic exposure stays automatic.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def limited_tuning(tuning: dict[str, Any], exposure_max_s: float | None, gain_max: float | None) -> dict[str, Any]:
    """A copy of a tuning whose exposure modes end at the limits, in this or any older layout of the file.

    Raises:
        ValueError: there are no exposure modes in it.
    """
    limited, found = _limited(tuning, exposure_max_s, gain_max)
    if not found:
        raise ValueError("has no exposure modes")
    copy: dict[str, Any] = limited
    return copy


def _limited(part: Any, exposure_max_s: float | None, gain_max: float | None) -> tuple[Any, bool]:
    """The part with limits in it, and whether there was anything to limit."""
    if isinstance(part, list):
        done = [_limited(inner, exposure_max_s, gain_max) for inner in part]
        return [inner for inner, _ in done], any(found for _, found in done)
    if not isinstance(part, dict):
        return part, False
    if _is_exposure_mode(part):
        # "shutter" is in microseconds.
        return part | {
            "shutter": _cut(part["shutter"], None if exposure_max_s is None else exposure_max_s * 1e6),
            "gain": _cut(part["gain"], gain_max),
        }, True
    done_by = {name: _limited(inner, exposure_max_s, gain_max) for name, inner in part.items()}
    return {name: inner for name, (inner, _) in done_by.items()}, any(found for _, found in done_by.values())


def _is_exposure_mode(part: dict[str, Any]) -> bool:
    return all(isinstance(part.get(name), list) and part[name] for name in ("shutter", "gain"))


def _cut(steps: Sequence[float], most: float | None) -> list[float]:
    """The steps, none above the most; they must not fall, and a gain below 1 there is none."""
    cut = [step if most is None else min(step, most) for step in steps]
    if any(later < earlier for earlier, later in pairwise(cut)):
        raise ValueError("has exposure steps that fall")
    return cut

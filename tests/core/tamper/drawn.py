"""Small scenes in which a camera is tampered with, picture by picture."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from device.capture.draw import Painter
from device.capture.scene import Figure, Light, Scene
from device.capture.scene_path import Waypoint
from device.core.event import Draft, Kind
from device.core.frame import Frame
from device.core.rules.scene import Scene as Moment
from device.core.rules.tamper import Limits, TamperRule
from device.core.tamper.eye import Eye
from tests.builders import make_motion, make_settings

Change = Callable[[NDArray[np.uint8], float], NDArray[np.uint8]]
"""Luma and time to the luma that the camera sees."""
AFTER_S: dict[Kind, float] = {
    "tamper_covered": 3.0, "tamper_moved": 3.0, "tamper_defocused": 5.0, "tamper_dark": 3.0,
}  # fmt: skip
CLOSE_BY = Figure(1, (Waypoint(14, -0.6, 1.3), Waypoint(20, 0.5, 1.35), Waypoint(24, 1.6, 1.3)), 1.4)


def room(*, seed: int = 3, duration_s: float = 40.0, lights: tuple[Light, ...] = (), **changes: object) -> Scene:
    """A room with furniture, on pictures of half size."""
    usual: dict[str, object] = {"width_px": 320, "height_px": 240, "fps": 4.0, "noise": 3}
    values = {**usual, "seed": seed, "duration_s": duration_s, "lights": lights, **changes}
    return Scene(**values)  # type: ignore[arg-type]


def frames(scene: Scene, change: Change | None = None) -> Iterator[Frame]:
    """What the camera gives."""
    painter = Painter(scene)
    for seq in range(scene.pictures):
        t = seq / scene.fps
        i420 = np.empty((scene.height_px * 3 // 2, scene.width_px), np.uint8)
        painter.draw(seq, t, i420)
        if change is not None:
            i420[: scene.height_px] = change(i420[: scene.height_px].copy(), t)
        yield Frame(seq, t, None, i420)


def told(scene: Scene, change: Change | None = None, **limits: float) -> list[Draft]:
    """What all four rules say."""
    eye = Eye()
    rules = [
        TamperRule(
            make_settings(name=kind, kind=kind, zone=None, labels=frozenset(), after_s=after_s, min_confidence=0.5),
            eye,
            Limits(**limits),
        )
        for kind, after_s in AFTER_S.items()
    ]
    drafts: list[Draft] = []
    for frame in frames(scene, change):
        moment = Moment(frame.t, (), make_motion(), looked=True, frame=frame)
        drafts += [draft for rule in rules for draft in rule.update(moment)]
    return drafts


def covered(level: int = 120, start_s: float = 15.0, until_s: float = 30.0) -> Change:
    """A cloth before the lens."""

    def change(luma: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        if not start_s <= t < until_s:
            return luma
        noise = np.random.default_rng(int(t * 100)).integers(-3, 4, luma.shape)
        return np.asarray(np.clip(level + noise, 16, 235), np.uint8)

    return change


def turned(right_frac: float, start_s: float = 15.0, until_s: float = 1e9) -> Change:
    """Another view; what comes into the picture is the old one mirrored."""

    def change(luma: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        if not start_s <= t < until_s:
            return luma
        wide = np.concatenate([luma, luma[:, ::-1]], axis=1)
        return np.ascontiguousarray(np.roll(wide, round(right_frac * luma.shape[1]), axis=1)[:, : luma.shape[1]])

    return change


def blurred(sigma_px: float, start_s: float = 15.0, until_s: float = 30.0) -> Change:
    """A lens out of focus; the noise of the sensor stays."""

    def change(luma: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        if not start_s <= t < until_s:
            return luma
        soft = cv2.GaussianBlur(luma, (0, 0), sigma_px).astype(np.int16)
        noise = np.random.default_rng(int(t * 100)).integers(-3, 4, luma.shape)
        return np.asarray(np.clip(soft + noise, 16, 235), np.uint8)

    return change

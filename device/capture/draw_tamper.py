"""Covers, turns or blurs a drawn picture. Knows nobody who is in it."""

import cv2
import numpy as np

from device.capture.draw_shapes import Planes
from device.capture.scene_weather import Tamper


def tamper(planes: Planes, what: Tamper, t: float) -> None:
    """Do to the picture what is done to the camera at a moment."""
    if not what.t_s <= t < what.until_s:
        return
    match what.kind:
        case "cover":
            rows, columns = planes[0].shape
            # Cloth is a little darker towards one corner.
            fall = np.linspace(0, 10, rows)[:, None] + np.linspace(0, 10, columns)
            planes[0][...] = np.clip(what.level - fall, 32, 219).astype(np.uint8)
            planes[1][...] = planes[2][...] = 128
        case "turn":
            for plane in planes:
                wide = np.concatenate([plane, plane[:, ::-1]], axis=1)
                plane[...] = np.roll(wide, round(what.right_frac * plane.shape[1]), axis=1)[:, : plane.shape[1]]
        case "blur":
            planes[0][...] = cv2.GaussianBlur(np.ascontiguousarray(planes[0]), (0, 0), what.sigma_px)

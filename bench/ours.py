"""Runs the shipped tracker over a scene as replay does. Does not score."""

import time

from bench.scenes import Scene
from bench.score import Row
from device.core.tracking import Tracker, TrackerSettings


def follow(scene: Scene, settings: TrackerSettings | None = None) -> tuple[list[Row], float]:
    """Rows of confirmed people on the pictures that show them, those before confirmation too; CPU s spent."""
    tracker = Tracker(settings)
    rows: list[Row] = []
    pending: dict[int, list[Row]] = {}
    spent_s = 0.0
    for look in scene.looks:
        width, height = look.detections.size
        start_s = time.process_time()
        tracks = tracker.update(look.detections, look.motion, look.t)
        spent_s += time.process_time() - start_s
        for track in tracks:
            if track.seen and track.label == "person":
                x1, y1, x2, y2 = track.box
                row = (look.number, track.id, x1 * width, y1 * height, x2 * width, y2 * height)
                pending.setdefault(track.id, []).append(row)
            if track.confirmed:
                rows += pending.pop(track.id, [])
    return rows, spent_s

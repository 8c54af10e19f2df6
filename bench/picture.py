"""Renders the picture of the README: a drawn room, watched. Shows nothing that was filmed."""

import contextlib
import sys
from pathlib import Path

import cv2

from device.app import RunKind, build_detector, build_pipeline
from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.config import parse_config
from device.core.ids import DerivedIds
from device.recorder.overlay import draw_places, draw_track

CONFIG = """
[device]
id = "picture"
state_dir = "."
[[cameras]]
id = "room"
source = "synthetic:"
  [[cameras.zones]]
  id = "counter"
  polygon = [[0.28, 0.35], [0.95, 0.35], [0.95, 0.97], [0.28, 0.97]]
"""
PICTURES = 200


def main(out: Path) -> None:
    """Write the picture with the most confident track inside the zone."""
    config = parse_config(CONFIG, "picture")
    camera = config.cameras[0]
    detector = build_detector(config)
    run = RunKind(ids=DerivedIds("p"), boot_id="", clock_synced=lambda: True, armed="away", every_frame=True)
    pipeline, best, alarm = build_pipeline(config, camera, detector, run), 0.0, False
    with contextlib.closing(CameraProcess("room", CameraRequest(camera.source, Mode.REPLAY))) as source:
        for _ in range(PICTURES):
            frame = source.next(30.0)
            if frame is None:
                sys.exit("no picture")
            step = pipeline.step(frame)
            alarm = alarm or bool(step.events)
            tracks = [track for track in step.tracks if track.believed and track.seen and track.label == "person"]
            score = sum(track.score for track in tracks)
            if alarm and score > best:
                best, picture = score, frame.bgr()
                draw_places(picture, camera)
                for track in tracks:
                    draw_track(picture, track)
                cv2.imwrite(str(out), picture)
            source.release(frame)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

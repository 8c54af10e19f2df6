"""A drawn scene in which somebody walks through a room, as pictures, as a clip and as a script. Holds no test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from device.capture.draw import Painter
from device.capture.scene import Figure, Scene
from device.capture.scene_path import Waypoint
from device.core.frame import Frame
from device.detect.scripted import ScriptedDetector, Seen

WALK = Scene(
    width_px=320,
    height_px=240,
    fps=10.0,
    duration_s=7.0,
    figures=(Figure(id=1, path=(Waypoint(1.0, -0.1, 0.95), Waypoint(6.0, 1.1, 0.95)), height_frac=0.8),),
)
"""Five seconds from the left edge to the right one, with a second of empty room before and after."""

DASH = replace(
    WALK,
    duration_s=3.0,
    figures=(Figure(id=1, path=(Waypoint(0.3, -0.1, 0.95), Waypoint(2.6, 1.1, 0.95)), height_frac=0.8),),
)
"""The same at twice the pace, for tests that take as long as it does."""

DASH_TOML = """
width_px = 320
height_px = 240
fps = 10.0
duration_s = 3.0
[[figures]]
id = 1
path = [[0.3, -0.1, 0.95], [2.6, 1.1, 0.95]]
height_frac = 0.8
"""

CONFIG = """
[device]
id = "shop-1"
state_dir = "{state_dir}"

[detector]
model = "general-320"
max_per_s = 10.0

[[cameras]]
id = "aisle"
source = "{source}"

  [[cameras.zones]]
  id = "floor"
  polygon = [[0.2, 0.1], [0.8, 0.1], [0.8, 1.0], [0.2, 1.0]]

  [[cameras.lines]]
  id = "door"
  start = [0.5, 1.0]
  end = [0.5, 0.0]
"""


def write_config(folder: Path, *, source: str = "synthetic:", more: str = "") -> Path:
    """A configuration with one camera, a zone and a line; its state lies beside it."""
    path = folder / "shop.toml"
    # Services of tests that run side by side would quarrel over one port.
    web = "" if "[web]" in more else "\n[web]\nserve = false\n"
    path.write_text(CONFIG.format(state_dir=folder / "state", source=source) + more + web, encoding="utf-8")
    return path


def write_scene(folder: Path, *, every_s: float = 3.0) -> str:
    """The dash as a scene file, over and over, so often; its ``source`` line."""
    scene = DASH_TOML.replace("duration_s = 3.0", f"duration_s = {every_s}")
    (folder / "dash.toml").write_text(scene, encoding="utf-8")
    return f"synthetic:{folder / 'dash.toml'}?loop=1"


def frames(scene: Scene = WALK) -> Iterator[Frame]:
    """Every picture of a scene."""
    painter = Painter(scene)
    for index in range(scene.pictures):
        i420 = np.empty((scene.height_px * 3 // 2, scene.width_px), np.uint8)
        painter.draw(index, index / scene.fps, i420)
        yield Frame(index, index / scene.fps, None, i420)


def truth_detector(
    scene: Scene = WALK, score: float = 0.8, *, fade_s: float = 0.0, every: tuple[Seen, ...] = ()
) -> ScriptedDetector:
    """A detector that sees exactly who is there: well until ``fade_s``, with this score from then on.

    Args:
        scene: what there is to see.
        score: how well it sees that.
        fade_s: until when it sees everybody with 0.8.
        every: what it sees on each picture besides.
    """
    script = {}
    for index in range(scene.pictures):
        t = index / scene.fps
        now = 0.8 if t < fade_s else score
        script[index] = [*((truth.label, now, truth.box) for truth in scene.truth(t)), *every]
    return ScriptedDetector(script, ("person", "car"))


def write_clip(path: Path, scene: Scene = WALK) -> Path:
    """The scene as an MP4 that can be played up to wherever it is cut."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=round(scene.fps))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = scene.width_px, scene.height_px, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "ultrafast", "crf": "20"}
        for frame in frames(scene):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.i420, format="yuv420p")))
        container.mux(stream.encode(None))
    return path

"""Goods moved by hands alone, and bags left, in compressed files of many sizes: ``python -m bench.hands``.

The pictures are drawn and go through H.264; nobody is ever detected, so that only shelf and floor speak.
"""

import argparse
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bench.truth_expected import Expected
from bench.truth_scenes import pictures
from bench.truth_score import Tally, match, told
from device.app import RunKind, build_detector, build_pipeline
from device.capture.scene import Figure, Scene
from device.capture.scene_goods import Act, ActKind, Rack, Side
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Thing
from device.config.model import Config
from device.core.event import Event
from device.core.frame import Frame
from device.core.ids import DerivedIds
from device.detect.scripted import ScriptedDetector
from device.ports import Detector

EXAMPLES: Final = Path(__file__).parent.parent / "docs" / "examples"
SIZES: Final = ((640, 480, 10.0), (640, 480, 30.0), (1280, 720, 15.0), (1280, 720, 30.0), (320, 240, 15.0))
KINDS: Final[dict[ActKind, str]] = {"take": "item_taken", "put": "item_returned"}
HEAD: Final = "| clip | to be told | found | false |\n|-|-|-|-|"
UNCOVERED_S, LEFT_S = 1.5, 30.0
"""How soon each must be told: after the hand has gone, after the owner has."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and what is to be told of it."""

    name: str
    example: str
    scene: Scene
    expected: tuple[Expected, ...]
    kinds: frozenset[str]
    """Kinds of events that count, right or wrong."""
    table: bool = False
    """The shelf is a table whose slots are proposed, not the one that the example draws."""


def hand_clips() -> Iterator[Clip]:
    """A hand takes, puts back and touches: on a rack with drawn slots and on a table without."""
    sides: tuple[Side, ...] = ("bottom", "right", "top", "bottom", "right")
    for number, (width, height, fps) in enumerate(SIZES):
        for name, rack in (
            ("shelf", Rack("goods", (0.5, 0.2, 0.95, 0.6), rows=2, columns=5)),
            ("table", Rack("goods", (0.5, 0.6, 0.92, 0.95), rows=1, columns=4, fill_frac=0.6, level=190)),
        ):
            slots = (rack.slots - 1, 1)
            story: tuple[tuple[ActKind, int], ...] = (
                ("take", slots[0]),
                ("put", slots[0]),
                ("touch", 0),
                ("take", slots[1]),
                ("take", slots[0]),
                ("put", slots[1]),
            )
            acts = tuple(
                Act(5.0 + 4.0 * n, kind, "goods", slot, side=sides[(n + number) % 5], reach_s=0.6, hold_s=0.5)
                for n, (kind, slot) in enumerate(story)
            )
            scene = Scene(width, height, fps, 31.0, 40 + number, racks=(rack,), acts=acts)
            # The hand has gone from the place soon after it turned back.
            gone = [act.t_s + act.hold_s + 0.4 for act in acts]
            expected = tuple(
                Expected(KINDS[act.kind], act.t_s, clear, clear + UNCOVERED_S)
                for act, clear in zip(acts, gone, strict=True)
                if act.kind in KINDS
            )
            kinds = frozenset({"item_taken", "item_returned", "shelf_swept", "unpaid_exit"})
            yield Clip(f"{name} {width}x{height} at {fps:g}", "shop", scene, expected, kinds, name == "table")


def bag_clips() -> Iterator[Clip]:
    """Somebody sets a bag down, waits beside it, and goes."""
    for number, (width, height, fps) in enumerate(SIZES):
        stop = 0.3 + 0.1 * number
        came, waits = 5.0, (0.5, 4.0, 8.0, 12.0, 2.0)[number]
        path = (
            Waypoint(1.0, -0.1, 0.8),
            Waypoint(came, stop, 0.82),
            Waypoint(came + 1.0 + waits, stop + 0.005, 0.82),
            Waypoint(came + 6.0 + waits, 1.1, 0.8),
        )
        owner = Figure(1, path, 0.4, shirt=(60, 150, 100, 190, 80)[number], tint=(120, 140))
        bag = Thing(
            9, (Waypoint(came + 0.5, stop + 0.09, 0.83), Waypoint(60.0, stop + 0.09, 0.83)), (0.06, 0.1), level=50
        )
        scene = Scene(width, height, fps, 50.0, 60 + number, figures=(owner,), things=(bag,))
        gone = came + 1.0 + waits
        expected = (Expected("object_left", came, gone, gone + LEFT_S),)
        kinds = frozenset({"object_left", "object_removed", "loitering", "vehicle_in_zone", "tamper_covered"})
        yield Clip(f"yard {width}x{height} at {fps:g}", "yard", scene, expected, kinds)


def config_of(clip: Clip) -> Config:
    """The example as it stands; for a table the place of its goods is another."""
    example = tomllib.loads((EXAMPLES / f"{clip.example}.toml").read_text(encoding="utf-8"))
    if clip.table:
        polygon = [[0.48, 0.58], [0.94, 0.58], [0.94, 0.97], [0.48, 0.97]]
        example["cameras"][0]["shelves"] = [{"id": "table", "polygon": polygon, "slots": "auto"}]
    return Config.model_validate(example)


def record(
    pictures: Iterable[NDArray[np.uint8]], path: Path, *, width: int, height: int, fps: float, crf: int = 28
) -> None:
    """Write I420 pictures as H.264."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        assert isinstance(stream, VideoStream)  # noqa: S101 - what the library promises for a video encoder
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for i420 in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(i420, format="yuv420p")))
        file.mux(stream.encode(None))


def events_of(path: Path, fps: float, config: Config, detector: Detector, name: str) -> list[Event]:
    """What a replay of the file tells."""
    kind = RunKind(
        ids=DerivedIds(name), boot_id="0" * 8, clock_synced=lambda: True, armed="away", keep_candidates=False
    )
    pipeline, events = build_pipeline(config, config.cameras[0], detector, kind), list[Event]()
    with av.open(str(path)) as file:
        for seq, picture in enumerate(file.decode(video=0)):
            t, i420 = seq / fps, np.asarray(picture.to_ndarray(format="yuv420p"), dtype=np.uint8)
            events += pipeline.step(Frame(seq, t, 1795694400.0 + t, i420)).events
    return events


def count(events: list[Event], expected: Iterable[Expected], kinds: frozenset[str] | None, name: str) -> Tally:
    """What was told of these kinds, None for all, against what was to be told."""
    wanted, total = list(expected), Tally()
    for kind in sorted({each.kind for each in events} | {it.kind for it in wanted} if kinds is None else kinds):
        match(told(events, kind), [it for it in wanted if it.kind == kind], total, name)
    return total


def tell(name: str, total: Tally) -> None:
    """A line of the table, and the faults below it."""
    print(f"| {name} | {total.hits + total.missed} | {total.hits} | {total.wrong} |", flush=True)
    for fault in total.faults:
        print(f"<!-- {fault} -->")


def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipped", action="store_true", help="the shipped detector in place of none at all")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(HEAD)
    for clip in (*hand_clips(), *bag_clips()):
        if options.only not in clip.name:
            continue
        config = config_of(clip)
        detector = build_detector(config) if options.shipped else ScriptedDetector({}, labels=("person", "car"))
        scene = clip.scene
        with tempfile.TemporaryDirectory() as folder:
            path, drawn = Path(folder) / "clip.mp4", (i420 for _, i420 in pictures(scene))
            record(drawn, path, width=scene.width_px, height=scene.height_px, fps=scene.fps)
            events = events_of(path, scene.fps, config, detector, clip.name)
        total = count(events, clip.expected, clip.kinds, clip.name)
        tell(clip.name, total)


if __name__ == "__main__":
    main()

"""Scene files with their truth, each as many scenes as there are seeds. Runs no rule."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.truth_expected import STEP_S, Expected
from bench.truth_walk import walked
from device.capture.draw import Painter
from device.capture.scene import Figure, Light, Scene
from device.capture.scene_file import scene_of
from device.capture.scene_goods import Act, Rack, Stock
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Shade, Thing
from device.config.cameras import CameraTable
from device.config.model import Config
from device.config.staff import StaffTable
from device.detect.scripted import Seen

Moving = TypeVar("Moving", Figure, Thing, Shade)
FOLDER = Path(__file__).parent.parent / "tests" / "truth"
GOODS_KINDS = {"take": "item_taken", "put": "item_returned"}
CONTACT_SLACK_S = 1.5
"""How far ``t_start`` may be from the hand's contact."""


@dataclass(frozen=True, slots=True)
class Case:
    """One scene of one seed."""

    name: str
    seed: int
    scene: Scene
    camera: CameraTable
    expected: tuple[Expected, ...]
    blind: tuple[tuple[int, float, float], ...]
    """Figures that the detector does not see, from when to when, s."""
    wall_zero: float = 0.0
    """Unix time at the beginning, s."""
    staff: StaffTable | None = None
    """Whose clothes tell that they are staff, where they do."""

    def config(self, **camera: Any) -> Config:
        """A device with its camera, with keys of it changed."""
        document = {
            "device": {"id": "truth", "state_dir": "out/truth"},
            "cameras": [{**self.camera.model_dump(), **camera}],
            "staff": self.staff.model_dump() if self.staff else None,
            "arming": {"timezone": "Europe/Zurich", "holidays": ["2026-12-25"]},
        }
        return Config.model_validate(document)

    def script(self) -> dict[int, list[Seen]]:
        """What a usual detector would find: boxes a little off, some missed."""
        rng = np.random.default_rng((self.seed, 5))
        found: dict[int, list[Seen]] = {}
        for seq in range(self.scene.pictures):
            t = seq / self.scene.fps
            for truth in self.scene.truth(t):
                hidden = any(truth.id == id_ and start <= t <= end for id_, start, end in self.blind)
                off, score, missed = rng.normal(0.0, 0.015, 4), rng.uniform(0.6, 0.9), rng.uniform() < 0.05
                if hidden or missed:
                    continue
                x1, y1, x2, y2 = truth.box
                size = np.array([x2 - x1, y2 - y1, x2 - x1, y2 - y1])
                box = np.clip(np.array(truth.box) + off * size, 0.0, 1.0)
                found.setdefault(seq, []).append(
                    (truth.label, float(score), (float(box[0]), float(box[1]), float(box[2]), float(box[3])))
                )
        return found


def pictures(scene: Scene) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """All of a scene, drawn: the number of each, and an I420 picture that is the taker's."""
    painter = Painter(scene)
    for seq in range(scene.pictures):
        i420 = np.empty((scene.height_px * 3 // 2, scene.width_px), np.uint8)
        painter.draw(seq, seq / scene.fps, i420)
        yield seq, i420


def load(path: Path, seed: int) -> Case:
    """Read a scene file and let a seed change what a seed may change."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rng = np.random.default_rng((seed, *path.stem.encode()))
    pace = float(rng.uniform(0.92, 1.1))
    scene = _varied(scene_of(table["scene"], str(path)), pace, seed, rng)
    camera = CameraTable.model_validate({"id": "truth", "source": "synthetic:", **table["camera"]})
    staff = frozenset(table.get("staff", ()))
    told = tuple(
        Expected(e["kind"], e["t_s"] * pace, e["t_s"] * pace, (e["t_s"] + e["within_s"]) * pace)
        for e in table.get("expect", ())
    )
    blind = tuple((b["figure"], b["from_s"] * pace, b["to_s"] * pace) for b in table.get("blind", ()))
    return Case(
        path.stem, seed, scene, camera, (*told, *_moved(scene, staff), *walked(scene, camera)), blind, _start(table)
    )


def _start(table: dict[str, Any]) -> float:
    return datetime.fromisoformat(table.get("start", "2026-11-27T12:00:00+00:00")).timestamp()


def _moved(scene: Scene, staff: frozenset[int]) -> tuple[Expected, ...]:
    """What the acts of a scene make true of its shelves."""
    found, moved = [], [act for act, _ in Stock(scene.racks, scene.acts).moved()]
    for act in moved:
        if act.figure and act.figure in staff:
            continue
        clear = _clear(scene, act)
        again = any(_same_slot(other, act) and act.t_moves < other.t_s < clear + 1.0 for other in scene.acts)
        # What had gone behind the same back and is there again was never seen to be away.
        unseen = any(_same_slot(other, act) and other.t_s < act.t_s <= _clear(scene, other) for other in moved)
        hidden = again or unseen or clear > scene.duration_s - 1.5
        found.append(Expected(GOODS_KINDS[act.kind], act.t_s, clear, clear + 6.0, optional=hidden))
    return tuple(found)


def _clear(scene: Scene, act: Act) -> float:
    """When nobody's body or hand is before the slot any more."""
    rack = next(rack for rack in scene.racks if rack.id == act.rack)
    x1, y1, x2, y2 = rack.slot_box(act.slot)
    t = act.t_moves
    while t < scene.duration_s:
        bodies = [box for figure in scene.figures if (box := scene.whole_box(figure, t)) is not None]
        # A drawn body with its arms fills nine tenths of its box.
        covered = any(
            b[0] + 0.05 * (b[2] - b[0]) < x2 and b[2] - 0.05 * (b[2] - b[0]) > x1 and b[1] < y2 and b[3] > y1
            for b in bodies
        )
        hands = any(other.reached(t) > 0.45 for other in scene.acts if _same_slot(other, act))
        if not covered and not hands:
            return t
        t += STEP_S
    return scene.duration_s


def _same_slot(other: Act, act: Act) -> bool:
    return other.kind != "hide" and (other.rack, other.slot) == (act.rack, act.slot)


def _varied(scene: Scene, pace: float, seed: int, rng: np.random.Generator) -> Scene:
    """The same story at another pace, in other clothes and light, with other goods, through another lens."""
    jitter = tuple(float(value) for value in rng.uniform(-0.006, 0.006, 2))
    return replace(
        scene,
        seed=seed * 1009 + 17,
        duration_s=scene.duration_s * pace,
        noise=max(scene.noise, int(rng.integers(1, 6))) if scene.noise == 3 else scene.noise,
        jpeg_q=scene.jpeg_q or int(rng.choice([0, 0, 4, 10])),
        shake_px=scene.shake_px or int(rng.choice([0, 0, 1])),
        figures=tuple(_dressed(figure, pace, rng) for figure in scene.figures),
        lights=(
            Light(t_s=0.0, gain=(light := float(rng.uniform(0.75, 1.1)))),
            *(
                replace(each, t_s=each.t_s * pace, gain=each.gain * light, ramp_s=each.ramp_s * pace)
                for each in scene.lights
            ),
        ),
        racks=tuple(_placed(rack, jitter) for rack in scene.racks),
        acts=tuple(
            replace(act, t_s=act.t_s * pace, reach_s=act.reach_s * pace, hold_s=act.hold_s * pace) for act in scene.acts
        ),
        things=tuple(_slowed(thing, pace) for thing in scene.things),
        shades=tuple(_slowed(shade, pace) for shade in scene.shades),
        tampers=tuple(replace(it, t_s=it.t_s * pace, until_s=it.until_s * pace) for it in scene.tampers),
    )


def _dressed(figure: Figure, pace: float, rng: np.random.Generator) -> Figure:
    shirt, trousers, u, v = (int(value) for value in rng.integers((45, 35, 100, 100), (200, 110, 157, 157)))
    height = figure.height_frac * float(rng.uniform(0.95, 1.05))
    slowed: Figure = _slowed(figure, pace)
    return replace(slowed, shirt=shirt, trousers=trousers, tint=(u, v), height_frac=height)


def _slowed(moving: Moving, pace: float) -> Moving:
    return replace(moving, path=tuple(Waypoint(p.t_s * pace, p.x_frac, p.y_frac) for p in moving.path))


def _placed(rack: Rack, jitter: tuple[float, ...]) -> Rack:
    x1, y1, x2, y2 = rack.box
    return replace(rack, box=(x1 + jitter[0], y1 + jitter[1], x2 + jitter[0], y2 + jitter[1]))

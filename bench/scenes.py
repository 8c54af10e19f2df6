"""Scenes to follow people in: simulated ones and clips with truth, at any rate. Does not run trackers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.eye import Eye
from bench.world import STEP_S, Plan, Post, Sign, View, live
from device.core.detections import Detections
from device.core.motion import Motion

STREET = View(size=(640, 480), horizon_px=110.0, camera_height_m=2.4, scale_px_m=2200.0, near_m=6.0, far_m=16.0)
SHOP = View(size=(640, 480), horizon_px=-60.0, camera_height_m=2.9, scale_px_m=1600.0, near_m=3.0, far_m=8.0)
PLANS = (
    Plan("mast", posts=(Post(365, 392, 470),), people=6.5),
    Plan("crowd", posts=(Post(365, 392, 470),), people=9.0, group_share=0.5),
    Plan("waiting", people=6.0, wait_share=0.9, wait_s=(6.0, 25.0)),
    Plan(
        "square",
        posts=(Post(365, 385, 470), Post(600, 650, 280), Post(0, 150, 400, 360)),
        people=7.0,
        group_share=0.5,
        wait_share=0.5,
        ghosts=2,
        standing=3,
    ),
    Plan("doubtful", people=7.0, standing=4, wait_share=0.8, wait_s=(5.0, 20.0), shy=1.5, fickle=0.9),
    Plan(
        "signs",
        signs=(
            Sign(-3.5, 20.0, 0.6, 1.0, -0.5),
            Sign(2.5, 17.5, 0.5, 0.9, -0.2),
            Sign(4.5, 25.0, 0.6, 1.0, -1.0),
            Sign(-1.5, 27.0, 0.5, 0.9, -1.4),
            Sign(0.0, 22.0, 0.5, 1.1, -0.7),
        ),
        people=6.0,
        wait_s=(2.0, 8.0),
        ghosts=0,
    ),
    Plan("street", STREET, people=5.0, ghosts=2),
    Plan("shop", SHOP, posts=(Post(200, 260, 330),), people=3.0, wait_share=0.9, ghosts=2),
)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture: what was found in it and what is there."""

    number: int
    """Of the picture in its clip, from 1."""
    t: float
    detections: Detections
    motion: Motion | None
    ids: tuple[int, ...]
    boxes: NDArray[np.float64]
    """(N, 4) of the truth: x1, y1, x2, y2 in px."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A run of looks."""

    name: str
    rate: float
    """Looks a second."""
    looks: tuple[Look, ...]

    def thinned(self, rate: float) -> "Scene":
        """The same with fewer looks a second."""
        step = max(1, round(self.rate / rate))
        return replace(self, rate=self.rate / step, looks=self.looks[::step])


def simulated(plan: Plan, seed: int) -> Scene:
    """Let a plan happen and look at it."""
    eye = Eye(plan, seed + 1000)
    width, height = plan.view.size
    looks = []
    for number, moment in enumerate(live(plan, seed), 1):
        truth = np.clip(moment.boxes, 0.0, [width, height, width, height])
        looks.append(Look(number, moment.t, eye.look(moment), eye.motion(moment), moment.ids, truth))
    return Scene(plan.name, 1.0 / STEP_S, tuple(looks))

"""Real packages on a drawn shelf that a drawn arm takes, puts back and touches. Judges nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.collage_clip import Collage
from bench.cutouts import HEIGHT, WIDTH, Cutout, Picture, packages
from bench.hands import UNCOVERED_S
from bench.truth_expected import Expected
from device.config.model import Config

GOODS_KINDS: Final = frozenset(
    {"item_taken", "item_returned", "shelf_swept", "shelf_low", "tamper_covered", "tamper_moved"}
)
_SHELF: Final = (130, 70, 530, 350)
"""Where the shelf stands: x1, y1, x2, y2 in px."""
_ROWS, _COLUMNS = 2, 4
_SHADE: Final = np.array((14.0, 18.0))
"""Where the shadow of an arm falls, px from it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How an arm comes to the goods."""

    side: str = "bottom"
    hold_s: float = 0.6
    shake_px: float = 0.0
    shadow: bool = True
    drift: float = 0.12
    flicker: float = 0.01
    fps: float = 15.0
    crf: int = 28


REACHES: Final = {
    "below": Reach(),
    "beside, shaking": Reach(side="right", shake_px=1.2),
    "compressed": Reach(crf=34, flicker=0.03, fps=10.0),
    "resting": Reach(hold_s=1.5, shadow=False, drift=0.25),
}
_STORY: Final = (
    (8.0, "take", 5),
    (19.0, "take", 2),
    (30.0, "put", 5),
    (40.0, "take", 6),
    (49.0, "put", 2),
    (56.0, "touch", 1),
)
"""When, what, and which of the goods."""


def goods_clips(data: Path, seed: int) -> Iterator[Collage]:
    """Each way to reach, with drawn slots and with slots that are proposed."""
    for name, reach in REACHES.items():
        gone_s = reach.hold_s / 2 + 0.55
        kinds = {"take": "item_taken", "put": "item_returned"}
        expected = tuple(
            Expected(kinds[act], t, t + gone_s, t + gone_s + UNCOVERED_S) for t, act, _ in _STORY if act in kinds
        )
        for slots in ({"rows": _ROWS, "columns": _COLUMNS}, "auto"):
            how = "proposed" if slots == "auto" else "drawn"
            yield Collage(
                f"goods {seed}, {name}, slots {how}", _shelf_config(slots), reach.fps, reach.crf,
                partial(_reaching, data, seed, reach), expected, GOODS_KINDS,
            )  # fmt: skip


def _shelf_config(slots: object) -> Config:
    x1, y1, x2, y2 = (edge / size for edge, size in zip(_SHELF, (WIDTH, HEIGHT) * 2, strict=True))
    shelf = {"id": "goods", "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]], "slots": slots}
    camera = {"id": "shelf", "source": "synthetic:", "shelves": [shelf]}
    return Config.model_validate(
        {
            "device": {"id": "collage", "state_dir": "out/state"},
            "detector": {"model": "general-416"},
            "cameras": [camera],
        }
    )


def _reaching(data: Path, seed: int, reach: Reach) -> Iterator[Picture]:
    rng = np.random.default_rng(seed)
    boards, goods = _boards(rng), packages(data / "groceries_boxes", rng, _ROWS * _COLUMNS)
    places = [_stand(goods, number, rng) for number in range(len(goods))]
    arm = _Arm(rng, reach)
    there = [True] * len(goods)
    for n in range(round(62.0 * reach.fps)):
        t, held, near, target = n / reach.fps, None, 0.0, (0.0, 0.0)
        for t_act, act, which in _STORY:
            if abs(t - t_act) >= reach.hold_s + 1.0:
                continue
            x, y, width, height = places[which]
            near = max(0.0, 1.0 - max(0.0, abs(t - t_act) - reach.hold_s / 2) / 0.8)
            target = (x + width / 2, y + height * 0.55)
            if act != "touch":
                there[which] = (t < t_act) == (act == "take")
                held = None if there[which] else goods[which]
        picture = boards.copy()
        for stands, item, (x, y, width, height) in zip(there, goods, places, strict=True):
            if stands:
                picture[y : y + height, x : x + width] = item
        if near > 0.01:
            picture = arm.drawn(picture, target, near, held)
        yield _filmed(picture, t, reach, rng)


def _boards(rng: np.random.Generator) -> Picture:
    x1, y1, x2, y2 = _SHELF
    wall = rng.normal(0.0, 12.0, (30, 40, 3)).astype(np.float32)
    picture = 150.0 + cv2.resize(wall, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    picture[y1:y2, x1:x2] = cv2.resize(rng.normal(60.0, 6.0, (10, 14, 3)).astype(np.float32), (x2 - x1, y2 - y1))
    picture[y1 - 10 : y1, x1 - 6 : x2 + 6] = (150, 150, 155)
    row = (y2 - y1) // _ROWS
    for number in range(1, _ROWS + 1):
        picture[y1 + number * row - 12 : y1 + number * row, x1 - 6 : x2 + 6] = (170, 175, 180)
    return np.asarray(picture, dtype=np.float32)


def _stand(goods: list[Picture], number: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Bring a package to its size and say where it stands: x, y, width, height in px."""
    x1, y1, x2, y2 = _SHELF
    row, column = divmod(number, _COLUMNS)
    height = int(rng.integers(86, 112))
    width = min(max(int(height * goods[number].shape[1] / goods[number].shape[0]), 44), 84)
    goods[number] = np.asarray(cv2.resize(goods[number], (width, height), interpolation=cv2.INTER_AREA), np.float32)
    middle = x1 + int((column + 0.5) * (x2 - x1) / _COLUMNS) + int(rng.integers(-4, 5))
    return middle - width // 2, y1 + (row + 1) * ((y2 - y1) // _ROWS) - 12 - height, width, height


class _Arm:
    """Skin, a sleeve, a shadow; it comes from outside the picture."""

    _SKIN = np.array((120, 150, 205), np.float32)

    def __init__(self, rng: np.random.Generator, reach: Reach) -> None:
        self._reach = reach
        self._sleeve = rng.integers(40, 160, 3).astype(np.float32)
        self._cloth = cv2.resize(rng.normal(0.0, 10.0, (60, 80)).astype(np.float32), (WIDTH, HEIGHT))[..., None]

    def drawn(self, picture: Picture, target: tuple[float, float], near: float, held: Picture | None) -> Picture:
        """The picture with the arm so far on its way, 0..1, and what it holds in its hand."""
        below = self._reach.side == "bottom"
        start = np.array((target[0] + 60, HEIGHT + 150) if below else (WIDTH + 180, target[1] + 60))
        hand = start + (np.array(target) - start) * near
        along = (start - hand) / max(float(np.linalg.norm(start - hand)), 1.0)
        wrist = hand + along * 55
        if self._reach.shadow:
            shade = cv2.GaussianBlur(_stroke(hand + _SHADE, start + _SHADE, 54), (0, 0), 12.0)
            picture = picture * (1.0 - 0.3 * shade[..., None])
        if held is not None:
            foot = (float(hand[0]), float(hand[1]) + held.shape[0] * 0.45)
            Cutout(held, np.ones(held.shape[:2], np.float32)).put(picture, foot, held.shape[0])
        sleeve, skin = _stroke(wrist, start, 44), _stroke(hand, wrist, 26)
        turned = float(np.degrees(np.arctan2(along[1], along[0])))
        cv2.ellipse(skin, _whole(hand), (20, 15), turned, 0, 360, 1.0, -1, cv2.LINE_AA)
        picture = picture * (1.0 - sleeve[..., None]) + sleeve[..., None] * (self._sleeve + self._cloth)
        return np.asarray(picture * (1.0 - skin[..., None]) + skin[..., None] * (self._SKIN + 0.6 * self._cloth))


def _stroke(start: NDArray[Any], end: NDArray[Any], width: int) -> NDArray[np.float32]:
    line = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.line(line, _whole(start), _whole(end), 1.0, width, cv2.LINE_AA)
    return line


def _whole(at: NDArray[Any]) -> tuple[int, int]:
    return int(at[0]), int(at[1])


def _filmed(picture: Picture, t: float, reach: Reach, rng: np.random.Generator) -> Picture:
    picture = picture * (1.0 + reach.drift * np.sin(t / 17) + reach.flicker * np.sin(9.1 * t))
    if reach.shake_px:
        dx, dy = reach.shake_px * np.sin(5.1 * t) * np.sin(0.7 * t), reach.shake_px * np.sin(3.7 * t)
        swing = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        swung = cv2.warpAffine(picture, swing, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        picture = np.asarray(swung, dtype=np.float32)
    return np.asarray(picture + rng.normal(0.0, 3.0, picture.shape), dtype=np.float32)

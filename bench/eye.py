"""Looks at a simulated square as the shipped detector would: with its misses, jitter and ghosts. Makes no pictures."""

import numpy as np

from bench.world import STEP_S, Floats, Moment, Plan
from device.core.detections import Detections
from device.core.motion import Motion

_LOOK_SIZE = 24
_PARTS = 2
"""Boxes around a part of a person, or around a person and something beside them, that come and go with each."""
_GRID = (120, 160)
_FLOOR = 0.15
_ABSORBED_S = 12.0
_SWAY_S, _STIRS = 0.7, 0.12
"""Who stands stirs: a part of the box that comes and goes so fast changes, on the mean about so much. On clips of
people who stand at a table it is .05 or more in 60 to 97 % of looks."""
_SAME = 0.6
"""Of two boxes that overlap more than this the better one is kept, as in the detector."""


class Wander:
    """Random values that change slowly: normal, with a time constant."""

    def __init__(self, rng: np.random.Generator, count: int, constant_s: float) -> None:
        self._rng = rng
        self._keep = float(np.exp(-STEP_S / constant_s))
        self.value = rng.normal(0.0, 1.0, count)

    def step(self) -> Floats:
        """The next values."""
        self.value = self._keep * self.value + np.sqrt(1.0 - self._keep**2) * self._rng.normal(
            0.0, 1.0, len(self.value)
        )
        return self.value


class Eye:
    """Keeps what makes one person easy and another hard to find."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._rng = np.random.default_rng(seed)
        self._common_look = self._rng.dirichlet(np.full(_LOOK_SIZE, 2.0))
        self._sway_rng = np.random.default_rng(seed + 500)
        self._sway: dict[int, Wander] = {}
        self._ease: dict[int, Wander] = {}
        self._jitter: dict[int, Wander] = {}
        self._looks: dict[int, Floats] = {}
        self._part_score: dict[int, Wander] = {}
        self._part_shape: dict[int, Floats] = {}
        self._ghost_boxes = np.array([self._ghost() for _ in range(plan.ghosts)]).reshape(-1, 4)
        self._ghost_score = Wander(self._rng, plan.ghosts, 4.0)
        self._ghost_looks = [self._new_look() for _ in range(plan.ghosts)]
        self._sign_score = Wander(self._rng, len(plan.signs), 4.0)
        self._sign_looks = [self._new_look() for _ in plan.signs]

    def look(self, moment: Moment) -> Detections:
        """What the detector says."""
        found = [*self._people(moment), *self._scenery(), *self._signs(moment), *self._blips()]
        found += self._doubles(moment)
        found = [item for item in found if item[1] >= _FLOOR]
        found.sort(key=lambda item: -item[1])
        kept: list[tuple[Floats, float, Floats]] = []
        for item in found:
            if all(_iou(item[0], other[0]) <= _SAME for other in kept):
                kept.append(item)
        return _detections(kept, self._plan.view.size)

    def motion(self, moment: Moment) -> Motion:
        """What the gate says: everybody who is not yet part of the scene, and of the others what stirs."""
        mask = np.zeros(_GRID, dtype=np.bool_)
        width, height = self._plan.view.size
        for person, (x1, y1, x2, y2), still_s in zip(moment.ids, moment.boxes, moment.still_s, strict=True):
            inset = 0.15 * (x2 - x1)
            columns = [int(np.clip(x / width * _GRID[1], 0, _GRID[1])) for x in (x1 + inset, x2 - inset)]
            if person not in self._sway:
                self._sway[person] = Wander(self._sway_rng, 1, _SWAY_S)
            stirs = float(np.clip(_STIRS + _STIRS * self._sway[person].step()[0], 0.0, 1.0))
            came = still_s < min(_ABSORBED_S, moment.t - STEP_S / 2) or still_s == 0.0
            rows = [
                int(np.clip(y / height * _GRID[0], 0, _GRID[0])) for y in (y1, y2 if came else y1 + stirs * (y2 - y1))
            ]
            mask[rows[0] : rows[1], columns[0] : columns[1]] = True
        return Motion(open=True, area_frac=float(mask.mean()), mask=mask, scene_change=False)

    def _people(self, moment: Moment) -> list[tuple[Floats, float, Floats]]:
        found = []
        for i, person in enumerate(moment.ids):
            if person not in self._ease:
                self._ease[person] = Wander(self._rng, 1, 0.8)
                self._jitter[person] = Wander(self._rng, 4, 0.5)
                self._looks[person] = self._new_look()
                self._part_score[person] = Wander(self._rng, _PARTS, 0.4)
                self._part_shape[person] = self._rng.uniform(_PART_LEAST, _PART_MOST, (_PARTS, 4))
            height = moment.boxes[i, 3] - moment.boxes[i, 1]
            ease, jitter = self._ease[person].step()[0], self._jitter[person].step()
            hidden = 1.0 - moment.visible[i]
            shy = self._plan.shy if moment.still_s[i] > 0.0 else 0.0
            logit = (
                _clear_logit(height) + self._plan.fickle * ease - shy + self._rng.normal(0.0, 0.3) - 4.0 * hidden**1.5
            )
            whole = self._rng.random() < 0.5
            box = moment.boxes[i] if whole else moment.shown[i]
            box = box + height * (0.03 * jitter + self._rng.normal(0.0, 0.03, 4)) * _EDGES
            look = self._blur_look(self._looks[person], hidden)
            found.append((box, _sigmoid(logit), look))
        return found

    def _scenery(self) -> list[tuple[Floats, float, Floats]]:
        wander = self._ghost_score.step()
        return [
            (box + self._rng.normal(0.0, 0.8, 4), _sigmoid(-0.5 + 0.25 * z), self._blur_look(look, 0.0))
            for box, z, look in zip(self._ghost_boxes, wander, self._ghost_looks, strict=True)
        ]

    def _signs(self, moment: Moment) -> list[tuple[Floats, float, Floats]]:
        """Scenery that people stand before: the more of it they hide, the less it is found."""
        found = []
        wander = self._sign_score.step()
        for sign, z, look in zip(self._plan.signs, wander, self._sign_looks, strict=True):
            box = sign.box(self._plan.view)
            hidden = max((_part_of(box, near) for near in moment.boxes if near[3] > box[3]), default=0.0)
            score = _sigmoid(sign.logit + 0.25 * z - 4.0 * hidden**1.5)
            found.append((box + self._rng.normal(0.0, 0.8, 4), score, self._blur_look(look, hidden)))
        return found

    def _blips(self) -> list[tuple[Floats, float, Floats]]:
        if self._rng.random() > 0.12:
            return []
        return [(self._ghost(), self._rng.uniform(0.2, 0.65), self._new_look())]

    def _doubles(self, moment: Moment) -> list[tuple[Floats, float, Floats]]:
        """One box around two people, and others around parts of one."""
        found = []
        for i, person in enumerate(moment.ids):
            a = moment.boxes[i]
            size = np.tile(a[2:] - a[:2], 2)
            scores = self._part_score[person].step() - 1.9 - 4.0 * (1.0 - moment.visible[i]) ** 1.5
            for shape, logit in zip(self._part_shape[person], scores, strict=True):
                box = a + size * (shape + self._rng.normal(0.0, 0.03, 4))
                found.append((box, _sigmoid(logit), self._blur_look(self._looks[person], 0.3)))
            for b in moment.boxes[i + 1 :]:
                if self._rng.random() < 0.08 and _iou(a, b) > 0.1:
                    both = np.concatenate((np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])))
                    found.append((both, self._rng.uniform(0.25, 0.65), self._blur_look(self._looks[person], 0.5)))
        return found

    def _ghost(self) -> Floats:
        view = self._plan.view
        depth = self._rng.uniform(view.near_m, view.far_m)
        across = self._rng.uniform(-0.9, 0.9) * view.side_m(depth)
        return view.box(across, depth, self._rng.uniform(0.4, 0.8), self._rng.uniform(0.6, 1.1))

    def _new_look(self) -> Floats:
        """Clothes are more alike than not."""
        return np.asarray(0.25 * self._common_look + 0.75 * self._rng.dirichlet(np.full(_LOOK_SIZE, 0.7)))

    def _blur_look(self, look: Floats, hidden: float) -> Floats:
        share = min(0.8, self._rng.uniform(0.0, 0.5) + 0.6 * hidden)
        return np.asarray((1.0 - share) * look + share * self._new_look())


def _detections(found: list[tuple[Floats, float, Floats]], size: tuple[int, int]) -> Detections:
    scale = np.array([*size, *size], dtype=np.float64)
    boxes = np.clip(np.array([box for box, _, _ in found]).reshape(-1, 4) / scale, 0.0, 1.0)
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2])
    looks = np.sqrt(np.array([look for _, _, look in found]).reshape(-1, _LOOK_SIZE))
    looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
    return Detections(
        boxes=boxes.astype(np.float32),
        scores=np.array([score for _, score, _ in found], dtype=np.float32),
        classes=np.zeros(len(found), dtype=np.intp),
        labels=("person",),
        size=size,
        appearance=looks.astype(np.float32),
    )


_EDGES = np.array([1.0, 1.2, 1.0, 0.8])
"""How unsteady left, top, right and lower edge are beside one another."""
_PART_LEAST, _PART_MOST = np.array([-0.5, -0.1, -0.4, -0.6]), np.array([0.4, 0.3, 0.5, 0.1])
"""Where edges of such boxes lie, in widths and heights from the person's own."""


def _clear_logit(height_px: float) -> float:
    """Of the mean score of somebody whom nothing hides: small people are found with less certainty."""
    return float(np.clip(1.6 + 0.02 * (height_px - 60.0), 0.4, 2.0))


def _sigmoid(logit: float) -> float:
    return float(min(0.92, 1.0 / (1.0 + np.exp(-logit))))


def _part_of(a: Floats, b: Floats) -> float:
    """Part of a that lies within b."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    return float(np.prod(np.maximum(high - low, 0.0)) / np.prod(a[2:] - a[:2]))


def _iou(a: Floats, b: Floats) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.prod(np.maximum(high - low, 0.0)))
    return shared / max(1e-9, float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - shared)

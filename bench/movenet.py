"""Concealment with MoveNet in place of the pose network that ships, by looks, and what each costs.

    python -m bench.movenet --data DIR --networks NETWORKS [--looks FILE]

DIR as for ``bench.staged_theft``, NETWORKS as ``bench.movenet_convert`` writes them. Boxes, times and bags are those of
the looks that ship; only the joints are found anew.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.movenet_convert import HEADS, input_of
from bench.staged_theft import CONFIG, PEOPLE, held_out
from device.core.concealment.body import Body, BodyLook
from device.core.cutout import around, cut
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.pose import Pose
from device.detect.litert import runtime_module
from device.detect.pose import MARGIN, open_pose
from device.detect.shipped import find_shipped
from device.ports import PoseFinder
from training.concealment.clips import Clip, frames_of, read_clips
from training.concealment.commands import Looks, goods_of, look_at
from training.concealment.crossval import auc, group_folds, middle_of_draws
from training.concealment.fit import windows_of
from training.floatrun import FloatInput

_KNOWN = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow",
    "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle",
    "right ankle",
)  # fmt: skip
_FINGERS = (("left index", "left wrist"), ("right index", "right wrist"))
"""It has no fingers: the reasons, which ask for them, get the wrist."""
NAMES = (*_KNOWN, *(finger for finger, _ in _FINGERS))
_ROWS = [*range(len(_KNOWN)), *(_KNOWN.index(wrist) for _, wrist in _FINGERS)]

HEAD = "| pose network | by takes | against what ships | by people | against | CPU of a run |\n|-|-|-|-|-|-|\n"

Floats = NDArray[np.float32]


class MoveNet:
    """A ``PoseFinder``."""

    def __init__(self, folder: Path, name: str, kind: str) -> None:
        """``name``: lightning or thunder; ``kind``: float or int8."""
        module, _ = runtime_module("auto")
        self._interpreter = module.Interpreter(str(folder / f"{name}-{kind}.tflite"), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = dict(zip(HEADS, self._interpreter.get_output_details(), strict=True))
        self._fill = FloatInput(input_of(name)).fill
        with np.load(folder / f"{name}.npz") as kept:
            self._of = {key: np.squeeze(kept[key]) for key in kept}
        self.invoke_s = list[float]()

    def pose(self, frame: Frame, person: Box) -> Pose:
        """The joints of the person in that box."""
        size = (frame.width, frame.height)
        window = around(person, size, MARGIN, square=True)
        found = self.points(self._fill(cut(frame, window).bgr())[0])[_ROWS]
        inside = found[:, 1::-1] * (window.width, window.height)
        corner = np.array((window.left, window.top))
        points = (corner + inside) / size
        return Pose(NAMES, points.astype(np.float32), found[:, 2], float(found[:, 2].mean()))

    def points(self, picture: Floats) -> Floats:
        """(17, 3) y, x in fractions of a normalised picture, and score."""
        self._interpreter.set_tensor(self._input["index"], _levels(picture, self._input))
        before = time.process_time()
        self._interpreter.invoke()
        self.invoke_s.append(time.process_time() - before)
        head = {key: self._value(details) for key, details in self._outputs.items()}
        side = len(self._of["rows"])
        likely = _sigmoid(head["centre"][..., 0]) * self._of["from_middle"]
        middle = np.array(divmod(int(likely.argmax()), side))
        roughly = middle + head["reach"][tuple(middle)].reshape(-1, 2)
        heat = _sigmoid(head["heat"])
        apart = np.hypot(self._of["rows"][..., None] - roughly[:, 0], self._of["columns"][..., None] - roughly[:, 1])
        y, x = np.divmod((heat / (apart + self._of["softness"])).reshape(side * side, -1).argmax(axis=0), side)
        each = np.arange(len(_KNOWN))
        exactly = head["offset"][y, x].reshape(len(each), len(each), 2)[each, each]
        places = (np.stack([y, x], axis=1) + exactly) * self._of["cell"]
        return np.concatenate([places, heat[y, x, each][:, None]], axis=1).astype(np.float32)

    def close(self) -> None:
        """Nothing is held that needs it."""

    def _value(self, details: dict[str, Any]) -> Floats:
        value, (scale, zero_point) = self._interpreter.get_tensor(details["index"])[0], details["quantization"]
        return value if value.dtype == np.float32 else ((value.astype(np.float32) - zero_point) * scale)


class Shipped:
    """The pose network that ships, with its runs timed."""

    def __init__(self) -> None:
        path = find_shipped("pose-256")
        if path is None:
            raise FileNotFoundError("pose-256")
        self._pose = open_pose(path, threads=1)
        self.invoke_s = list[float]()
        network: Any = self._pose._network  # only here can the bare run be timed
        network._interpreter = _Timed(network._interpreter, self.invoke_s)

    def pose(self, frame: Frame, person: Box) -> Pose:
        """The joints of the person in that box."""
        return self._pose.pose(frame, person)

    def close(self) -> None:
        """Let go of the interpreter."""
        self._pose.close()


class _Timed:
    def __init__(self, interpreter: Any, invoke_s: list[float]) -> None:
        self._interpreter, self._invoke_s = interpreter, invoke_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._interpreter, name)

    def invoke(self) -> None:
        before = time.process_time()
        self._interpreter.invoke()
        self._invoke_s.append(time.process_time() - before)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--networks", type=Path, required=True)
    parser.add_argument("--looks", type=Path)
    asked = parser.parse_args()
    clips, goods = read_clips(asked.data), goods_of(CONFIG)
    looks = look_at(clips, goods, asked.looks)
    finders: dict[str, MoveNet | Shipped] = {"pose-256, as it ships": Shipped()}
    for name, kind in (("lightning", "int8"), ("lightning", "float"), ("thunder", "int8"), ("thunder", "float")):
        finders[f"MoveNet {name}, {kind}"] = MoveNet(asked.networks, name, kind)
    anew = _anew(clips, looks, finders)
    theft, takes = np.array([clip.theft for clip in clips]), [clip.group for clip in clips]
    people = [PEOPLE.get(take, take) for take in takes]
    folds = (group_folds(takes), np.unique(people, return_inverse=True)[1])
    first, found = next(iter(finders)), dict[str, list[NDArray[np.float64]]]()
    sys.stdout.write(HEAD)
    for name, finder in finders.items():
        windows = windows_of(clips, anew[name], goods)
        found[name] = [held_out(windows, theft, fold) for fold in folds]
        cells = [
            f"{auc(scores, theft):.3f} | {_difference(scores, other, theft, groups)}"
            for scores, other, groups in zip(found[name], found[first], (takes, people), strict=True)
        ]
        ratio = median(finder.invoke_s) / median(finders[first].invoke_s)
        sys.stdout.write(f"| {name} | {' | '.join(cells)} | {ratio:.2f} |\n")
    return 0


def _anew(clips: Sequence[Clip], looks: Looks, finders: dict[str, Any]) -> dict[str, Looks]:
    """The same looks with the joints of each network, which take turns at each."""
    found: dict[str, Looks] = {name: {clip.name: [] for clip in clips} for name in finders}
    with contextlib.ExitStack() as opened:
        for finder in finders.values():
            opened.callback(finder.close)
        for number, clip in enumerate(clips, start=1):
            for frame in frames_of(clip.path):
                for look in (look for look in looks[clip.name] if abs(look.t - frame.t) < 1e-6):
                    for name, finder in finders.items():
                        found[name][clip.name].append(_with(look, finder, frame))
            sys.stderr.write(f"\r{number} of {len(clips)} clips")
    sys.stderr.write("\n")
    return found


def _with(look: BodyLook, finder: PoseFinder, frame: Frame) -> BodyLook:
    return BodyLook(look.track, look.t, look.box, look.size, Body(finder.pose(frame, look.box), look.body.bags))


def _difference(
    scores: NDArray[np.float64], other: NDArray[np.float64], theft: NDArray[np.bool_], groups: Sequence[str]
) -> str:
    """Of two areas, with the middle 95 % when the same whole groups are drawn again for both."""
    low, high = middle_of_draws(
        lambda again: auc(scores[again], theft[again]) - auc(other[again], theft[again]), groups
    )
    return f"{auc(scores, theft) - auc(other, theft):+.3f} ({low:+.3f} to {high:+.3f})"


def _levels(picture: Floats, details: dict[str, Any]) -> NDArray[Any]:
    if details["dtype"] == np.float32:
        return picture
    scale, zero_point = details["quantization"]
    return np.clip(np.round(picture / scale + zero_point), -128, 127).astype(np.int8)


def _sigmoid(value: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(value, -60.0, 60.0)))


if __name__ == "__main__":
    sys.exit(main())

"""Keeps looks at people in a file of JSON lines, so that fitting can be tried again in seconds. Holds no picture."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from device.core.concealment.body import Bag, Body, BodyLook
from device.core.pose import Pose
from training.errors import DataError


def write_looks(path: Path, looks: Mapping[str, Sequence[BodyLook]]) -> None:
    """Write the looks of each clip, a line a clip.

    Raises:
        DataError: it cannot be written.
    """
    lines = (json.dumps({"clip": clip, "looks": [_to_raw(look) for look in each]}) for clip, each in looks.items())
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}") from error


def read_looks(path: Path) -> dict[str, list[BodyLook]]:
    """Read what ``write_looks`` wrote.

    Raises:
        DataError: it is something else.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return {row["clip"]: [_from_raw(raw) for raw in row["looks"]] for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a file of looks: {error!r}; delete it and look again") from error


def _to_raw(look: BodyLook) -> dict[str, Any]:
    pose = look.body.pose
    return {
        "track": look.track,
        "t": look.t,
        "box": list(look.box),
        "size": list(look.size),
        "names": list(pose.names),
        "points": np.round(pose.points.astype(float), 5).tolist(),
        "seen": np.round(pose.seen.astype(float), 4).tolist(),
        "presence": pose.presence,
        "bags": [[bag.label, round(bag.score, 4), list(bag.box)] for bag in look.body.bags],
    }


def _from_raw(raw: Mapping[str, Any]) -> BodyLook:
    points, seen = (np.array(raw[key], dtype=np.float32) for key in ("points", "seen"))
    pose = Pose(tuple(raw["names"]), points, seen, float(raw["presence"]))
    x1, y1, x2, y2 = raw["box"]
    width, height = raw["size"]
    bags = tuple(Bag(label, score, (box[0], box[1], box[2], box[3])) for label, score, box in raw["bags"])
    return BodyLook(raw["track"], raw["t"], (x1, y1, x2, y2), (width, height), Body(pose, bags))

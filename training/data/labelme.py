"""Reads what the labelling tool labelme saves: a JSON file beside each picture. Does not judge boxes."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.core.geometry import Box
from training.data.labelled import Found, RawBox, RawSample
from training.data.pictures import SUFFIXES, pictures_below
from training.data.sample import Problem

_LOOKED_AT = 5
"""Files that are opened to find out whether a folder is labelme's."""
_OUTLINES = ("rectangle", "oriented_rectangle", "polygon", "mask", "linestrip")
"""Shapes that enclose something; their box is that of their points."""


def is_labelme(folder: Path) -> bool:
    """Whether the JSON files below a folder are labelme's."""
    raws = (_load(path) for path in _files(folder)[:_LOOKED_AT])
    return any(isinstance(raw, dict) and isinstance(raw.get("shapes"), list) for raw in raws)


def read(folder: Path) -> Found:
    """Read every file below a folder; classes by name, in the order of the alphabet."""
    problems: list[Problem] = []
    files = [(path, raw) for path in _files(folder) if (raw := _check(path, _load(path), problems)) is not None]
    labels = sorted({str(shape.get("label", "")) for _, raw in files for shape in _shapes(raw)} - {""})
    places = {label: place for place, label in enumerate(labels)}
    raw_samples = tuple(_sample(path, raw, places, problems) for path, raw in files)
    _tell_unlabelled(folder, {sample.path for sample in raw_samples}, problems)
    return Found(folder, raw_samples, tuple(labels), tuple(problems))


def _files(folder: Path) -> list[Path]:
    """The JSON files; ours lie beside the labels too."""
    return sorted(path for path in folder.rglob("*.json") if path.is_file() and path.name != "splits.json")


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None


def _check(path: Path, raw: Any, problems: list[Problem]) -> dict[str, Any] | None:
    if isinstance(raw, dict) and isinstance(raw.get("shapes"), list):
        return raw
    problems.append(Problem(path, "", "not a file of labelme's", "save the picture in labelme again, or remove it"))
    return None


def _shapes(raw: dict[str, Any]) -> list[dict[str, Any]]:
    return [shape for shape in raw["shapes"] if isinstance(shape, dict)]


def _sample(path: Path, raw: dict[str, Any], places: dict[str, int], problems: list[Problem]) -> RawSample:
    boxes = []
    for index, shape in enumerate(raw["shapes"]):
        place = f"shape {index + 1}"
        label, sides = _label(shape), _sides(shape)
        if not label:
            problems.append(Problem(path, place, "has no label", "give it a class or delete it"))
        elif sides is None:
            what = f"a {shape.get('shape_type', 'shape')} that encloses nothing"
            problems.append(Problem(path, place, what, "draw a rectangle or a polygon, or delete it"))
        else:
            boxes.append(RawBox(sides, places[label], path, place))
    return RawSample(_picture(path, raw), tuple(boxes), said_size=_size(raw))


def _label(shape: Any) -> str:
    return str(shape.get("label", "")) if isinstance(shape, dict) else ""


def _sides(shape: dict[str, Any]) -> Box | None:
    try:
        points = [(float(x), float(y)) for x, y in shape["points"]]
    except (KeyError, TypeError, ValueError):
        return None
    return _KINDS.get(str(shape.get("shape_type", "polygon")), _nothing)(points)


def _outline(points: list[tuple[float, float]]) -> Box | None:
    if len(points) < 2:
        return None
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def _circle(points: list[tuple[float, float]]) -> Box | None:
    """Centre and a point of the edge."""
    if len(points) != 2:
        return None
    (x, y), edge = points
    radius = math.dist((x, y), edge)
    return (x - radius, y - radius, x + radius, y + radius)


def _nothing(_: list[tuple[float, float]]) -> Box | None:
    return None


_Kind = Callable[[list[tuple[float, float]]], Box | None]
_KINDS: dict[str, _Kind] = {"circle": _circle, **dict.fromkeys(_OUTLINES, _outline)}


def _size(raw: dict[str, Any]) -> tuple[int, int] | None:
    width, height = raw.get("imageWidth"), raw.get("imageHeight")
    return (width, height) if isinstance(width, int) and isinstance(height, int) and width and height else None


def _picture(path: Path, raw: dict[str, Any]) -> Path:
    """The named picture, or one of the file's own name beside it: pictures are renamed and moved."""
    named = path.parent / str(raw.get("imagePath") or "").replace("\\", "/")
    beside = [path.with_suffix(suffix) for suffix in sorted(SUFFIXES)]
    tried = [named, path.parent / named.name, *beside]
    return next((picture for picture in tried if picture.is_file()), named).resolve()


def _tell_unlabelled(folder: Path, labelled: set[Path], problems: list[Problem]) -> None:
    count = sum(1 for path in pictures_below(folder)[0] if path.resolve() not in labelled)
    if count:
        what = f"{count} pictures have no labels yet and are not learned from"
        problems.append(Problem(folder, "", what, "label them; save those with nothing on them as they are", used=True))

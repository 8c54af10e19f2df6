"""Reads a folder in COCO's format: one JSON file and pictures. Does not judge boxes."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.data.labelled import Found, RawBox, RawSample
from training.data.sample import Problem
from training.errors import DataError

_NAMES = ("instances.json", "_annotations.coco.json", "result.json", "annotations.json")


def find_instances(folder: Path) -> Path | None:
    """The JSON file of a folder by the names that tools give it."""
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def lone_json(folder: Path) -> Path | None:
    """The only JSON file of a folder, which may be COCO's under a name of somebody's own."""
    files = [path for path in sorted(folder.glob("*.json")) if path.name != "splits.json"]
    return files[0] if len(files) == 1 else None


def read(instances: Path) -> Found:
    """Read a set.

    Raises:
        DataError: the file cannot be read as COCO instances.
    """
    raw = _load(instances)
    problems: list[Problem] = []
    places = _categories(instances, raw["categories"])
    pictures = _pictures(instances, raw["images"], problems)
    boxes = _boxes(instances, raw["annotations"], pictures, places, problems)
    entries = [
        RawSample(_find(instances.parent, name), tuple(boxes[key]), said_size=size)
        for key, (name, size) in pictures.items()
    ]
    labels = tuple(str(category["name"]) for category in raw["categories"] if int(category["id"]) in places)
    return Found(instances.parent, tuple(entries), labels, tuple(problems))


def _load(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; check the path and its rights") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON: {error}; export the set again") from error
    for key in ("images", "categories", "annotations"):
        if not isinstance(raw, dict) or not isinstance(raw.get(key), list):
            raise DataError(f"{path}: not COCO instances: no list '{key}'; export the set again as COCO")
    if not raw["images"] or not raw["categories"]:
        raise DataError(f"{path}: holds no {'categories' if raw['images'] else 'images'}; export the set again")
    return dict(raw)


def _categories(path: Path, entries: list[Any]) -> dict[int, int]:
    """Place among the labels of each category id."""
    try:
        ids = [int(entry["id"]) for entry in entries]
        names = [str(entry["name"]) for entry in entries]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: a category without id or name: {error!r}; export the set again") from error
    for what, values in (("id", [str(identity) for identity in ids]), ("name", names)):
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise DataError(f"{path}: category {what} '{twice[0]}' occurs twice; make them differ")
    return {identity: place for place, identity in enumerate(ids)}


def _pictures(path: Path, entries: list[Any], problems: list[Problem]) -> dict[int, tuple[str, tuple[int, int] | None]]:
    """File name and size by id; the first of those that share one."""
    found: dict[int, tuple[str, tuple[int, int] | None]] = {}
    for index, entry in enumerate(entries):
        place = f"images[{index}]"
        try:
            key, name = int(entry["id"]), str(entry["file_name"]).replace("\\", "/")
            size = (int(entry["width"]), int(entry["height"])) if "width" in entry and "height" in entry else None
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem(path, place, f"no usable entry of a picture ({error!r})", "export the set again"))
            continue
        if key in found:
            what = f"id {key} belongs to {found[key][0]} and to {name}"
            problems.append(Problem(path, place, what, "give each picture an id of its own"))
        else:
            found[key] = (name, size)
    return found


def _boxes(
    path: Path, entries: list[Any], pictures: Mapping[int, Any], places: Mapping[int, int], problems: list[Problem]
) -> defaultdict[int, list[RawBox]]:
    found: defaultdict[int, list[RawBox]] = defaultdict(list)
    crowds = 0
    for index, entry in enumerate(entries):
        place = f"annotations[{index}] (id {entry.get('id', '-') if isinstance(entry, dict) else '-'})"
        try:
            picture, category = int(entry["image_id"]), int(entry["category_id"])
            left, top, width, height = (float(side) for side in entry["bbox"])
            crowd = bool(entry.get("iscrowd", 0))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem(path, place, f"no usable box ({error!r})", "label it again or delete it"))
            continue
        if picture not in pictures:
            what = f"image_id {picture} is no picture of the set"
            problems.append(Problem(path, place, what, "export pictures and boxes together"))
        elif category not in places:
            what = f"category_id {category} is no category of the set"
            problems.append(Problem(path, place, what, "add the category or give the box another"))
        elif crowd:
            crowds += 1
        else:
            sides = (left, top, left + width, top + height)
            found[picture].append(RawBox(sides, places[category], path, place))
    if crowds:
        what = f"{crowds} regions of many things (iscrowd)"
        problems.append(Problem(path, "", what, "they are not learned from", used=True))
    return found


def _find(folder: Path, name: str) -> Path:
    """Where a named picture lies: in images/, beside the file, or as a path of its own."""
    tried = [folder / "images" / name, folder / name, folder / "images" / Path(name).name]
    return next((path for path in tried if path.is_file()), tried[0])

"""Reads YOLO's format: a text file a picture, classes in data.yaml or classes.txt. Does not judge boxes."""

import re
from pathlib import Path

from training.data.labelled import Found, RawBox, RawSample
from training.data.pictures import pictures_below
from training.data.sample import Problem
from training.errors import DataError

_YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml")
_TEXT_NAMES = ("classes.txt", "obj.names", "labels/classes.txt")
_ITEM = re.compile(r"^\s*(?:-\s+|(\d+)\s*:\s*)(.+?)\s*$")
_INLINE_NAME = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^,'\"]+)")
_SPLITS = {"train": "train", "val": "val", "valid": "val", "test": "test"}


def find_names(folder: Path) -> Path | None:
    """The file that names the classes."""
    return next((folder / name for name in (*_YAML_NAMES, *_TEXT_NAMES) if (folder / name).is_file()), None)


def read(folder: Path) -> Found:
    """Read every picture below a folder with the text file of its name.

    Raises:
        DataError: the file of classes is missing or malformed.
    """
    names = find_names(folder)
    if names is None:
        raise DataError(f"{folder}: no data.yaml or classes.txt names the classes; add one, a class a line")
    labels = _labels(names)
    pictures, problems = pictures_below(folder)
    raw = []
    owners: dict[Path, Path] = {}
    for picture in pictures:
        text = label_file(folder, picture)
        if text in owners:
            what = f"shares its label file {text.name} with {owners[text].name}"
            problems.append(Problem(picture, "", what, "give the pictures different names"))
            continue
        owners[text] = picture
        raw.append(_sample(folder, picture, text, labels, problems))
    _report_orphans(folder, set(owners), names, problems)
    return Found(folder, tuple(raw), labels, tuple(problems))


def label_file(folder: Path, picture: Path) -> Path:
    """Where the boxes of a picture stand: the nearest folder ``images`` becomes ``labels``, else beside it."""
    parts = list(picture.relative_to(folder).parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    else:
        beside = picture.with_suffix(".txt")
        return beside if beside.is_file() else folder / "labels" / f"{picture.stem}.txt"
    return folder.joinpath(*parts).with_suffix(".txt")


def _sample(folder: Path, picture: Path, text: Path, labels: tuple[str, ...], problems: list[Problem]) -> RawSample:
    lines = []
    if text.is_file():
        try:
            lines = text.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            problems.append(Problem(text, "", f"cannot be read ({error})", "export it again"))
    else:
        what = f"no label file {text.relative_to(folder).as_posix()}"
        problems.append(Problem(picture, "", what, "taken as a picture without things; add an empty file", used=True))
    boxes = [_box(text, number, line, labels, problems) for number, line in enumerate(lines, 1) if line.strip()]
    split = next((_SPLITS[part] for part in picture.relative_to(folder).parts if part in _SPLITS), "")
    return RawSample(picture, tuple(box for box in boxes if box is not None), in_px=False, given_split=split)


def _box(path: Path, number: int, line: str, labels: tuple[str, ...], problems: list[Problem]) -> RawBox | None:
    place = f"line {number}"
    try:
        label, *numbers = line.split()
        index, values = int(label), [float(value) for value in numbers]
    except ValueError:
        problems.append(Problem(path, place, f"not 'class x y width height': {line[:60]!r}", "label it again"))
        return None
    if not 0 <= index < len(labels):
        what = f"class {index} is not among the {len(labels)} named classes"
        problems.append(Problem(path, place, what, "name it in data.yaml or classes.txt"))
        return None
    if len(values) == 4:
        x, y, width, height = values
        return RawBox((x - width / 2, y - height / 2, x + width / 2, y + height / 2), index, path, place)
    if len(values) >= 6 and len(values) % 2 == 0:
        # An outline instead of a box: its bounds are the box.
        xs, ys = values[0::2], values[1::2]
        return RawBox((min(xs), min(ys), max(xs), max(ys)), index, path, place)
    problems.append(Problem(path, place, f"{len(values)} numbers after the class, not 4", "label it again"))
    return None


def _report_orphans(folder: Path, known: set[Path], names: Path, problems: list[Problem]) -> None:
    for text in sorted(folder.rglob("*.txt")):
        inside = "labels" in text.relative_to(folder).parts[:-1]
        if inside and text not in known and text != names and text.name != "classes.txt":
            problems.append(Problem(text, "", "labels without a picture", "add the picture or remove the file"))


def _labels(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}; write it again, a class a line") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    labels = _yaml_names(path, text) if path.suffix in (".yaml", ".yml") else lines
    if not labels or len(set(labels)) != len(labels):
        what = "a class is named twice" if labels else "names no class"
        raise DataError(f"{path}: {what}; name each class once")
    return tuple(labels)


def _yaml_names(path: Path, text: str) -> list[str]:
    """The value of ``names``: the small part of YAML that these files use, so no YAML library is needed."""
    lines = [line.split(" #")[0].rstrip() for line in text.splitlines()]
    start = next((index for index, line in enumerate(lines) if line.startswith("names:")), None)
    if start is None:
        raise DataError(f"{path}: no key 'names'; add names: [first, second]")
    inline = lines[start].removeprefix("names:").strip()
    if inline:
        return _inline_names(path, inline + " ".join(lines[start + 1 :] if "]" not in inline else []))
    found: dict[int, str] = {}
    for line in lines[start + 1 :]:
        item = _ITEM.match(line)
        if item is None:
            if line and not line.startswith((" ", "#", "-")):
                break
            continue
        found[int(item[1]) if item[1] else len(found)] = item[2].strip("'\"")
    if sorted(found) != list(range(len(found))):
        raise DataError(f"{path}: the numbers under 'names' are not 0, 1, 2 ...; number the classes without a gap")
    return [found[index] for index in range(len(found))]


def _inline_names(path: Path, text: str) -> list[str]:
    inner = text[1 : text.index("]")] if text.startswith("[") and "]" in text else None
    if inner is None:
        raise DataError(f"{path}: 'names' is no list; write names: [first, second]")
    found = (quoted or double or plain.strip() for quoted, double, plain in _INLINE_NAME.findall(inner))
    return [name for name in found if name]

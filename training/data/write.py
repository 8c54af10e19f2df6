"""Writes labels in the formats that are read, for labelling tools and other trainers. Does not write pictures."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from device.core.geometry import Box
from training.data.sample import Dataset, Sample


def write_coco(dataset: Dataset, folder: Path, path: Path | None = None) -> Path:
    """Write COCO instances; picture names are relative to ``images`` in the folder, or to the folder itself.

    Args:
        dataset: what to write.
        folder: of the pictures.
        path: of the file; without it ``instances.json`` in the folder.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, sample in enumerate(dataset.samples, 1):
        size = {"width": sample.width, "height": sample.height}
        images.append({"id": number, "file_name": _name(sample.path, folder), **size})
        for box, label in zip(sample.boxes, sample.labels, strict=False):
            left, top, right, bottom = _px(box, sample)
            bbox = [left, top, right - left, bottom - top]
            area = bbox[2] * bbox[3]
            row = {"id": len(annotations) + 1, "image_id": number, "category_id": label + 1, "bbox": bbox}
            annotations.append({**row, "area": area, "iscrowd": 0})
    categories = [{"id": place + 1, "name": name} for place, name in enumerate(dataset.labels)]
    path = path or folder / "instances.json"
    text = json.dumps({"images": images, "annotations": annotations, "categories": categories})
    path.write_text(text + "\n", encoding="utf-8")
    return path


def write_yolo(dataset: Dataset, folder: Path, out: Path | None = None) -> Path:
    """Write ``classes.txt`` and a text file for each picture under ``labels``, beside the pictures or elsewhere."""
    for sample in dataset.samples:
        text = "".join(_yolo_line(box, label) for box, label in zip(sample.boxes, sample.labels, strict=False))
        path = ((out or folder) / "labels" / _name(sample.path, folder)).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    names = (out or folder) / "classes.txt"
    names.write_text("".join(f"{name}\n" for name in dataset.labels), encoding="utf-8")
    return names


def write_voc(dataset: Dataset, folder: Path, out: Path | None = None) -> Path:
    """Write an XML file for each picture under ``Annotations``, in whole px as most tools want them."""
    annotations = (out or folder) / "Annotations"
    for sample in dataset.samples:
        path = (annotations / Path(_name(sample.path, folder))).with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        tree = ElementTree.ElementTree(_voc(sample, dataset.labels))
        ElementTree.indent(tree)
        tree.write(path, encoding="utf-8")
    return annotations


def write_labelme(dataset: Dataset, folder: Path, out: Path | None = None) -> Path:
    """Write a JSON file for each picture as labelme does: beside it, or under another folder."""
    for sample in dataset.samples:
        path = labelme_file(sample.path, folder, out)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = os.path.relpath(sample.path.resolve(), path.parent.resolve())
        raw: dict[str, Any] = {
            # What labelme 5 and 6 both read.
            "version": "5.0.0",
            "flags": {},
            "shapes": [_shape(box, dataset.labels[label], sample) for box, label in _labelled(sample)],
            "imagePath": picture.replace(os.sep, "/"),
            "imageData": None,
            "imageHeight": sample.height,
            "imageWidth": sample.width,
        }
        path.write_text(json.dumps(raw, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return out or folder


def labelme_file(picture: Path, folder: Path, out: Path | None = None) -> Path:
    """Where the labels of a picture stand."""
    return picture.with_suffix(".json") if out is None else (out / _name(picture, folder)).with_suffix(".json")


def _labelled(sample: Sample) -> Iterable[tuple[Box, int]]:
    return zip(sample.boxes, sample.labels, strict=False)


def _shape(box: Box, label: str, sample: Sample) -> dict[str, Any]:
    left, top, right, bottom = _px(box, sample)
    corners = [[left, top], [right, bottom]]
    plain: dict[str, Any] = {"group_id": None, "description": "", "shape_type": "rectangle", "flags": {}, "mask": None}
    return {"label": label, "points": corners, **plain}


def _name(path: Path, folder: Path) -> str:
    """The path of a picture below the folder of pictures."""
    for parent in (folder / "images", folder / "JPEGImages", folder):
        if path.is_relative_to(parent):
            return path.relative_to(parent).as_posix()
    return path.name


def _px(box: Box, sample: Sample) -> Box:
    return (box[0] * sample.width, box[1] * sample.height, box[2] * sample.width, box[3] * sample.height)


def _yolo_line(box: Box, label: int) -> str:
    left, top, right, bottom = box
    centre = f"{(left + right) / 2:.8f} {(top + bottom) / 2:.8f}"
    return f"{label} {centre} {right - left:.8f} {bottom - top:.8f}\n"


def _voc(sample: Sample, names: tuple[str, ...]) -> ElementTree.Element:
    root = ElementTree.Element("annotation")
    _add(root, [("filename", sample.path.name)])
    _add(ElementTree.SubElement(root, "size"), [("width", sample.width), ("height", sample.height), ("depth", 3)])
    for box, label in zip(sample.boxes, sample.labels, strict=False):
        thing = ElementTree.SubElement(root, "object")
        _add(thing, [("name", names[label])])
        sides = zip(("xmin", "ymin", "xmax", "ymax"), _px(box, sample), strict=True)
        _add(ElementTree.SubElement(thing, "bndbox"), [(name, round(side)) for name, side in sides])
    return root


def _add(parent: ElementTree.Element, values: Iterable[tuple[str, str | int]]) -> None:
    for name, value in values:
        ElementTree.SubElement(parent, name).text = str(value)

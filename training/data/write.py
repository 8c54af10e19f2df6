"""Writes labels in the formats that are read, for labelling tools and other trainers. Does not write pictures."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from device.core.geometry import Box
from training.data.sample import Dataset, Sample


def write_coco(dataset: Dataset, folder: Path) -> Path:
    """Write ``instances.json``; picture names are relative to ``images`` or to the folder itself."""
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
    path = folder / "instances.json"
    text = json.dumps({"images": images, "annotations": annotations, "categories": categories})
    path.write_text(text + "\n", encoding="utf-8")
    return path


def write_yolo(dataset: Dataset, folder: Path) -> Path:
    """Write ``classes.txt`` and a text file for each picture under ``labels``."""
    for sample in dataset.samples:
        text = "".join(_yolo_line(box, label) for box, label in zip(sample.boxes, sample.labels, strict=False))
        path = (folder / "labels" / _name(sample.path, folder)).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    names = folder / "classes.txt"
    names.write_text("".join(f"{name}\n" for name in dataset.labels), encoding="utf-8")
    return names


def write_voc(dataset: Dataset, folder: Path) -> Path:
    """Write an XML file for each picture under ``Annotations``, in whole px as most tools want them."""
    annotations = folder / "Annotations"
    for sample in dataset.samples:
        path = (annotations / Path(_name(sample.path, folder))).with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        tree = ElementTree.ElementTree(_voc(sample, dataset.labels))
        ElementTree.indent(tree)
        tree.write(path, encoding="utf-8")
    return annotations


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

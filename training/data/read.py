"""Finds out how a folder is labelled and reads it. Holds no format of its own."""

from collections.abc import Callable
from pathlib import Path

from training.data import coco, folders, labelme, voc, yolo
from training.data.labelled import Found, make_dataset
from training.data.pictures import pictures_below
from training.data.sample import Dataset
from training.errors import DataError

FORMATS = ("coco", "voc", "yolo", "labelme", "folders")


def read_data(path: Path, form: str = "") -> Dataset:
    """Read labelled pictures.

    Args:
        path: a folder, or a JSON file of COCO's.
        form: one of ``FORMATS``; empty: found out by the files.

    Raises:
        DataError: there is nothing that can be used; single faults are in ``Dataset.problems``.
    """
    return make_dataset(_read(path, form or _form_of(path)))


def _read(path: Path, form: str) -> Found:
    if form == "coco":
        instances = path if path.is_file() else coco.find_instances(path) or coco.lone_json(path)
        if instances is None:
            raise DataError(f"{path}: no instances.json in it; export the set as COCO or name the file itself")
        return coco.read(instances)
    if form not in FORMATS:
        raise DataError(f"{form}: not a format that is read; one of: {', '.join(FORMATS)}")
    return {"voc": voc.read, "yolo": yolo.read, "labelme": labelme.read, "folders": folders.read}[form](path)


def _form_of(path: Path) -> str:
    if path.is_file():
        return "coco"
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; give the folder of pictures and labels")
    form = next((form for form, is_there in _SIGNS if is_there(path)), "folders")
    if form == "folders" and not pictures_below(path)[0]:
        raise DataError(f"{path}: no labels and no pictures in it; give the folder of pictures and labels")
    return form


def _has_yolo_labels(folder: Path) -> bool:
    return any((folder / "labels").glob("**/*.txt"))


_SIGNS: tuple[tuple[str, Callable[[Path], object]], ...] = (
    ("coco", coco.find_instances),
    ("yolo", lambda path: yolo.find_names(path) or _has_yolo_labels(path)),
    ("voc", voc.annotation_files),
    ("labelme", labelme.is_labelme),
    ("coco", coco.lone_json),
)
"""By what each format is known, the surest sign first."""

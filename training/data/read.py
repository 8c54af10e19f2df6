"""Finds out how a folder is labelled and reads it. Holds no format of its own."""

from pathlib import Path

from training.data import coco, folders, voc, yolo
from training.data.labelled import Found, make_dataset
from training.data.pictures import pictures_below
from training.data.sample import Dataset
from training.errors import DataError

FORMATS = ("coco", "voc", "yolo", "folders")


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
    return {"voc": voc.read, "yolo": yolo.read, "folders": folders.read}[form](path)


def _form_of(path: Path) -> str:
    if path.is_file():
        return "coco"
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; give the folder of pictures and labels")
    if coco.find_instances(path) is not None:
        return "coco"
    if yolo.find_names(path) is not None or _has_yolo_labels(path):
        return "yolo"
    if voc.annotation_files(path):
        return "voc"
    if coco.lone_json(path) is not None:
        return "coco"
    if not pictures_below(path)[0]:
        raise DataError(f"{path}: no labels and no pictures in it; give the folder of pictures and labels")
    return "folders"


def _has_yolo_labels(folder: Path) -> bool:
    return any((folder / "labels").glob("**/*.txt"))

"""The command ``prelabel``. Holds no work of its own."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import UsageError
from training.errors import TrainingError

if TYPE_CHECKING:
    from training.data.sample import Dataset

_FORMATS = ("coco", "labelme", "yolo", "voc")


def add_prelabel_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("prelabel", help="propose boxes on new pictures, to be corrected by hand")
    parser.add_argument("model", metavar="MODEL", help="a .tflite file, or the name of a shipped detector")
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="the pictures")
    parser.add_argument(
        "--out", type=Path, metavar="OUT", help="a JSON file for coco, else a folder (labelme: --images)"
    )
    parser.add_argument("--format", choices=_FORMATS, default="coco", help="(default coco)")
    parser.add_argument("--threshold", type=_fraction, metavar="S", help="score to propose from (default: as the card)")
    parser.add_argument("--only", action="append", default=[], metavar="CLASS", help="look for this class; repeatable")
    parser.add_argument("--as", dest="rename", default="", metavar="NAME", help="one name for every box")
    parser.add_argument("--threads", type=int, choices=range(1, 65), default=1, metavar="N", help="(default 1)")
    parser.set_defaults(command=_prelabel)


def _fraction(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise ValueError(text)
    return value


def _prelabel(arguments: argparse.Namespace) -> int:
    from device.detect.catalogue import find_model
    from training.data.pictures import pictures_below
    from training.data.write import labelme_file
    from training.prelabel.propose import Wish, propose

    images, out = arguments.images, arguments.out
    if out is None and arguments.format != "labelme":
        raise UsageError("prelabel: give --out, where the labels go")
    done: list[Path] = []
    if arguments.format == "labelme":
        done = [path for path in pictures_below(images)[0] if labelme_file(path, images, out).exists()]
    else:
        _refuse_to_overwrite(arguments.format, out)
    wish = Wish(arguments.threshold, tuple(arguments.only), arguments.rename, arguments.threads)
    dataset = propose(find_model(arguments.model), images, wish, done)
    written = _write(_WRITERS[arguments.format], dataset, images, out)
    for problem in dataset.problems[:10]:
        sys.stdout.write(f"{problem}\n")
    boxes = sum(len(sample.boxes) for sample in dataset.samples)
    skipped = f", {len(done)} had labels already" if done else ""
    sys.stdout.write(
        f"{boxes} boxes of {len(dataset.labels)} classes on {len(dataset.samples)} pictures{skipped}; "
        f"correct them before you train\nwritten: {written}\n"
    )
    return 0


def _refuse_to_overwrite(form: str, out: Path) -> None:
    there = {"coco": out, "yolo": out / "labels", "voc": out / "Annotations"}[form]
    if there.exists():
        raise UsageError(f"{there}: is there already, and may be corrected by hand; name another --out")


_Writer = Callable[["Dataset", Path, Path | None], Path]


def _write(writer: _Writer, dataset: "Dataset", images: Path, out: Path | None) -> Path:
    try:
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
        return writer(dataset, images, out)
    except OSError as error:
        raise TrainingError(f"{out or images}: cannot be written: {error.strerror}; name another --out") from error


def _coco(dataset: "Dataset", images: Path, out: Path | None) -> Path:
    from training.data.write import write_coco

    return write_coco(dataset, images, out)


def _labelme(dataset: "Dataset", images: Path, out: Path | None) -> Path:
    from training.data.write import write_labelme

    return write_labelme(dataset, images, out)


def _yolo(dataset: "Dataset", images: Path, out: Path | None) -> Path:
    from training.data.write import write_yolo

    return write_yolo(dataset, images, out)


def _voc(dataset: "Dataset", images: Path, out: Path | None) -> Path:
    from training.data.write import write_voc

    return write_voc(dataset, images, out)


_WRITERS: dict[str, _Writer] = {"coco": _coco, "labelme": _labelme, "yolo": _yolo, "voc": _voc}

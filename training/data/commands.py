"""The commands ``inspect`` and ``preview`` of ``shopwarden-train``. Holds no work of its own."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import DataError, TrainingError

if TYPE_CHECKING:
    from device.core.card import InputSpec
    from training.data.sample import Dataset


def add_data_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both to the command line."""
    inspect = commands.add_parser("inspect", help="look labelled pictures through, and divide them for good")
    _add_data(inspect)
    inspect.add_argument("--out", type=Path, required=True, metavar="DIR", help="for inspect.html")
    inspect.set_defaults(command=_inspect)
    preview = commands.add_parser("preview", help="draw what the network sees")
    _add_data(preview)
    preview.add_argument(
        "--recipe", "--settings", type=Path, metavar="FILE", help="a TOML file with a table [augment] (default: ours)"
    )
    preview.add_argument("--plain", action="store_true", help="without augmentation, as validation and test are seen")
    preview.add_argument("--split", choices=("train", "val", "test"), default="train", help="(default train)")
    preview.add_argument("--seed", type=int, default=1, metavar="N", help="another one, other draws (default 1)")
    preview.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="the sheet")
    preview.set_defaults(command=_preview)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder: COCO, VOC, YOLO, labelme or classes")
    forms = ("coco", "voc", "yolo", "labelme", "folders")
    parser.add_argument("--format", choices=forms, default="", help="(default: found out)")
    parser.add_argument("--size", type=_size, default=320, metavar="PX", help="side of the network's input (320)")
    parser.add_argument("--splits", type=Path, metavar="FILE", help="where the division is kept (DATA/splits.json)")
    parser.add_argument("--group-pattern", default="", metavar="REGEX", help="its (bracket) names the take in a path")
    parser.add_argument("--group-column", default="", metavar="FILE.csv:COLUMN", help="a table of takes by file")


def _size(text: str) -> int:
    side = int(text)
    if not 32 <= side <= 1024 or side % 32:
        raise argparse.ArgumentTypeError(f"{text} is not a multiple of 32 from 32 to 1024")
    return side


def _inspect(arguments: argparse.Namespace) -> int:
    from training.data.findings import find
    from training.data.memory import divide_and_keep
    from training.data.page import Subject, render_page

    dataset, kept_in, spec = _read(arguments), _kept_in(arguments), _spec(arguments.size)
    division = divide_and_keep(dataset, kept_in)
    findings = find(dataset, division, spec)
    page = render_page(Subject(dataset, division, findings, (spec.width, spec.height), str(kept_in)))
    _write(arguments.out / "inspect.html", page)
    faults = [problem for problem in (*dataset.problems, *division.problems) if not problem.used]
    for problem in faults[:10]:
        sys.stdout.write(f"{problem}\n")
    more = f" ({len(faults) - 10} more on the page)" if len(faults) > 10 else ""
    train, val, test, _ = findings.pictures
    sys.stdout.write(
        f"{len(dataset.samples)} pictures, {len(dataset.labels)} classes, {len(faults)} faults{more}; "
        f"train {train}, val {val}, test {test}, kept in {kept_in}\nwritten: {arguments.out / 'inspect.html'}\n"
    )
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    from training.data.augment import AugmentSettings, read_augment
    from training.data.memory import divide_as_kept, samples_of
    from training.data.preview import View, preview

    settings = read_augment(arguments.recipe) if arguments.recipe else AugmentSettings()
    dataset = _read(arguments)
    division = divide_as_kept(dataset, _kept_in(arguments))
    samples = samples_of(dataset, division, arguments.split)
    if not samples:
        raise DataError(f"{arguments.data}: no picture is in {arguments.split}; choose another --split")
    augment = None if arguments.plain or arguments.split != "train" else settings
    preview(dataset, samples, View(_spec(arguments.size), augment, arguments.seed), arguments.out)
    sys.stdout.write(f"written: {arguments.out}\n")
    return 0


def _read(arguments: argparse.Namespace) -> "Dataset":
    from training.data.memory import GroupBy, group_samples
    from training.data.read import read_data

    by = GroupBy(pattern=arguments.group_pattern, column=arguments.group_column)
    return group_samples(read_data(arguments.data, arguments.format), by)


def _kept_in(arguments: argparse.Namespace) -> Path:
    from training.data.memory import FILE_NAME

    folder: Path = arguments.data if arguments.data.is_dir() else arguments.data.parent
    return arguments.splits if arguments.splits is not None else folder / FILE_NAME


def _spec(side_px: int) -> "InputSpec":
    """The input of the base detector at that size."""
    from training.base.recipe import read_recipe

    return read_recipe("general").input_spec(side_px)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; give another --out") from error

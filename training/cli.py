"""The command ``shopwarden-train``. Holds no work of its own: each command calls one function.

Exit status: 0 done, 1 it failed while running, 2 the call, the recipe or the data are wrong.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from device.errors import ShopwardenError, UsageError
from training.bundle.commands import add_bundle_commands
from training.compare.commands import add_compare_command
from training.concealment.commands import add_concealment_command
from training.crops.commands import add_crops_command
from training.data.commands import add_data_commands
from training.prelabel.commands import add_prelabel_command
from training.train.commands import add_train_commands

_EXTRA = frozenset({"tensorflow", "keras", "pycocotools", "matplotlib", "rich", "PIL"})
"""What comes with the extra ``training`` and may be missing where only the device's part is installed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = build_parser().parse_args(argv)
    # TensorFlow and LiteRT tell of their start on stderr, where a person looks for errors.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        status: int = arguments.command(arguments)
    except UsageError as error:
        sys.stderr.write(f"shopwarden-train: {error}\n")
        return 2
    except ShopwardenError as error:
        sys.stderr.write(f"shopwarden-train: {error}\n")
        return 1
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.stderr.write(f"shopwarden-train: {error.name} is not installed; pip install 'shopwarden[training]'\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("shopwarden-train: stopped\n")
        return 1
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; docs and tests read it too."""
    parser = argparse.ArgumentParser(prog="shopwarden-train", description="Makes and measures models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_import(commands)
    _add_evaluate(commands)
    add_data_commands(commands)
    add_train_commands(commands)
    add_prelabel_command(commands)
    add_compare_command(commands)
    add_bundle_commands(commands)
    add_concealment_command(commands)
    add_crops_command(commands)
    return parser


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("import", help="make the shipped networks from the published ones")
    parser.add_argument("recipe", help="a recipe that comes along (general, pose), or a .toml file")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="instances.json and images/ of COCO")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the .tflite files go")
    parser.set_defaults(command=_import)


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("evaluate", help="measure a detector or classifier on labelled pictures")
    parser.add_argument("model", type=Path, help="a .tflite file with its card")
    parser.add_argument("--coco", type=Path, metavar="FILE", help="the boxes, COCO instances, for a detector")
    parser.add_argument("--images", type=Path, metavar="DIR", help="the pictures of --coco")
    parser.add_argument("--folders", type=Path, metavar="DIR", help="a folder a class, for a classifier")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for metrics.json and report.html")
    parser.add_argument("--threads", type=_threads, default=1, metavar="N", help="CPU threads (default 1)")
    runtimes = ("auto", "ai-edge-litert", "tflite-runtime")
    parser.add_argument("--runtime", choices=runtimes, default="auto", help="(default: as the device takes)")
    parser.add_argument("--float", type=Path, metavar="RUN", dest="float_run", help="its training: float beside int8")
    parser.add_argument(
        "--beside", type=Path, action="append", default=[], metavar="DIR", help="results of another run, in the report"
    )
    parser.set_defaults(command=_evaluate)


def _threads(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 64:
        raise ValueError(text)
    return count


def _import(arguments: argparse.Namespace) -> int:
    from training.base.make import make_detectors
    from training.base.make_pose import make_pose
    from training.base.recipe import PoseRecipe, read_any
    from training.coco import read_coco

    recipe = read_any(arguments.recipe)
    coco = read_coco(arguments.data / "instances.json", arguments.data / "images")
    if isinstance(recipe, PoseRecipe):
        made = [make_pose(recipe, coco, arguments.out, _say)]
    else:
        made = make_detectors(recipe, coco, arguments.out, _say)
    _say("written: " + ", ".join(str(path) for path in made))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    if arguments.folders is not None:
        return _evaluate_folders(arguments)
    if arguments.coco is None or arguments.images is None:
        raise UsageError("evaluate: give --coco and --images for a detector, or --folders for a classifier")
    from training.evaluate import Extra, evaluate_file, summary

    extra = Extra(arguments.threads, arguments.runtime, arguments.float_run, tuple(arguments.beside))
    metrics = evaluate_file(arguments.model, arguments.coco, arguments.images, arguments.out, extra)
    sys.stdout.write(summary(arguments.model.stem, metrics))
    return 0


def _evaluate_folders(arguments: argparse.Namespace) -> int:
    from training.classifier.evaluate import class_summary, evaluate_folders

    if arguments.coco is not None or arguments.images is not None:
        raise UsageError("evaluate: --folders measures a classifier; leave --coco and --images out")
    metrics = evaluate_folders(arguments.model, arguments.folders, arguments.out, threads=arguments.threads)
    sys.stdout.write(class_summary(arguments.model.stem, metrics))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

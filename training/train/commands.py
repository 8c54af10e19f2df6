"""The commands ``train`` and ``export``. Holds no work of its own."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.train.progress import Progress


def add_train_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser."""
    parser = commands.add_parser("train", help="train a detector or classifier by a recipe; goes on when called again")
    parser.add_argument("--recipe", required=True, help="a recipe that comes along (goods), or a .toml file")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="labelled pictures; keras:cifar10 fetches some"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the folder of this training")
    parser.set_defaults(command=_train)
    parser = commands.add_parser("export", help="make the int8 model of a training")
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument("--out", type=Path, required=True, metavar="M.tflite", help="the model to write")
    parser.set_defaults(command=_export)


def _train(arguments: argparse.Namespace) -> int:
    from training.classifier.cifar import NAME as CIFAR
    from training.classifier.cifar import cifar_folders
    from training.train.experiment import begin
    from training.train.kinds import find_recipe
    from training.train.progress import open_progress

    recipe = find_recipe(arguments.recipe)
    data = cifar_folders() if str(arguments.data) == CIFAR else arguments.data
    experiment = begin(recipe, data, arguments.out)
    with open_progress(sys.stdout) as progress:
        _learn(experiment, progress)
    return 0


def _learn(experiment: Any, progress: "Progress") -> None:
    from training.classifier.task import ClassifierTask
    from training.detector.members import train_detector
    from training.train.loop import train

    if experiment.recipe.kind == "classifier":
        train(ClassifierTask(experiment), progress)
    else:
        train_detector(experiment, progress)


def _export(arguments: argparse.Namespace) -> int:
    from training.classifier.export import export_classifier
    from training.export import export
    from training.train.experiment import reopen

    experiment = reopen(arguments.run)
    chosen = export_classifier if experiment.recipe.kind == "classifier" else export
    chosen(experiment, arguments.out, _say)
    _say(f"written: {arguments.out}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

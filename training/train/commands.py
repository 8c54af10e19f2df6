"""The commands ``train`` and ``export``. Holds no work of its own."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add_train_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser."""
    parser = commands.add_parser("train", help="train a detector by a recipe; goes on when called again")
    parser.add_argument("--recipe", required=True, help="a recipe that comes along (goods), or a .toml file")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="labelled pictures")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="the folder of this training")
    parser.set_defaults(command=_train)
    parser = commands.add_parser("export", help="make the int8 model of a training")
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument("--out", type=Path, required=True, metavar="M.tflite", help="the model to write")
    parser.set_defaults(command=_export)


def _train(arguments: argparse.Namespace) -> int:
    from training.train.experiment import begin
    from training.train.loop import train
    from training.train.progress import open_progress
    from training.train.recipe import find_recipe

    experiment: Any = begin(find_recipe(arguments.recipe), arguments.data, arguments.out)
    with open_progress(sys.stdout) as progress:
        train(experiment, progress)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from training.export import export
    from training.train.experiment import reopen

    export(reopen(arguments.run), arguments.out, _say)
    _say(f"written: {arguments.out}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

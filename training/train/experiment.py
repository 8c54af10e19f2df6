"""One experiment in its folder: recipe, data and division, the same at every call. Does not train."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.coco import CocoSet
from training.data.memory import (
    FILE_NAME,
    GroupBy,
    divide_and_keep,
    group_samples,
    read_memory,
    samples_of,
    write_memory,
)
from training.data.read import read_data
from training.data.sample import DETECTION, Dataset, Sample, refuse_faults
from training.errors import DataError, RecipeError
from training.nanodet import NanoDetSpec
from training.train.checkpoint import write_json, write_text
from training.train.closed import read_text
from training.train.recipe import Recipe, parse_recipe, read_recipe
from training.train.truth import as_coco, fingerprint, write_coco

RECIPE = "recipe.toml"
_RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is learned, from what, and where it goes."""

    recipe: Recipe
    dataset: Dataset
    train: Sequence[Sample]
    val: Sequence[Sample]
    test: Sequence[Sample]
    data_sha256: str
    """Of the training and validation pictures and their labels."""
    out: Path

    @property
    def spec(self) -> NanoDetSpec:
        """The shape of the network."""
        network = self.recipe.network
        return NanoDetSpec(network.size_px, network.size_px, len(self.dataset.labels), network.namer)

    def coco(self, samples: Sequence[Sample]) -> CocoSet:
        """Some of the samples, to measure on."""
        return as_coco(self.dataset, samples)


def begin(recipe_path: Path, data: Path, out: Path) -> Experiment:
    """Read recipe and data, divide the data, and note all in the folder; a second call must bring the same.

    Raises:
        RecipeError: the recipe is wrong, or the folder belongs to another.
        DataError: the data cannot be used, or have changed.
        TrainingError: the folder cannot be written.
    """
    text = read_text(recipe_path)
    recipe = parse_recipe(text, str(recipe_path))
    known = out / RECIPE
    if known.is_file() and read_text(known) != text:
        raise RecipeError(f"{out}: was begun with another recipe; name another --out, or train with {known}")
    experiment = _experiment(recipe, data, out)
    write_text(known, text)
    write_json(out / _RUN, {"data": str(data.resolve()), "data_sha256": experiment.data_sha256})
    write_coco(out / "val.json", experiment.coco(experiment.val), _images(data))
    if experiment.test:
        write_coco(out / "test.json", experiment.coco(experiment.test), _images(data))
    return experiment


def reopen(out: Path) -> Experiment:
    """The experiment of a folder, its data read again.

    Raises:
        RecipeError: it is no folder of an experiment.
        DataError: the data cannot be used, or have changed.
    """
    try:
        run = json.loads((out / _RUN).read_text(encoding="utf-8"))
        data = Path(run["data"])
    except (OSError, ValueError, KeyError) as error:
        raise RecipeError(f"{out}: holds no training; give the --out of 'shopwarden-train train'") from error
    return _experiment(read_recipe(out / RECIPE), data, out)


def _experiment(recipe: Recipe, data: Path, out: Path) -> Experiment:
    dataset = group_samples(read_data(data), GroupBy(pattern=recipe.data.group_pattern))
    refuse_faults(dataset.problems)
    if dataset.kind != DETECTION:
        raise DataError(f"{data}: folders of classes, but the recipe {recipe.name} needs boxes")
    _take_division(data, out)
    division = divide_and_keep(dataset, out / FILE_NAME, recipe.shares)
    train, val, test = (samples_of(dataset, division, split) for split in ("train", "val", "test"))
    for name, samples in (("training", train), ("validation", val)):
        if not any(sample.labels for sample in samples):
            raise DataError(f"{data}: no box on the {len(samples)} {name} pictures; label more pictures")
    data_sha256 = fingerprint(dataset, [*train, *val])
    _refuse_change(out, data, data_sha256)
    return Experiment(recipe, dataset, train, val, test, data_sha256, out)


def _take_division(data: Path, out: Path) -> None:
    """Begin with the division that ``inspect`` keeps beside the data: its test pictures stay the test pictures."""
    kept = (data if data.is_dir() else data.parent) / FILE_NAME
    if kept.is_file() and not (out / FILE_NAME).exists():
        write_memory(out / FILE_NAME, read_memory(kept))


def _refuse_change(out: Path, data: Path, data_sha256: str) -> None:
    try:
        run = json.loads((out / _RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if run.get("data_sha256") != data_sha256:
        raise DataError(f"{data}: has changed since {out} was begun; name another --out")


def _images(data: Path) -> Path:
    folder = data if data.is_dir() else data.parent
    return folder / "images" if (folder / "images").is_dir() else folder

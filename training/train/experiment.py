"""One experiment in its folder: recipe, data and division, the same at every call. Does not train."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from training.classifier.recipe import ClassRecipe
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
from training.data.sample import CLASSIFICATION, DETECTION, Dataset, Sample, refuse_faults
from training.errors import DataError, RecipeError
from training.train.checkpoint import write_json, write_text
from training.train.closed import read_text
from training.train.kinds import parse_any, read_recipe
from training.train.recipe import Recipe
from training.train.truth import as_coco, fingerprint, write_coco, write_folders

RECIPE = "recipe.toml"
_RUN = "run.json"


AnyRecipe = TypeVar("AnyRecipe", Recipe, ClassRecipe)


@dataclass(frozen=True, slots=True)
class Experiment(Generic[AnyRecipe]):
    """What is learned, from what, and where it goes."""

    recipe: AnyRecipe
    dataset: Dataset
    train: Sequence[Sample]
    val: Sequence[Sample]
    test: Sequence[Sample]
    data_sha256: str
    """Of the training and validation pictures and their labels."""
    out: Path

    def coco(self, samples: Sequence[Sample]) -> CocoSet:
        """Some of the samples, to measure on."""
        return as_coco(self.dataset, samples)


def begin(recipe_path: Path, data: Path, out: Path) -> Experiment[Any]:
    """Read recipe and data, divide the data, and note all in the folder; a second call must bring the same.

    Raises:
        RecipeError: the recipe is wrong, or the folder belongs to another.
        DataError: the data cannot be used, or have changed.
        TrainingError: the folder cannot be written.
    """
    text = read_text(recipe_path)
    recipe = parse_any(text, str(recipe_path))
    known = out / RECIPE
    if known.is_file() and read_text(known) != text:
        raise RecipeError(f"{out}: was begun with another recipe; name another --out, or train with {known}")
    experiment = _experiment(recipe, data, out)
    write_text(known, text)
    write_json(out / _RUN, {"data": str(data.resolve()), "data_sha256": experiment.data_sha256})
    _write_truth(experiment, data, out)
    return experiment


def reopen(out: Path) -> Experiment[Any]:
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


def _experiment(recipe: Recipe | ClassRecipe, data: Path, out: Path) -> Experiment[Any]:
    dataset = group_samples(read_data(data), GroupBy(pattern=recipe.data.group_pattern))
    refuse_faults(dataset.problems)
    _refuse_kind(dataset, recipe, data)
    _take_division(data, out)
    division = divide_and_keep(dataset, out / FILE_NAME, recipe.data.shares)
    train, val, test = (samples_of(dataset, division, split) for split in ("train", "val", "test"))
    for name, samples in (("training", train), ("validation", val)):
        if not samples:
            raise DataError(
                f"{data}: no picture is left for {name}: what belongs together stays together, and that is too few "
                "groups; add pictures of other recordings, or group them more finely"
            )
        if not any(sample.labels for sample in samples):
            raise DataError(f"{data}: nothing labelled on the {len(samples)} {name} pictures; label more pictures")
    if dataset.kind == CLASSIFICATION:
        _refuse_unseen(dataset, train, data)
    data_sha256 = fingerprint(dataset, [*train, *val])
    _refuse_change(out, data, data_sha256)
    return Experiment(recipe, dataset, train, val, test, data_sha256, out)


def _refuse_kind(dataset: Dataset, recipe: Recipe | ClassRecipe, data: Path) -> None:
    if recipe.kind == "detector" and dataset.kind != DETECTION:
        raise DataError(f"{data}: folders of classes, but the recipe {recipe.name} needs boxes")
    if recipe.kind == "classifier" and dataset.kind != CLASSIFICATION:
        raise DataError(f"{data}: pictures with boxes, but the recipe {recipe.name} needs a folder a class")


def _refuse_unseen(dataset: Dataset, train: Sequence[Sample], data: Path) -> None:
    seen = {label for sample in train for label in sample.labels}
    for place, label in enumerate(dataset.labels):
        if place not in seen:
            raise DataError(f"{data}: no training picture of the class {label}; add pictures or remove its folder")


def _write_truth(experiment: Experiment[Any], data: Path, out: Path) -> None:
    """The pictures set aside, as ``evaluate`` reads them."""
    for name, samples in (("val", experiment.val), ("test", experiment.test)):
        if samples and experiment.dataset.kind == DETECTION:
            write_coco(out / f"{name}.json", experiment.coco(samples), _images(data))
        elif samples:
            write_folders(out / name, experiment.dataset, samples)


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

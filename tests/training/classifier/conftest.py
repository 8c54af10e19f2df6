"""What tests of classifiers share: one training that all look at."""

import io
from pathlib import Path

import pytest

from tests.training.classifier.drawn import write_class_recipe, write_classes
from training.classifier.task import ClassExperiment, ClassifierTask
from training.train.experiment import begin
from training.train.loop import train
from training.train.progress import PlainProgress


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and recipe."""
    folder = tmp_path_factory.mktemp("classes")
    write_classes(folder / "data")
    write_class_recipe(folder / "r.toml")
    return folder


@pytest.fixture(scope="session")
def named(classes: Path) -> tuple[ClassExperiment, str]:
    """A whole training, and what it said."""
    return train_classes(classes, "run")


def train_classes(folder: Path, out: str) -> tuple[ClassExperiment, str]:
    """Train, or go on, in a folder beside the pictures; what was said comes along."""
    experiment, said = begin(folder / "r.toml", folder / "data", folder / out), io.StringIO()
    train(ClassifierTask(experiment), PlainProgress(said))
    return experiment, said.getvalue()

"""What tests of training share: one training that all look at."""

import io
from pathlib import Path

import pytest

from tests.training.train.drawn import write_drawn, write_recipe
from training.detector.task import DetectorExperiment, DetectorTask
from training.train.experiment import begin
from training.train.loop import train
from training.train.progress import PlainProgress


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and recipe."""
    folder = tmp_path_factory.mktemp("drawn")
    write_drawn(folder / "data")
    write_recipe(folder / "r.toml")
    return folder


@pytest.fixture(scope="session")
def trained(folder: Path) -> tuple[DetectorExperiment, str]:
    """A whole training, and what it said."""
    return train_drawn(folder, "run")


def train_drawn(folder: Path, out: str) -> tuple[DetectorExperiment, str]:
    """Train, or go on, in a folder beside the pictures; what was said comes along."""
    experiment, said = begin(folder / "r.toml", folder / "data", folder / out), io.StringIO()
    train(DetectorTask(experiment), PlainProgress(said))
    return experiment, said.getvalue()

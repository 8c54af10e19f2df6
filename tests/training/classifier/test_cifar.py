"""CIFAR-10 as a folder a class."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from training.classifier import cifar
from training.classifier.cifar import LABELS, cifar_folders
from training.cli import main
from training.errors import FetchError

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.train


def _pictures() -> object:
    """Twelve a class, every one of its class's level of red."""
    labels = np.repeat(np.arange(10), 12)[:, None]
    pictures = np.zeros((120, 32, 32, 3), np.uint8)
    pictures[..., 0] = 20 * labels[:, :, None]
    return (pictures, labels), (pictures, labels)


def test_each_picture_lies_in_the_folder_of_its_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many of each as are taken, their colours right; the second call fetches nothing."""
    monkeypatch.setattr(keras.datasets, "cifar10", SimpleNamespace(load_data=_pictures))
    monkeypatch.setattr(cifar, "A_CLASS", 10)
    folder = cifar_folders(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == sorted(LABELS)
    assert all(len(list((folder / label).iterdir())) == 10 for label in LABELS)
    picture = cv2.imread(str(next((folder / "dog").iterdir())))
    assert picture is not None
    assert picture[0, 0].tolist() == [0, 0, 100]
    monkeypatch.setattr(keras.datasets, "cifar10", None)
    assert cifar_folders(tmp_path) == folder


def test_where_it_cannot_be_fetched_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead; nothing is left behind."""

    def no_network() -> object:
        raise Exception("URL fetch failure: refused")

    monkeypatch.setattr(keras.datasets, "cifar10", SimpleNamespace(load_data=no_network))
    with pytest.raises(FetchError, match=r"URL fetch failure.*your own folders"):
        cifar_folders(tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["train", "--recipe", "cnn", "--data", cifar.NAME, "--out", str(tmp_path / "run")]) == 1
    assert capsys.readouterr().err.count("\n") == 1

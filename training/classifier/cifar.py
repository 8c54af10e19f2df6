"""Fetches CIFAR-10 by Keras and writes it as a folder a class. Does not train on it."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.base.fetch import cache_dir
from training.errors import FetchError

NAME = "keras:cifar10"
"""What ``--data`` calls it."""
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
A_CLASS = 500
"""Pictures that are taken of each class: near-duplicates are looked for among all pairs, minutes for 5000."""


def cifar_folders(cache: Path | None = None) -> Path:
    """The folder of the pictures; they are fetched where it is not there yet.

    Raises:
        FetchError: Keras cannot fetch them, or they cannot be written.
    """
    folder = (cache if cache is not None else cache_dir()) / "cifar10"
    if not folder.is_dir():
        pictures, labels = _fetch()
        part = folder.with_name("cifar10.part")
        try:
            _write(part, pictures, labels)
            part.replace(folder)
        except OSError as error:
            raise FetchError(f"{folder}: cannot be written: {error.strerror}") from error
    return folder


def _fetch() -> tuple[Any, Any]:
    import keras

    try:
        (pictures, labels), _ = keras.datasets.cifar10.load_data()
    except Exception as error:
        # Keras says that it cannot fetch by the bare class; whatever else goes wrong is no matter of the network.
        if type(error) not in (Exception, OSError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise FetchError(
            f"CIFAR-10: Keras cannot fetch it: {reason}; train on your own folders: --data DIR with a folder a class"
        ) from error
    return pictures, np.asarray(labels).reshape(-1)


def _write(folder: Path, pictures: Any, labels: Any) -> None:
    for place, label in enumerate(LABELS):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in np.flatnonzero(labels == place)[:A_CLASS]:
            done, content = cv2.imencode(".png", np.asarray(pictures[number])[..., ::-1])
            if not done:
                raise OSError(0, "PNG cannot be made")
            (folder / label / f"{number:05}.png").write_bytes(content.tobytes())

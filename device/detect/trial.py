"""Runs the model of a bundle once before it is trusted with anything. Does not measure how well it sees."""

import numpy as np

from device.detect.bundle import Bundle
from device.detect.litert import Network, runtime_module
from device.detect.load import parse_model
from device.errors import ModelError


def try_out(bundle: Bundle, runtime: str) -> None:
    """Build the interpreter and look at an empty picture.

    Args:
        bundle: whose signature is right.
        runtime: as the configuration has it, a key of ``RUNTIMES`` or ``auto``.

    Raises:
        ModelError: the bundle is for another interpreter, or its model is not what the manifest says or does not run.
    """
    manifest = bundle.manifest
    _, here = runtime_module(runtime)
    if here not in manifest.runtimes:
        raise ModelError(f"{bundle.path}: {manifest} is for {' or '.join(manifest.runtimes)}; this device runs {here}")
    model = parse_model(bundle.path, bundle.model)
    if (model.card.kind, model.card.labels) != (manifest.kind, manifest.labels):
        raise ModelError(f"{bundle.path}: its model is no {manifest.kind} of the classes that its manifest names")
    picture = model.card.input
    Network(model, runtime=runtime).run(np.zeros((1, picture.height, picture.width, 3), dtype=np.int8))

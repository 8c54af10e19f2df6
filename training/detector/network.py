"""A detector for other classes, on published weights, as training wants it. Does not train or export it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.base.efficientnet import published_weights
from training.base.fetch import fetch_base
from training.base.nanodet import load_published
from training.base.tfjs import read_graph
from training.detector.lite0 import build_lite0
from training.efficientnet import PREFIX
from training.errors import TrainingError
from training.nanodet import STRIDES, NanoDetSpec, build_nanodet
from training.train.recipe import LITE0, NANODET
from training.train.task import Weights

_PRIOR = 0.02
"""Score that a fresh class head gives everywhere: most cells see nothing, so it starts there and not at one half."""
_HEAD_STD = 0.01

_FAMILIES = {NANODET: build_nanodet, LITE0: build_lite0}


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """A network while it learns."""

    model: Any
    """From ``picture`` (n, height, width, 3), normalised, and ``keep`` (n, levels, channels) to logits."""
    convolutions: tuple[Any, ...]
    """Its layers with weights."""
    channels: int
    """Channels before the class heads."""

    @property
    def variables(self) -> dict[str, Any]:
        """All its weights by name."""
        return {
            f"{layer.name}/{key}": variable
            for layer in self.convolutions
            for key, variable in (("kernel", layer.kernel), ("bias", layer.bias))
        }


def build_learner(spec: NanoDetSpec, precision: str, family: str = NANODET) -> Learner:
    """A network with fresh weights that ends in logits.

    Args:
        spec: its shape.
        precision: ``float32``, or ``bfloat16`` for products of half the width (weights stay float32).
        family: a family of the recipes.
    """
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        model = _with_dropout(_FAMILIES[family](spec, sigmoid=False))
    finally:
        keras.config.set_dtype_policy(before)
    convolutions = tuple(layer for layer in model.layers if hasattr(layer, "kernel"))
    _start_heads(convolutions)
    return Learner(model, convolutions, channels=model.input["keep"].shape[-1])


def load_base(learner: Learner, base: str = NANODET, cache: Path | None = None) -> None:
    """Put the published weights in; the class heads stay fresh, the box heads of NanoDet are kept.

    Raises:
        FetchError: they cannot be fetched, or are not the expected ones.
    """
    if base == LITE0:
        set_weights(learner, published_weights(cache, prefix=""))
        return
    files = fetch_base(cache)
    graph = read_graph(files.topology, files.weights)
    donor = build_nanodet(NanoDetSpec(64, 64, classes=80))
    load_published(donor, graph)
    given = {f"{layer.name}/{key}": value for layer in donor.layers for key, value in _arrays(layer).items()}
    set_weights(learner, {name: value for name, value in given.items() if "_scores" not in name})
    if any(layer.name.startswith(PREFIX) for layer in learner.convolutions):
        set_weights(learner, published_weights(cache))


def get_weights(learner: Learner) -> Weights:
    """All weights by name."""
    return {f"{layer.name}/{key}": value for layer in learner.convolutions for key, value in _arrays(layer).items()}


def set_weights(learner: Learner, weights: Weights) -> None:
    """Set the named weights; the others stay."""
    for layer in learner.convolutions:
        for key, variable in (("kernel", layer.kernel), ("bias", layer.bias)):
            if f"{layer.name}/{key}" in weights:
                variable.assign(weights[f"{layer.name}/{key}"])


def finished_network(spec: NanoDetSpec, weights: Weights, family: str = NANODET, members: int = 1) -> Any:
    """The network as it is measured and exported: float32, scores instead of logits, no dropout.

    Args:
        spec: its shape.
        weights: by name; of several networks as ``join_weights`` gives them.
        family: a family of the recipes.
        members: how many networks it is the mean of.
    """
    model = blank_network(spec, family, members)
    put_weights(model, weights)
    return model


def blank_network(spec: NanoDetSpec, family: str, members: int = 1) -> Any:
    """The same with fresh weights."""
    if members == 1:
        return _FAMILIES[family](spec)
    import keras

    picture = keras.Input((spec.height, spec.width, 3), name="picture")
    parts = [_renamed(_FAMILIES[family](spec), _prefix(number), picture) for number in range(members)]
    outputs = {name: keras.layers.Average(name=name)([part[name] for part in parts]) for name in ("scores", "boxes")}
    return keras.Model(picture, outputs, name="members")


def join_weights(members: Sequence[Weights]) -> Weights:
    """The weights of several networks as those of the one that is their mean."""
    return {_prefix(number) + name: value for number, weights in enumerate(members) for name, value in weights.items()}


def put_weights(model: Any, weights: Weights) -> None:
    """Set all weights of a finished network.

    Raises:
        TrainingError: they are those of another network.
    """
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            try:
                layer.set_weights([weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]])
            except (KeyError, ValueError) as error:
                raise TrainingError(
                    f"the weights are of another network or version, {layer.name} does not fit; "
                    "train anew with another --out"
                ) from error


def _prefix(number: int) -> str:
    return f"member{number + 1}_"


def _renamed(model: Any, prefix: str, picture: Any) -> dict[str, Any]:
    """The outputs of a network on this picture, its layers made anew under other names."""
    import keras

    def anew(layer: Any) -> Any:
        return layer.__class__.from_config(layer.get_config() | {"name": prefix + layer.name})

    outputs: dict[str, Any] = keras.models.clone_model(model, input_tensors=picture, clone_function=anew).output
    return outputs


def _arrays(layer: Any) -> Weights:
    if not hasattr(layer, "kernel"):
        return {}
    return {"kernel": np.asarray(layer.kernel, dtype=np.float32), "bias": np.asarray(layer.bias, dtype=np.float32)}


def _with_dropout(plain: Any) -> Any:
    """The same layers with a second input that multiplies the channels before the class heads; the boxes keep all.

    The mask comes from outside, so that the draws hang on the number of the step alone and a resumed training goes on
    with those that it would have had.
    """
    import keras

    layers = keras.layers
    heads = [plain.get_layer(f"head{level}_scores") for level in range(len(STRIDES))]
    channels = heads[0].input.shape[-1]
    keep = keras.Input((len(STRIDES), channels), name="keep")
    scores = []
    for level, head in enumerate(heads):
        mask = layers.Reshape((1, 1, channels), name=f"keep{level}")(keep[:, level])
        score = head(layers.Multiply(name=f"head{level}_kept")([head.input, mask]))
        scores.append(plain.get_layer(f"head{level}_scores_flat")(score))
    outputs = {"scores": layers.Concatenate(axis=1, name="logits_kept")(scores), "boxes": plain.output["boxes"]}
    return keras.Model({"picture": plain.input, "keep": keep}, outputs, name="learner")


def _start_heads(convolutions: tuple[Any, ...]) -> None:
    random = np.random.default_rng(0)
    for layer in convolutions:
        if layer.name.endswith("_scores"):
            layer.kernel.assign(random.normal(0.0, _HEAD_STD, layer.kernel.shape))
            layer.bias.assign(np.full(layer.bias.shape, -np.log((1 - _PRIOR) / _PRIOR)))

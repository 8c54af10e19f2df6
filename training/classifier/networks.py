"""The networks that name pictures, and where they are cut into a frozen and a learning part. Does not train."""

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from device.core.card import InputSpec
from training.base.efficientnet import published_weights
from training.classifier.recipe import LITE0, SMALL_CNN, ClassNetworkTable
from training.efficientnet import backbone
from training.errors import FetchError, RecipeError
from training.train.task import Weights

_HIDDEN = 128
_LAST = "logits"
_IMAGENET_BGR = ((103.53, 116.28, 123.675), (57.375, 57.12, 58.395))
"""Mean and deviation of ImageNet's pictures, as the published EfficientNet-Lite0 wants them."""


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """One network and its parts, which share their layers."""

    plain: Any
    """From (n, size, size, 3) normalised pictures to logits."""
    trunk: Any
    """The part that never learns, from pictures to what ``upper`` takes; None where everything learns."""
    upper: Any
    """From ``seen`` and ``keep`` (n, features) to logits; ``keep`` multiplies the features before the last layer."""
    features: int

    @property
    def variables(self) -> dict[str, Any]:
        """All weights, by place and name: the same for every network of the same shape."""
        return {
            f"{place:03}/{variable.name}": variable
            for place, variable in enumerate(self.plain.weights)
            if "float" in str(variable.dtype)
        }

    @property
    def head(self) -> list[Any]:
        """The weights of the last layer."""
        return list(self.plain.get_layer(_LAST).trainable_variables)

    @property
    def learning(self) -> list[Any]:
        """The other weights that learn."""
        head = {id(variable) for variable in self.head}
        return [variable for variable in self.upper.trainable_variables if id(variable) not in head]

    def put(self, weights: Weights) -> None:
        """Set all weights."""
        for name, variable in self.variables.items():
            variable.assign(weights[name])


def build_classifier(table: ClassNetworkTable, classes: int) -> Classifier:
    """A network with fresh weights.

    Raises:
        RecipeError: Keras knows no such network, or it cannot be cut where the recipe says.
    """
    import keras

    plain = _plain(table, classes)
    seen = plain.inputs[0] if table.weights == "none" else _cut(plain, table.unfreeze_from)
    last = plain.get_layer(_LAST)
    features = last.input
    keep = keras.Input((features.shape[-1],), name="keep")
    try:
        inner = keras.Model(seen, features) if seen is not features else None
        copy = keras.Input(seen.shape[1:], name="seen")
        kept = keras.layers.Multiply(name="kept")([inner(copy) if inner is not None else copy, keep])
        upper = keras.Model({"seen": copy, "keep": keep}, last(kept), name="upper")
        trunk = None if seen is plain.inputs[0] else keras.Model(plain.inputs[0], seen, name="trunk")
    except ValueError as error:
        raise RecipeError(
            f"network.unfreeze_from '{table.unfreeze_from}': {table.base} cannot be cut there, a branch passes by; "
            "name the first layer of a block"
        ) from error
    return Classifier(plain, trunk, upper, int(features.shape[-1]))


def flat_classifier(net: Classifier) -> Any:
    """All of it as one model without a frozen part, from pictures and ``keep`` to logits."""
    import keras

    last, picture = net.plain.get_layer(_LAST), net.plain.inputs[0]
    keep = keras.Input((net.features,), name="keep")
    kept = keras.layers.Multiply(name="features_kept")([last.input, keep])
    return keras.Model({picture.name: picture, "keep": keep}, last(kept), name="flat")


def finished_classifier(net: Classifier) -> Any:
    """The network as it is measured and exported: scores that add up to 1."""
    import keras

    return keras.Model(
        net.plain.inputs[0], keras.layers.Softmax(name="scores")(net.plain.outputs[0]), name="classifier"
    )


def load_published(net: Classifier, table: ClassNetworkTable) -> None:
    """Put the weights of ImageNet in; the last layer stays fresh.

    Raises:
        FetchError: they cannot be fetched.
    """
    if table.base == LITE0:
        for name, value in published_weights(prefix="").items():
            layer, _, key = name.partition("/")
            getattr(net.plain.get_layer(layer), key).assign(value)
        return
    donor = _application(table, "imagenet")
    for variable, given in zip(net.plain.weights, donor.weights, strict=False):
        variable.assign(given)


def input_spec(table: ClassNetworkTable) -> InputSpec:
    """The input that the network wants, its quantisation still open."""
    channels, mean, std = ("BGR", *_IMAGENET_BGR)
    if table.base not in (LITE0, SMALL_CNN):
        channels, mean, std = _application_input(table.base)
    return InputSpec(
        width=table.size_px, height=table.size_px, channels=channels, mean=mean, std=std, dtype="int8", scale=1.0,
        zero_point=0, resize="letterbox", pad=(114, 114, 114),
    )  # fmt: skip


def _plain(table: ClassNetworkTable, classes: int) -> Any:
    import keras

    layers = keras.layers
    if table.base == SMALL_CNN:
        return _small_cnn(table.size_px, classes)
    if table.base == LITE0:
        picture = keras.Input((table.size_px, table.size_px, 3), name="picture")
        _, top = backbone(layers, picture, "")
        features = layers.GlobalAveragePooling2D(name="features")(top)
    else:
        application = _application(table, None)
        picture, features = application.input, application.output
    return keras.Model(picture, layers.Dense(classes, name=_LAST)(features), name=table.base.replace("-", "_"))


def _small_cnn(size_px: int, classes: int) -> Any:
    """Conv, pool, conv, pool, dense, dropout: as a first lesson builds it; ``keep`` is its dropout."""
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((size_px, size_px, 3), name="picture"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv0"),
            layers.MaxPooling2D(name="pool0"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(name="pool1"),
            layers.Flatten(name="flat"),
            layers.Dense(_HIDDEN, activation="relu", name="hidden"),
            layers.Dense(classes, name=_LAST),
        ],
        name="small_cnn",
    )


def _cut(plain: Any, unfreeze_from: str) -> Any:
    """The tensor behind which the network learns."""
    if not unfreeze_from:
        return plain.get_layer(_LAST).input
    names = [layer.name for layer in plain.layers]
    exact = [name for name in names if name == unfreeze_from]
    near = exact or [name for name in names if name.startswith(f"{unfreeze_from}_")]
    if not near:
        some = ", ".join(names[1 :: max(1, len(names) // 8)])
        raise RecipeError(f"network.unfreeze_from '{unfreeze_from}': no such layer; some of them: {some}")
    return plain.get_layer(near[0]).input


def _application(table: ClassNetworkTable, weights: str | None) -> Any:
    make = _application_by_name(table.base)
    shape = (table.size_px, table.size_px, 3)
    try:
        return make(include_top=False, weights=weights, input_shape=shape, pooling="avg")
    except ValueError as error:
        raise RecipeError(f"network: {table.base} cannot be built: {' '.join(str(error).split())[:200]}") from error
    except Exception as error:  # Keras says that it cannot fetch by the bare class.
        if weights is None or type(error) not in (Exception, OSError):
            raise
        raise FetchError(
            f"{table.base}: Keras cannot fetch its ImageNet weights: {' '.join(str(error).split())[:200]}; "
            f"put them into ~/.keras/models, or take base = '{LITE0}'"
        ) from error


def _application_by_name(name: str) -> Any:
    import keras

    known = sorted(key for key in dir(keras.applications) if key[0].isupper())
    if name not in known:
        raise RecipeError(f"network.base '{name}': not known; {LITE0}, {SMALL_CNN}, or of Keras: {', '.join(known)}")
    return getattr(keras.applications, name)


def _application_input(name: str) -> tuple[str, tuple[float, float, float], tuple[float, float, float]]:
    """Order of colours, mean and deviation of a network of Keras, read off what its own preprocessing does."""
    preprocess = importlib.import_module(_application_by_name(name).__module__).preprocess_input

    def out(rgb: tuple[float, float, float]) -> Any:
        return np.asarray(preprocess(np.array([[[rgb]]], dtype=np.float32), data_format="channels_last"))[0, 0, 0]

    black, white, red = out((0, 0, 0)), out((255, 255, 255)), out((255, 0, 0))
    std = 255.0 / (white.astype(np.float64) - black)
    mean = -black * std
    channels = "RGB" if red[0] != black[0] else "BGR"
    return channels, (float(mean[0]), float(mean[1]), float(mean[2])), (float(std[0]), float(std[1]), float(std[2]))

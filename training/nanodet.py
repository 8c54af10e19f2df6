"""The NanoDet-g network in Keras, channels last, for any number of classes. Does not load, train or export weights.

A CSP backbone of plain 3x3 convolutions, a path aggregation neck without weights of its own, and one small head a
level. Batch norms are folded into the convolutions. For every cell of the strides 8, 16 and 32 the head gives a score
a class and four distances (left, top, right, bottom) as distributions over ``BINS`` whole strides.
"""

from dataclasses import dataclass
from typing import Any

from training.efficientnet import naming_features

STRIDES = (8, 16, 32)
BINS = 11
_SLOPE = 0.1
_NECK_CHANNELS = 128
_STAGES = ((32, 1), (64, 2), (128, 2), (256, 3))
"""Width of each stage and its number of inner blocks; all but the first begin by halving the picture."""


@dataclass(frozen=True, slots=True)
class NanoDetSpec:
    """Shape of one network."""

    width: int
    """Columns of the input, px, a multiple of 32."""
    height: int
    """Rows of the input, px, a multiple of 32."""
    classes: int
    namer: bool = False
    """Whether an EfficientNet-Lite0 looks at the picture beside it and helps to say which class a thing is."""

    def __post_init__(self) -> None:
        if self.width % 32 or self.height % 32 or min(self.width, self.height) < 64:
            raise ValueError(f"input must be a multiple of 32 of at least 64: {self.width}x{self.height}")
        if self.classes < 1:
            raise ValueError(f"a detector needs at least one class: {self.classes}")

    @property
    def cells(self) -> int:
        """Number of cells over all levels."""
        return sum((self.width // stride) * (self.height // stride) for stride in STRIDES)


def build_nanodet(spec: NanoDetSpec, *, sigmoid: bool = True, pool_pad: float = 0.0) -> Any:
    """Build the network with fresh weights.

    Args:
        spec: its shape.
        sigmoid: end in scores 0..1; without it in logits, as training wants them.
        pool_pad: value around the picture under the max-pool. The original has minus infinity, which no int8 tensor
            can hold; zero gives the same accuracy.

    Returns:
        A ``keras.Model`` from (n, height, width, 3) normalised BGR to ``{"scores": (n, cells, classes),
        "boxes": (n, cells, 4 * BINS)}``, cells row by row, stride 8 first.
    """
    import keras

    layers = keras.layers
    picture = keras.Input((spec.height, spec.width, 3), name="picture")
    features = _backbone(layers, picture, pool_pad)
    names = naming_features(layers, picture) if spec.namer else None
    return keras.Model(picture, heads(neck(layers, features), names, spec, sigmoid=sigmoid), name="nanodet_g")


def heads(features: list[Any], names: list[Any] | None, spec: NanoDetSpec, *, sigmoid: bool) -> dict[str, Any]:
    """A small head a level, and their outputs joined.

    Args:
        features: of strides 8, 16 and 32.
        names: features beside them for the scores alone, or None.
        spec: the shape of the network.
        sigmoid: end in scores 0..1, else in logits.
    """
    import keras

    layers = keras.layers
    scores, boxes = [], []
    for level, (stride, feature) in enumerate(zip(STRIDES, features, strict=True)):
        cells = (spec.height // stride) * (spec.width // stride)
        hidden = _conv(layers, feature, _NECK_CHANNELS, f"head{level}_conv")
        seen = layers.Concatenate(name=f"head{level}_seen")([hidden, names[level]]) if names else hidden
        score = layers.Conv2D(spec.classes, 1, name=f"head{level}_scores")(seen)
        box = layers.Conv2D(4 * BINS, 1, name=f"head{level}_boxes")(hidden)
        scores.append(layers.Reshape((cells, spec.classes), name=f"head{level}_scores_flat")(score))
        boxes.append(layers.Reshape((cells, 4 * BINS), name=f"head{level}_boxes_flat")(box))
    logits = layers.Concatenate(axis=1, name="logits")(scores)
    return {
        # One sigmoid behind the join: TFLite gives its int8 output the scale 1/256 and nothing needs rescaling.
        "scores": layers.Activation("sigmoid", name="scores")(logits) if sigmoid else logits,
        "boxes": layers.Concatenate(axis=1, name="boxes")(boxes),
    }


def _conv(layers: Any, value: Any, filters: int, name: str, *, stride: int = 1, act: bool = True) -> Any:
    """A 3x3 convolution padded by one on every side; stride 2 of Keras' own "same" would shift it by a pixel."""
    if stride == 2:
        value = layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_pad")(value)
    value = layers.Conv2D(filters, 3, strides=stride, padding="same" if stride == 1 else "valid", name=name)(value)
    return layers.LeakyReLU(negative_slope=_SLOPE, name=f"{name}_act")(value) if act else value


def _max_pool(layers: Any, value: Any, pad: float) -> Any:
    import keras

    if pad:
        value = keras.ops.pad(value, ((0, 0), (1, 0), (1, 0), (0, 0)), constant_values=pad)
    else:
        value = layers.ZeroPadding2D(((1, 0), (1, 0)), name="stem_pool_pad")(value)
    return layers.MaxPooling2D(3, strides=2, padding="valid", name="stem_pool")(value)


def _backbone(layers: Any, picture: Any, pool_pad: float) -> list[Any]:
    """Feature maps of strides 8, 16 and 32."""
    value = _conv(layers, picture, 32, "stem", stride=2, act=False)
    # The pool comes before the activation: both are monotone, so it is the same on a quarter of the pixels.
    value = layers.LeakyReLU(negative_slope=_SLOPE, name="stem_act")(_max_pool(layers, value, pool_pad))
    features = []
    for index, (width, blocks) in enumerate(_STAGES):
        value = _stage(layers, value, width, blocks, index)
        features.append(value)
    return features[1:]


def _stage(layers: Any, value: Any, width: int, blocks: int, index: int) -> Any:
    """Half of the channels pass through inner blocks, all meet again at the end; twice the width comes out."""
    entry = _conv(layers, value, width, f"stage{index}_entry", stride=1 if index == 0 else 2)
    value = entry
    for block in range(blocks):
        first = _conv(layers, value, width // 2, f"stage{index}_block{block}_a")
        second = _conv(layers, first, width // 2, f"stage{index}_block{block}_b")
        value = layers.Concatenate(name=f"stage{index}_block{block}")([second, first])
    value = _conv(layers, value, width, f"stage{index}_exit")
    return layers.Concatenate(name=f"stage{index}")([value, entry])


def neck(layers: Any, features: list[Any]) -> list[Any]:
    """Down the pyramid by bilinear doubling, up again by halving; between exact halves that is the mean of 2x2."""
    fine, middle, coarse = (
        layers.Conv2D(_NECK_CHANNELS, 1, name=f"lateral{level}")(feature) for level, feature in enumerate(features)
    )

    def double(value: Any, name: str) -> Any:
        return layers.UpSampling2D(2, interpolation="bilinear", name=name)(value)

    middle = layers.Add(name="neck_middle_down")([middle, double(coarse, "neck_up1")])
    fine = layers.Add(name="neck_fine")([fine, double(middle, "neck_up0")])
    middle = layers.Add(name="neck_middle")([middle, layers.AveragePooling2D(2, name="neck_half0")(fine)])
    coarse = layers.Add(name="neck_coarse")([coarse, layers.AveragePooling2D(2, name="neck_half1")(middle)])
    return [fine, middle, coarse]

"""EfficientNet-Lite0 in Keras, channels last: its features, and those for naming beside a detector. Does not train.

M. Tan and Q. Le, "EfficientNet", 2019, arXiv:1905.11946; the Lite variant has ReLU6 and no squeeze-and-excite, so that
int8 costs it little. Batch norms are folded into the convolutions.
"""

from typing import Any

CHANNELS = 128
"""Of the features at every level."""
PREFIX = "namer_"
_STAGES = ((1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 3, 3, 2), (6, 112, 3, 5, 1), (6, 192, 4, 5, 2),
           (6, 320, 1, 3, 1))  # fmt: skip
"""Expansion, width, number of blocks, side of the kernel and stride of the first block."""
STRIDE_8, STRIDE_16, STRIDE_32 = 2, 4, 6
"""Stages whose features are taken."""
_TOP = 1280


def naming_features(layers: Any, picture: Any) -> list[Any]:
    """Features of strides 8, 16 and 32, each with what is known at the coarser ones and of the whole picture added.

    What stands on a shelf is mostly of the kind of its neighbours: the mean over the picture says which kinds are
    likely (W. Liu et al., "ParseNet: Looking Wider to See Better", 2015, arXiv:1506.04579).

    Args:
        layers: ``keras.layers``.
        picture: normalised by ImageNet's means and deviations, BGR.
    """
    stages, top = backbone(layers, picture, PREFIX)
    # The first layers that learn from nothing: named as heads, so that they learn at the heads' rate.
    fine, middle, coarse = (
        layers.Conv2D(CHANNELS, 1, name=f"head{level}_lateral")(feature)
        for level, feature in enumerate((stages[STRIDE_8], stages[STRIDE_16], top))
    )
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="namer_whole")(top)
    whole = layers.Conv2D(CHANNELS, 1, name="head2_whole")(whole)
    coarse = layers.Add(name="namer_coarse")([coarse, whole])
    middle = layers.Add(name="namer_middle")([middle, _double(layers, coarse, "namer_up1")])
    fine = layers.Add(name="namer_fine")([fine, _double(layers, middle, "namer_up0")])
    return [layers.ReLU(6.0, name=f"namer_out{level}")(value) for level, value in enumerate((fine, middle, coarse))]


def backbone(layers: Any, picture: Any, prefix: str) -> tuple[list[Any], Any]:
    """The features behind every stage, and those behind the last convolution.

    Args:
        layers: ``keras.layers``.
        picture: normalised by ImageNet's means and deviations, BGR.
        prefix: of the names of all layers.
    """
    value = _conv(layers, picture, 32, 3, f"{prefix}stem", stride=2)
    stages = []
    for stage, (expansion, width, blocks, side, stride) in enumerate(_STAGES):
        for block in range(blocks):
            name = f"{prefix}stage{stage}_block{block}"
            value = _block(layers, value, (expansion, width, side, stride if block == 0 else 1), name)
        stages.append(value)
    return stages, _conv(layers, value, _TOP, 1, f"{prefix}top")


def layer_sources(prefix: str = PREFIX) -> dict[str, tuple[str, str]]:
    """By the name of each published layer: the names of its convolution and of its batch norm."""
    sources = {f"{prefix}stem": ("_conv_stem", "_bn0"), f"{prefix}top": ("_conv_head", "_bn1")}
    number = 0
    for stage, (expansion, _, blocks, _, _) in enumerate(_STAGES):
        for block in range(blocks):
            ours, theirs = f"{prefix}stage{stage}_block{block}", f"_blocks.{number}."
            if expansion > 1:
                sources[f"{ours}_expand"] = (f"{theirs}_expand_conv", f"{theirs}_bn0")
            sources[f"{ours}_depth"] = (f"{theirs}_depthwise_conv", f"{theirs}_bn1")
            sources[f"{ours}_project"] = (f"{theirs}_project_conv", f"{theirs}_bn2")
            number += 1
    return sources


def _block(layers: Any, value: Any, shape: tuple[int, int, int, int], name: str) -> Any:
    """Widen, filter each channel, narrow; added to what came in where both have one shape."""
    expansion, width, side, stride = shape
    before, channels = value, value.shape[-1]
    if expansion > 1:
        value = _conv(layers, value, channels * expansion, 1, f"{name}_expand")
    depth = layers.DepthwiseConv2D(side, strides=stride, padding="same", name=f"{name}_depth")
    value = layers.ReLU(6.0, name=f"{name}_depth_act")(depth(value))
    value = layers.Conv2D(width, 1, name=f"{name}_project")(value)
    same = stride == 1 and channels == width
    return layers.Add(name=f"{name}_sum")([value, before]) if same else value


def _conv(layers: Any, value: Any, filters: int, side: int, name: str, *, stride: int = 1) -> Any:
    layer = layers.Conv2D(filters, side, strides=stride, padding="same", name=name)
    return layers.ReLU(6.0, name=f"{name}_act")(layer(value))


def _double(layers: Any, value: Any, name: str) -> Any:
    return layers.UpSampling2D(2, interpolation="bilinear", name=name)(value)
